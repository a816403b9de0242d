import { z } from 'zod';
import { IngotError } from '../../../src-shared/errors';
import { isFailure, openBytes, type SourceSpec } from '../byte-source';
import { describeCause } from '../source-faults';
import type { LiveReading } from '../to-update';
import { createLineReader } from './line-reader';
import type { LiveMessage, LivePosition, LiveSource } from './live-source';

const positionSchema = z.object({ bytes: z.int().min(0) });

/** Lines that come by standard input, until it ends. It cannot be read again: what was read and not stored in time is lost. */
export function createStreamSource(
  spec: Extract<SourceSpec, { kind: 'stream' }>,
  reading: LiveReading,
): LiveSource {
  const { name } = spec;
  const positionAt = (bytes: number): LiveMessage => ({
    kind: 'position',
    position: JSON.stringify({ bytes }),
  });

  async function* connect(
    from: LivePosition | null,
    signal: AbortSignal,
  ): AsyncGenerator<readonly LiveMessage[]> {
    const bytes = await openBytes(spec);
    const close = () => void bytes.close();
    signal.addEventListener('abort', close, { once: true });
    const lines = createLineReader(0, reading);
    try {
      if (signal.aborted) return;
      if (from !== null) {
        const stored = positionSchema.parse(JSON.parse(from)).bytes;
        const reason = `What ${name} gave the last time after its byte ${stored} is lost: it cannot be read again.`;
        yield [{ kind: 'gap', fromSlot: null, toSlot: null, reason }, positionAt(0)];
      } else yield [positionAt(0)];
      for await (const piece of bytes.pieces()) {
        if (isFailure(piece)) {
          const code = describeCause(piece.cause);
          throw new IngotError('source_unreadable', `${name} could not be read (${code}).`, {}, piece.cause);
        }
        const messages = lines.read(piece);
        if (messages.length > 0) yield [...messages, positionAt(lines.offset)];
      }
      const last = signal.aborted ? [] : lines.finish();
      if (last.length > 0) yield [...last, positionAt(lines.offset)];
    } finally {
      signal.removeEventListener('abort', close);
      await bytes.close();
    }
  }

  return { name, connect, committed: async () => undefined };
}
