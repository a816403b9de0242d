import { resolve } from 'node:path';
import { CommanderError } from 'commander';
import { openLogs } from '../../observability/open-logs';
import { createSystemClock } from '../../time/clock';
import { describeError, EXIT, exitCodeOf, reportUncaught } from '../process/failure';
import { createInterruption, endSignals, ignoreHangupWithoutTerminal } from '../process/interruption';
import { describeTerminal } from '../process/terminal';
import { logFault, watchProcess } from '../process/watch-process';
import { readWebOptions } from './options';
import { runWeb } from './run-web';

/** How long an orderly end may take. Committed work is safe either way. */
const LONGEST_END_MS = 1_900;

const clock = createSystemClock();

function listenToSignals(): Promise<void> {
  return new Promise((resolve) => {
    const interruption = createInterruption({
      monotonicMs: clock.monotonicMs,
      onFirst: () => {
        clock.setAlarm(clock.now() + LONGEST_END_MS, () => process.exit(EXIT.done));
        resolve();
      },
      onSecond: () => process.exit(EXIT.interrupted),
    });
    for (const signal of endSignals()) process.on(signal, interruption.signal);
  });
}

async function main(): Promise<number> {
  try {
    // Throws if the working directory no longer exists: Node cannot start a thread there.
    process.cwd();
    const options = await readWebOptions(process.argv.slice(2));
    const { logLevel, logFileLevel, logDir } = options.settings;
    const { isTerminal, hasColors } = describeTerminal(process.stderr);
    const logs = await openLogs({
      clock,
      terminal: { level: logLevel, pretty: isTerminal, colors: hasColors },
      level: logFileLevel,
      directory: logDir,
    });
    watchProcess(logs, 'web');
    await runWeb(options, {
      clock,
      logs,
      root: resolve(import.meta.dirname, '../..'),
      print: (text) => process.stdout.write(text),
      ending: listenToSignals(),
    });
    return EXIT.done;
  } catch (error) {
    // Commander has printed the error or the help.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.misused;
    logFault(error);
    process.stderr.write(`ingot: ${describeError(error)}\n`);
    return exitCodeOf(error);
  }
}

ignoreHangupWithoutTerminal();
reportUncaught();
// A reader that went away (`| head -1`) must not end the program.
process.stdout.on('error', () => {});
process.exit(await main());
