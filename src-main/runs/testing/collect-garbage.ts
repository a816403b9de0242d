import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
/** Collects all that this thread no longer holds. */
export const collectGarbage = runInNewContext('gc') as () => void;

/** What this thread holds, after a collection: its heap, and the bytes of its buffers outside of it. */
export function heldBytes(): number {
  collectGarbage();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}
