import type { Writable } from 'node:stream';

/**
 * Standard output, told how much of it waits: whoever makes lines asks `ready()` before making more, so
 * that a slow reader slows the run instead of filling the memory.
 */
export interface LineWriter {
  /** Takes whole lines. Never blocks; thrown away once the reader has gone. */
  write(text: string): void;
  /** Resolves once less than the limit waits to be taken, or `release` was called. */
  ready(): Promise<void>;
  /** From now on nobody waits for the reader: the program is about to end. */
  release(): void;
  /** Resolves when the system has taken everything, or the reader has gone. */
  flush(): Promise<void>;
}

export interface LineWriterOptions {
  /** How many characters may wait before `ready` holds. */
  readonly limit?: number;
  /** Called once when the reader has gone away (`| head`); nothing written after is of use. */
  readonly onReaderGone: () => void;
  /** Called once when writing fails for another reason: a full disk, for example. */
  readonly onFault: (error: Error) => void;
}

const DEFAULT_LIMIT = 256 * 1024;

export function createLineWriter(stream: Writable, options: LineWriterOptions): LineWriter {
  const { limit = DEFAULT_LIMIT, onReaderGone, onFault } = options;
  const waiting = new Set<() => void>();
  let released = false;
  let broken = false;

  const letGo = () => {
    for (const resolve of waiting) resolve();
    waiting.clear();
  };
  stream.on('drain', letGo);
  // Stays for good: every write in hand when the reader goes reports the same fault.
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (broken) return;
    broken = true;
    letGo();
    if (error.code === 'EPIPE') onReaderGone();
    else onFault(error);
  });

  return {
    write(text) {
      if (!broken && text !== '') stream.write(text);
    },
    ready() {
      if (released || broken || stream.writableLength < limit) return Promise.resolve();
      return new Promise((resolve) => waiting.add(resolve));
    },
    release() {
      released = true;
      letGo();
    },
    flush() {
      if (broken) return Promise.resolve();
      return new Promise((resolve) => {
        waiting.add(resolve);
        stream.write('', () => resolve());
      });
    },
  };
}
