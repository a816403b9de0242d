import type { Clock } from '../../time/clock';
import { EXIT, type ExitCode } from '../process/failure';
import { createInterruption, endSignals } from '../process/interruption';

/** Why a command ends before its time. */
export type EndReason = 'signal' | 'reader gone' | 'output fault';

/** The way out before the work is done: begun once, then bounded in time. */
export interface Ending {
  /** Undefined as long as the work goes on. */
  reason(): EndReason | undefined;
  begin(reason: EndReason): void;
  /** Calls back when the end begins, or at once if it has. */
  onBegin(callback: () => void): void;
  /** From now on there is something to finish: until then, the end is immediate. */
  workBegins(): void;
}

/** Once asked to end, the program ends within this time, whatever hangs. */
const LONGEST_END_MS = 1_700;

/** Listens to signals from now on. `leave` ends the process at once: what is committed stays committed. */
export function createEnding(
  clock: Clock,
  leave: (code: ExitCode) => void,
  listen: (signal: NodeJS.Signals, listener: () => void) => void = (signal, listener) =>
    void process.on(signal, listener),
): Ending {
  let reason: EndReason | undefined;
  let working = false;
  const callbacks: (() => void)[] = [];

  const begin = (why: EndReason) => {
    if (reason) return;
    reason = why;
    if (!working) return leave(EXIT.interrupted);
    clock.setAlarm(clock.now() + LONGEST_END_MS, () =>
      leave(why === 'output fault' ? EXIT.failed : EXIT.interrupted),
    );
    for (const callback of callbacks) callback();
  };
  const interruption = createInterruption({
    monotonicMs: clock.monotonicMs,
    onFirst: () => begin('signal'),
    onSecond: () => leave(EXIT.interrupted),
  });
  for (const signal of endSignals()) listen(signal, interruption.signal);

  return {
    reason: () => reason,
    begin,
    onBegin(callback) {
      callbacks.push(callback);
      if (reason) callback();
    },
    workBegins() {
      working = true;
    },
  };
}
