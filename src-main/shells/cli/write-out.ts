import { pipeline } from 'node:stream/promises';
import { IngotError } from '../../../src-shared/errors';

/**
 * Writes to standard output; resolves when all is taken, or quietly when the reader has gone.
 * @throws IngotError `disk_full`, `internal` if it cannot be written.
 */
export async function writeOut(
  chunks: string | AsyncIterable<string | Uint8Array> | Iterable<string>,
): Promise<void> {
  try {
    await pipeline(typeof chunks === 'string' ? [chunks] : chunks, process.stdout, { end: false });
  } catch (error) {
    const { code, syscall } = error as NodeJS.ErrnoException;
    if (code === 'EPIPE') return;
    if (syscall !== 'write') throw error;
    const kind = code === 'ENOSPC' ? 'disk_full' : 'internal';
    throw new IngotError(kind, `Standard output cannot be written: ${code}.`, {}, error);
  }
}
