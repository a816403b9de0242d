import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { z } from 'zod';

/** How much of the beginning and of the end of a file is hashed, as stored on disk. */
export const IDENTITY_BYTES = 64 * 1024;

export const sourceIdentitySchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('file'),
    sizeBytes: z.int().min(0),
    headSha256: z.string(),
    tailSha256: z.string(),
  }),
  /** A pipe or a device: read once, never again. */
  z.object({ kind: z.literal('stream') }),
]);
/**
 * By what a source is known again. Reading all of it would cost as much as ingesting it: size, head and tail
 * tell apart every file that was appended to, cut, compressed anew or replaced, but not an edit in the middle
 * that leaves all three as they were.
 */
export type SourceIdentity = z.infer<typeof sourceIdentitySchema>;

export const STREAM_IDENTITY: SourceIdentity = { kind: 'stream' };

/** Reads at its own positions: a reader of the same handle is not disturbed. */
export async function identifyFile(handle: FileHandle, sizeBytes: number): Promise<SourceIdentity> {
  const hashAt = async (position: number) => {
    const buffer = Buffer.allocUnsafe(Math.min(IDENTITY_BYTES, sizeBytes));
    let filled = 0;
    while (filled < buffer.length) {
      const { bytesRead } = await handle.read(buffer, filled, buffer.length - filled, position + filled);
      if (bytesRead === 0) break;
      filled += bytesRead;
    }
    return createHash('sha256').update(buffer.subarray(0, filled)).digest('hex');
  };
  return {
    kind: 'file',
    sizeBytes,
    headSha256: await hashAt(0),
    tailSha256: await hashAt(Math.max(0, sizeBytes - IDENTITY_BYTES)),
  };
}

/** What is different about a source, for a person; null if it is what it was. */
export function describeChange(was: SourceIdentity, is: SourceIdentity): string | null {
  if (was.kind === 'stream' || is.kind === 'stream') {
    return was.kind === is.kind ? null : 'it is not a file any more';
  }
  if (is.sizeBytes > was.sizeBytes) {
    return `it has grown from ${was.sizeBytes} to ${is.sizeBytes} bytes`;
  }
  if (is.sizeBytes < was.sizeBytes) {
    return `it has shrunk from ${was.sizeBytes} to ${is.sizeBytes} bytes`;
  }
  const parts = [
    ...(is.headSha256 === was.headSha256 ? [] : ['beginning']),
    ...(is.tailSha256 === was.tailSha256 ? [] : ['end']),
  ];
  return parts.length === 0 ? null : `its ${parts.join(' and its ')} changed, its size did not`;
}
