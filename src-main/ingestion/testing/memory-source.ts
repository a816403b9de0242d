import type { Update } from '../../../src-shared/update';
import type { RecordSource, SourceRecord } from '../record';

/** An update, or the reason why a record is none. */
export type Given = Update | { readonly invalid: string };

export function toRecords(given: readonly Given[]): SourceRecord[] {
  return given.map((entry, record) =>
    'invalid' in entry
      ? { record, kind: 'reject', field: 'version', reason: entry.invalid, excerpt: '{}' }
      : { record, kind: 'update', update: entry },
  );
}

/** A source that hands out `given` in chunks of the sizes asked, in turn; `fault` comes after the last. */
export function memorySource(
  given: readonly Given[],
  { chunkSizes = [3], fault }: { chunkSizes?: readonly number[]; fault?: Error } = {},
): RecordSource {
  const records = toRecords(given);
  let handedOut = 0;
  return {
    name: 'memory.json',
    bytesTotal: records.length,
    format: 'json-array',
    compression: 'none',
    fieldMap: 'canonical',
    async *chunks() {
      for (let turn = 0; handedOut < records.length; turn += 1) {
        const size = chunkSizes[turn % chunkSizes.length] ?? 1;
        const chunk = records.slice(handedOut, handedOut + size);
        handedOut += chunk.length;
        yield chunk;
      }
      if (fault) throw fault;
    },
    progress: () => ({ bytesRead: handedOut, byteOffset: handedOut }),
    close: async () => {},
  };
}
