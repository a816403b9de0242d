import { closeSync, constants, openSync, writeSync } from 'node:fs';

/**
 * Named pipes that this program waits for. Whoever opens or reads one holds a thread of Node's pool until somebody
 * writes, and a process does not end before the threads of its pool do: Ctrl-C would do nothing. So the wait
 * is ended by writing to the pipe oneself.
 */
const waits = new Set<{ readonly path: string }>();

/** Runs `work`, which opens or reads the pipe at `path`; from now on it does not keep the program from ending. */
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

/** Ends the wait for this pipe, if there is one: with a line end, which means nothing between records. */
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
    // Nobody waits any more, or so much was written meanwhile that nobody has to.
  }
}

function wakeAll(): void {
  for (const { path } of waits) wakePipe(path);
}
