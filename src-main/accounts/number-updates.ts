import { slotOf, type U64Text, UPDATE_LIMITS, versionText, writeVersionOf } from '../../src-shared/update';
import type { Queryable } from '../database/database';
import type { NumberedRecord, SourceRecord } from '../ingestion/record';
import type { Arrival, KnownAccount } from './classify';
import {
  type AskedContent,
  accountSlotOf,
  findContents,
  type KnownContent,
  slotOfContent,
} from './sql/contents';

/** What is stored of a batch's accounts and slots before it. */
export interface StoredAccounts {
  readonly accounts: ReadonlyMap<string, KnownAccount>;
  readonly dead: ReadonlySet<U64Text>;
}

/**
 * Gives each update without a write version its version: rule 9 of "The law" in docs/architecture.md. The result does not depend on how
 * a stream is cut into batches: what came before it in the batch counts as what is stored. Batches without such updates cost nothing,
 * and neither do accounts that are new in their slot and come once: there is nothing to compare them with.
 */
export async function numberUpdates(
  tx: Queryable,
  arrivals: readonly Arrival<SourceRecord>[],
  stored: StoredAccounts,
): Promise<readonly Arrival<NumberedRecord>[]> {
  if (!arrivals.some(({ source }) => source.kind === 'unnumbered'))
    return arrivals as readonly Arrival<NumberedRecord>[];
  const asked = findAsked(arrivals, stored);
  const contents = asked.size === 0 ? [] : await findContents(tx, [...asked.values()]);
  const groups = new Map<string, ReturnType<typeof createGroup>>();
  const known = new Map([...asked.keys()].map((index, place) => [index, contents[place] as KnownContent]));
  return arrivals.map((arrival, index): Arrival<NumberedRecord> => {
    const { source, at } = arrival;
    if (source.kind === 'reject') return { source, at };
    const content = known.get(index);
    if (!content) return { source: source.kind === 'update' ? source : numbered(source, 0n), at };
    const key = accountSlotOf(source);
    const group = groups.get(key) ?? createGroup(content.highest);
    groups.set(key, group);
    if (source.kind === 'unnumbered') {
      return { source: numbered(source, group.numberOf(content, source.update.slot !== null)), at };
    }
    if (!content.isStored) group.keep(BigInt(writeVersionOf(source.update.version)), content.content);
    return { source, at };
  });
}

function numbered(
  { record, update: { slot, ...update } }: Extract<SourceRecord, { kind: 'unnumbered' }>,
  version: bigint,
): NumberedRecord {
  return {
    record,
    kind: 'update',
    update: { ...update, version: versionText(slot ?? '0', String(version)) },
  };
}

/** The states of one account in one slot, as the batch goes on. `highest`: of those that are stored; null: there is none. */
function createGroup(highest: U64Text | null) {
  let top = highest === null ? null : BigInt(highest);
  /** Null: of the stored one. */
  let topContent: number | null = null;
  const kept = new Set<bigint>();
  /** The lowest version of each content. */
  const lowest = new Map<number, bigint>();
  const keep = (version: bigint, content: number) => {
    if (kept.has(version)) return;
    kept.add(version);
    const other = lowest.get(content);
    if (other === undefined || version < other) lowest.set(content, version);
    if (top !== null && version < top) return;
    top = version;
    topContent = content;
  };
  return {
    keep,
    numberOf({ content, same }: KnownContent, hasSlot: boolean): bigint {
      const stored = same === null ? undefined : BigInt(same);
      const arrived = lowest.get(content);
      let known = topContent === null ? stored : topContent === content ? (top ?? undefined) : undefined;
      if (hasSlot)
        known = stored === undefined || (arrived !== undefined && arrived < stored) ? arrived : stored;
      if (known !== undefined) return known;
      // Above the greatest version there is none: the update is in conflict with that one.
      const next = top === null ? 0n : top < UPDATE_LIMITS.maxU64 ? top + 1n : top;
      keep(next, content);
      return next;
    },
  };
}

/**
 * By index: the updates without a version, and those of the same account and slot that come with one. Not those that come alone, with
 * nothing of their account stored in their slot: the latest state lies in the highest slot that is not dead.
 */
function findAsked(
  arrivals: readonly Arrival<SourceRecord>[],
  { accounts, dead }: StoredAccounts,
): ReadonlyMap<number, AskedContent> {
  const byAccountSlot = new Map<string, (readonly [index: number, source: AskedContent])[]>();
  arrivals.forEach(({ source }, index) => {
    if (source.kind === 'reject') return;
    const key = accountSlotOf(source);
    const others = byAccountSlot.get(key);
    if (others) others.push([index, source]);
    else byAccountSlot.set(key, [[index, source]]);
  });
  const mayBeStored = (asked: AskedContent) => {
    const slot = slotOfContent(asked);
    const latest = accounts.get(asked.update.id)?.latest;
    return dead.has(slot) || (latest !== undefined && BigInt(slotOf(latest)) >= BigInt(slot));
  };
  const asked = [...byAccountSlot.values()].filter(
    (group) =>
      group.some(([, { kind }]) => kind === 'unnumbered') &&
      (group.length > 1 || group.some(([, source]) => mayBeStored(source))),
  );
  return new Map(asked.flat());
}
