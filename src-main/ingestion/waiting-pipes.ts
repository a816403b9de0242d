import { closeSync, constants, openSync, writeSync } from 'node:fs';

/**
 * Named pipes that this program waits for. Opening or reading one blocks a thread of Node's pool until someone writes, and a
 * process cannot end while a pool thread is blocked: Ctrl-C would do nothing. So the wait is ended by writing to the pipe
 * ourselves.
 */
const waits = new Set<{ readonly path: string }>();

/** Runs `work`, which opens or reads the pipe at `path`, without keeping the program from ending. */
export async function waitForPipe<T>(path: string, work: () => Promise<T>): Promise<T> {
  if (waits.size === 0) process.once('exit', wakeAll);
  const wait = { path };
  waits.add(wait);
  try {
    return await work();
  } finally {
    waits.delete(wait);
    if (waits.size === 0) process.off('exit', wakeAll);
  }
}

/** Ends the wait for this pipe, if there is one, with a line end, which is harmless between records. */
export function wakePipe(path: string): void {
  if (![...waits].some((wait) => wait.path === path)) return;
  try {
    const descriptor = openSync(path, constants.O_WRONLY | constants.O_NONBLOCK);
    try {
      writeSync(descriptor, '\n');
    } finally {
      closeSync(descriptor);
    }
  } catch {
    // Nothing waits any more, or enough was written meanwhile.
  }
}

function wakeAll(): void {
  for (const { path } of waits) wakePipe(path);
}
