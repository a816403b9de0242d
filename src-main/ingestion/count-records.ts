import type { Estimate, SourceCounts } from '../../src-shared/contract';
import type { Update, VersionText } from '../../src-shared/update';
import { createKeySample } from './key-sample';
import type { SourceRecord } from './record';

/** Up to here, accounts are counted exactly. */
export const EXACT_ACCOUNTS = 65_536;
/** Up to here, versions are counted and looked up exactly. */
export const EXACT_VERSIONS = 16_384;
const MOST_TYPES = 1_000;
const MOST_REASONS = 200;
/** Of each list, the largest are sent. */
const SENT = 20;

export type RecordCounts = Omit<
  SourceCounts,
  'isDone' | 'skipped' | 'bytesRead' | 'bytesTotal' | 'known' | 'fault'
>;

/** A version in the sample, and how many of the source's updates it stands for. */
export interface SampledVersion extends Pick<Update, 'id' | 'version'> {
  readonly updates: number;
}

/** What is in a source, in memory that does not grow with it. */
export function createRecordCounter() {
  const accounts = createKeySample(EXACT_ACCOUNTS);
  const versions = createKeySample(EXACT_VERSIONS);
  const types = createTally(MOST_TYPES);
  const reasons = createTally(MOST_REASONS);
  let updates = 0;
  let rejected = 0;
  let longestCallbackMs = 0;
  return {
    add(source: SourceRecord): void {
      if (source.kind === 'reject') {
        rejected += 1;
        reasons.add(source.reason);
        return;
      }
      const { id, accountType, callbackTimeMs } = source.update;
      updates += 1;
      accounts.add(id);
      if (source.kind === 'update') versions.add(`${id}\0${source.update.version}`);
      types.add(accountType);
      if (callbackTimeMs > longestCallbackMs) longestCallbackMs = callbackTimeMs;
    },
    counts(): RecordCounts {
      let repeated = 0;
      for (const times of versions.kept.values()) repeated += times - 1;
      return {
        records: updates + rejected,
        rejected,
        accounts: estimate(accounts.kept.size, accounts.factor()),
        repeated: estimate(repeated, versions.factor()),
        types: types.largest(),
        reasons: reasons.largest(),
        longestCallbackMs,
      };
    },
    sample(): { readonly factor: number; readonly versions: readonly SampledVersion[] } {
      const sampled = [...versions.kept].map(([key, times]) => {
        // No id has a U+0000.
        const cut = key.indexOf('\0');
        return { id: key.slice(0, cut), version: key.slice(cut + 1) as VersionText, updates: times };
      });
      return { factor: versions.factor(), versions: sampled };
    },
  };
}

export function estimate(counted: number, factor: number): Estimate {
  return { count: counted * factor, isExact: factor === 1 };
}

function createTally(most: number) {
  const tally = new Map<string, number>();
  let others = 0;
  return {
    add(name: string): void {
      const times = tally.get(name);
      if (times !== undefined || tally.size < most) tally.set(name, (times ?? 0) + 1);
      else others += 1;
    },
    largest() {
      const sorted = [...tally].sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1));
      const listed = sorted.slice(0, SENT).map(([name, records]) => ({ name, records }));
      const left = sorted.slice(SENT).reduce((sum, [, records]) => sum + records, others);
      return {
        listed,
        otherNames: Math.max(0, tally.size - SENT),
        otherRecords: left,
        isWhole: others === 0,
      };
    },
  };
}
