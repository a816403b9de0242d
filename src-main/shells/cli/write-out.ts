import { pipeline } from 'node:stream/promises';

/** Writes to standard output; resolves when all is taken, or quietly when the reader has gone. */
export async function writeOut(chunks: string | AsyncIterable<string> | Iterable<string>): Promise<void> {
  try {
    await pipeline(typeof chunks === 'string' ? [chunks] : chunks, process.stdout, { end: false });
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EPIPE') return;
    throw error;
  }
}
