import type { Update } from '../../../src-shared/update';
import type { NumberedRecord, RecordSource, SlotDeath, SourceRecord, UnnumberedUpdate } from '../record';
import type { SourceIdentity } from '../source-identity';

/** An update, or the reason why a record is invalid. */
export type Given = Update | { readonly invalid: string };

/** When they came, for runs that let them arrive as recorded. */
const EPOCH_MS = 1_700_000_000_000;
const GAP_MS = 137;

export function toRecords(given: readonly Given[]): NumberedRecord[];
export function toRecords(given: readonly (Given | UnnumberedUpdate)[]): SourceRecord[];
export function toRecords(given: readonly (Given | UnnumberedUpdate)[]): SourceRecord[] {
  return given.map((entry, record) => {
    if ('invalid' in entry)
      return { record, kind: 'reject', field: 'version', reason: entry.invalid, excerpt: '{}' };
    const arrivalMs = EPOCH_MS + GAP_MS * record;
    return 'version' in entry
      ? { record, kind: 'update', update: entry, arrivalMs }
      : { record, kind: 'unnumbered', update: entry, arrivalMs };
  });
}

const UNCHANGED: SourceIdentity = { kind: 'file', sizeBytes: 1, headSha256: 'head', tailSha256: 'tail' };

/** Hands out `given` in chunks of the given sizes, in turn; `fault` comes after the last. `arrivalsMs` are those of `given`. */
export function memorySource(
  given: readonly (Given | UnnumberedUpdate)[],
  {
    chunkSizes = [3],
    fault,
    identity = UNCHANGED,
    deaths = [],
    arrivalsMs = null,
  }: {
    chunkSizes?: readonly number[];
    fault?: Error;
    identity?: SourceIdentity;
    deaths?: readonly SlotDeath[];
    arrivalsMs?: readonly number[] | null;
  } = {},
): RecordSource {
  const records = toRecords(given).map((record, index) =>
    arrivalsMs === null || record.kind === 'reject'
      ? record
      : { ...record, arrivalMs: arrivalsMs[index] ?? 0 },
  );
  let handedOut = 0;
  let told = 0;
  let tell = (_: SlotDeath) => {};
  const tellBefore = (record: number) => {
    for (let death = deaths[told]; death && death.after < record; death = deaths[told]) {
      tell(death);
      told += 1;
    }
  };
  return {
    name: 'memory.json',
    bytesTotal: records.length,
    format: 'json-array',
    compression: 'none',
    reading: null,
    skipped: [],
    idls: [],
    fieldMap: 'canonical',
    notes: [],
    async *chunks() {
      for (let turn = 0; handedOut < records.length; turn += 1) {
        const size = chunkSizes[turn % chunkSizes.length] ?? 1;
        const chunk = records.slice(handedOut, handedOut + size);
        handedOut += chunk.length;
        tellBefore(handedOut);
        yield chunk;
      }
      tellBefore(Number.POSITIVE_INFINITY);
      if (fault) throw fault;
    },
    onDeath(to) {
      tell = to;
    },
    identify: async () => identity,
    progress: () => ({ bytesRead: handedOut, byteOffset: handedOut, expectedRecords: records.length }),
    close: async () => {},
  };
}
