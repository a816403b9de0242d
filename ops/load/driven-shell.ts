import type { ChildProcess } from 'node:child_process';
import type { Writable } from 'node:stream';
import type { Sink } from './send';

/** A shell of Ingot in a process of its own, to be driven from outside. */
export interface DrivenShell {
  readonly pid: number | undefined;
  /** Resolves when updates can be written to it, and stands still until then. */
  open(): Promise<Sink>;
  /** Says that no more updates come; resolves when its run has ended, callbacks included. */
  finish(): Promise<void>;
  /** Writes all that its database holds to a file; null if a shell cannot, once its run has ended. */
  readonly fetchBackup: ((path: string) => Promise<void>) | null;
  /** Ends the program in order; after it its database is free. */
  stop(): Promise<void>;
  /** Ends it at once. */
  kill(): void;
  /** Rejects if the program ends, or refuses, before it was asked to end. Never resolves. */
  readonly broken: Promise<never>;
}

/** So much of standard error is kept. */
const LAST_WORDS_CHARACTERS = 4_000;

export function sinkOf(stream: Writable): Sink {
  let waiting: (() => void) | null = null;
  const goOn = () => {
    waiting?.();
    waiting = null;
  };
  stream.on('drain', goOn);
  stream.on('close', goOn);
  // What ends early is said by `broken`.
  stream.on('error', goOn);
  return {
    write: (bytes) =>
      stream.write(bytes) || stream.destroyed
        ? null
        : new Promise((resolve) => {
            waiting = resolve;
          }),
  };
}

/** The end of what it said on standard error. */
export function listenToErrors(child: ChildProcess): () => string {
  let said = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-LAST_WORDS_CHARACTERS);
  });
  return () => said.trim();
}

export function untilExit(child: ChildProcess): Promise<string | null> {
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve(code === 0 ? null : `${code ?? signal}`));
  });
}
