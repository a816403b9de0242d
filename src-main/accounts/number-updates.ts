import { type U64Text, UPDATE_LIMITS, versionText, writeVersionOf } from '../../src-shared/update';
import type { Queryable } from '../database/database';
import type { NumberedRecord, SourceRecord } from '../ingestion/record';
import type { Arrival } from './classify';
import { type AskedContent, accountSlotOf, findContents, type KnownContent } from './sql/contents';

/**
 * Gives each update without a write version its version: rule 9 of "The law" in docs/architecture.md. The result does not depend on how
 * a stream is cut into batches: what came before it in the batch counts as what is stored. Batches without such updates cost nothing.
 */
export async function numberUpdates(
  tx: Queryable,
  arrivals: readonly Arrival<SourceRecord>[],
): Promise<readonly Arrival<NumberedRecord>[]> {
  const asked = findAsked(arrivals);
  if (asked.size === 0) return arrivals as readonly Arrival<NumberedRecord>[];
  const contents = await findContents(tx, [...asked.values()]);
  const groups = new Map<string, ReturnType<typeof createGroup>>();
  const known = new Map([...asked.keys()].map((index, place) => [index, contents[place] as KnownContent]));
  return arrivals.map((arrival, index): Arrival<NumberedRecord> => {
    const { source, at } = arrival;
    const content = known.get(index);
    if (source.kind === 'reject' || !content) return arrival as Arrival<NumberedRecord>;
    const key = accountSlotOf(source);
    const group = groups.get(key) ?? createGroup(content.highest);
    groups.set(key, group);
    if (source.kind === 'update') {
      if (!content.isStored) group.keep(BigInt(writeVersionOf(source.update.version)), content.content);
      return { source, at };
    }
    const { slot, ...rest } = source.update;
    const version = versionText(slot ?? '0', String(group.numberOf(content, slot !== null)));
    return { source: { record: source.record, kind: 'update', update: { ...rest, version } }, at };
  });
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

/** By index: the updates without a version, and those of the same account and slot that come with one. */
function findAsked(arrivals: readonly Arrival<SourceRecord>[]): ReadonlyMap<number, AskedContent> {
  const wanted = new Set<string>();
  for (const { source } of arrivals) if (source.kind === 'unnumbered') wanted.add(accountSlotOf(source));
  const asked = new Map<number, AskedContent>();
  if (wanted.size === 0) return asked;
  arrivals.forEach(({ source }, index) => {
    if (source.kind !== 'reject' && wanted.has(accountSlotOf(source))) asked.set(index, source);
  });
  return asked;
}
