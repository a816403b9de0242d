import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { z } from 'zod';

/** How much of a file's beginning and end is hashed, as stored. */
export const IDENTITY_BYTES = 64 * 1024;

export const sourceIdentitySchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('file'),
    sizeBytes: z.int().min(0),
    headSha256: z.string(),
    tailSha256: z.string(),
  }),
  /** A pipe or a device: it can be read only once. */
  z.object({ kind: z.literal('stream') }),
  /** A connection: it continues at a position of its own. */
  z.object({ kind: z.literal('live') }),
]);
/**
 * Identifies a source when its run is resumed. Hashing all of it would cost as much as ingesting it. Size, head and tail detect a
 * file that was appended to, cut, recompressed or replaced, but not an edit in the middle that leaves all three.
 */
export type SourceIdentity = z.infer<typeof sourceIdentitySchema>;

export const LIVE_IDENTITY: SourceIdentity = { kind: 'live' };
export const STREAM_IDENTITY: SourceIdentity = { kind: 'stream' };

/** Positioned reads: they do not disturb another reader of the handle. */
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

/** How a source has changed, for a person; null if it has not. */
export function describeChange(was: SourceIdentity, is: SourceIdentity): string | null {
  if (was.kind !== 'file' || is.kind !== 'file') {
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
