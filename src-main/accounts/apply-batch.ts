import type { RunEvent } from '../../src-shared/events';
import type { Account, EpochMs } from '../../src-shared/update';
import type { Database, Queryable } from '../database/database';
import type { SourceRecord } from '../ingestion/record';
import type { Observer } from '../observability/observer';
import type { Classified, KnownAccount, Settlement } from './classify';
import { type Judged, type JudgedBatch, judge, type NumberedUpdate } from './judge';
import { printedLength } from './printed-length';
import { copyUpdates, type HistoryEntry } from './sql/copy-updates';
import { insertRejects } from './sql/insert-rejects';
import { accountKey, readKeptAccounts } from './sql/read-kept-accounts';
import { type OvertakenCallback, settleOvertaken } from './sql/settle-overtaken';
import { addAccounts, type LatestState, setLatest } from './sql/write-latest';

export interface Batch extends JudgedBatch {
  readonly runId: string;
  readonly records: readonly SourceRecord[];
  readonly observer: Observer;
  /** When they arrived, by the run's clock. */
  readonly at: number;
  /** Whether a callback due at that instant was overdue when the engine took it up. */
  readonly isLate: (dueAtMs: EpochMs) => boolean;
  /** Runs inside the batch's transaction, after all else: the run's checkpoint and counts. */
  readonly checkpoint: (tx: Queryable, events: readonly RunEvent[]) => Promise<void>;
}

/** A callback that waits for its time. */
export interface ScheduledCallback {
  /** Of the update whose callback it is. */
  readonly seq: string;
  readonly dueAtMs: EpochMs;
  /** About so many characters the database prints of its update's data; null: not known. */
  readonly dataLength: number | null;
}

export interface AppliedBatch {
  /** What to publish, in order: for each record its outcome, then what it did to the older callback. */
  readonly events: readonly RunEvent[];
  /** The callbacks that now wait. */
  readonly scheduled: readonly ScheduledCallback[];
  /** Those of earlier batches that wait no longer: the numbers of their updates. */
  readonly overtaken: readonly string[];
}

type RejectedRecord = SourceRecord & { readonly kind: 'reject' };

/**
 * Classifies and stores one batch in one transaction: history, latest states, callbacks, rejects and
 * the run's checkpoint commit together or not at all. Publishes nothing: that comes after.
 */
export async function applyBatch(db: Database, batch: Batch): Promise<AppliedBatch> {
  const { changed, ...applied } = await db.transaction(async (tx) => {
    const updates: NumberedUpdate[] = [];
    const rejects: RejectedRecord[] = [];
    for (const entry of batch.records) {
      if (entry.kind === 'update') updates.push(entry);
      else rejects.push(entry);
    }
    const { observer } = batch;
    const size = { records: batch.records.length };
    const judged = await observer.around('classify', size, () => judge(tx, batch, updates));
    const stored = await observer.around('store', size, () => store(tx, batch, { updates, rejects, judged }));
    const { settledOlder, ...after } = stored;
    const events = describe(batch, judged.classified, settledOlder);
    await batch.checkpoint(tx, events);
    return { events, ...after };
  });
  for (const [id, account] of changed) batch.known.remember(id, account);
  return applied;
}

interface ToStore {
  readonly updates: readonly NumberedUpdate[];
  readonly rejects: readonly RejectedRecord[];
  readonly judged: Judged;
}

interface Stored extends Pick<AppliedBatch, 'scheduled' | 'overtaken'> {
  /** Callbacks that the batch itself settled, by key, with the account for those that fired. */
  readonly settledOlder: ReadonlyMap<string, Account | null>;
  /** Accounts with a new latest state. */
  readonly changed: ReadonlyMap<string, KnownAccount>;
}

async function store(
  tx: Queryable,
  { runId, arrivalMs }: Batch,
  { updates, rejects, judged }: ToStore,
): Promise<Stored> {
  const { known } = judged;
  const { entries, latest, settlements } = compose(updates, judged);
  const states = [...latest.values()];
  const there = states.filter(({ update }) => known.has(update.id));
  const added = states.filter(({ update }) => !known.has(update.id));
  // Handed over together: the database goes from one to the next without waiting for us.
  const due = settlements.filter(({ state }) => state === 'fired');
  const [numbers, , , , , kept] = await Promise.all([
    settlements.length > 0 ? settleOvertaken(tx, arrivalMs, settlements) : new Set<string>(),
    there.length > 0 ? setLatest(tx, arrivalMs, there) : undefined,
    added.length > 0 ? addAccounts(tx, arrivalMs, added) : undefined,
    entries.size > 0 ? copyUpdates(tx, runId, arrivalMs, entries.values()) : undefined,
    rejects.length > 0 ? insertRejects(tx, runId, arrivalMs, rejects) : undefined,
    // Some of them may be of the batch itself.
    due.length > 0 ? readKeptAccounts(tx, due) : new Map<string, Account>(),
  ]);
  const settled = settlements.filter(({ seq }) => numbers.has(seq));
  const settledOlder = new Map<string, Account | null>(
    settled.map(({ id, version }) => {
      const key = accountKey(id, version);
      return [key, kept.get(key) ?? null];
    }),
  );
  const changed = new Map<string, KnownAccount>();
  for (const { update, seq, dueAtMs } of states) {
    const { id, version } = update;
    changed.set(id, { latest: version, pending: { version, seq, dueAtMs } });
  }
  const overtaken = settled.flatMap(({ older, seq }) => ('seq' in older ? [seq] : []));
  return { settledOlder, scheduled: states, overtaken, changed };
}

interface Composed {
  /** By index of their update, in order. */
  readonly entries: ReadonlyMap<number, HistoryEntry>;
  readonly latest: ReadonlyMap<string, LatestState>;
  readonly settlements: readonly NumberedSettlement[];
}
type NumberedSettlement = Settlement & OvertakenCallback;

function compose(updates: readonly NumberedUpdate[], { numbers, classified }: Judged): Composed {
  const entries = new Map<number, HistoryEntry>();
  const latest = new Map<string, LatestState>();
  const settlements: NumberedSettlement[] = [];
  for (const [index, { record, update }] of updates.entries()) {
    const verdict = classified[index];
    if (verdict?.outcome !== 'indexed' && verdict?.outcome !== 'stale') continue;
    const seq = numbers[index] ?? '';
    const dueAtMs = verdict.outcome === 'indexed' ? verdict.dueAtMs : null;
    entries.set(index, { seq, record, update, outcome: verdict.outcome, dueAtMs });
    if (verdict.outcome === 'stale') continue;
    const dataLength = printedLength(update.data);
    latest.set(update.id, { update, seq, dueAtMs: verdict.dueAtMs, dataLength });
    if (verdict.settles) settlements.push(numbered(verdict.settles, entries));
  }
  return { entries, latest, settlements };
}

function numbered(settlement: Settlement, entries: ReadonlyMap<number, HistoryEntry>): NumberedSettlement {
  const { older, state } = settlement;
  const fired = state === 'fired';
  if ('seq' in older) return { ...settlement, seq: older.seq, fired };
  const entry = entries.get(older.index);
  if (!entry) throw new Error('a settled update of the batch must have been classified before');
  return { ...settlement, seq: entry.seq, fired };
}

function describe(
  { records, at, arrivalMs, isLate }: Batch,
  classified: readonly Classified[],
  settledOlder: ReadonlyMap<string, Account | null>,
): readonly RunEvent[] {
  const events: RunEvent[] = [];
  let place = 0;
  for (const entry of records) {
    const { record } = entry;
    if (entry.kind === 'reject') {
      events.push({ event: 'rejected', at, record, reason: entry.reason });
      continue;
    }
    const verdict = classified[place++];
    if (!verdict) throw new Error('every update of the batch must have been classified');
    const { id, version, accountType, tokens } = entry.update;
    if (verdict.outcome === 'stale') {
      events.push({ event: 'stale', at, record, id, version, latest: verdict.latest, accountType, tokens });
    } else if (verdict.outcome !== 'indexed') {
      events.push({ event: verdict.outcome, at, record, id, version, accountType, tokens });
    } else {
      const { settles, dueAtMs } = verdict;
      const key = settles && accountKey(settles.id, settles.version);
      const account = key === null ? undefined : settledOlder.get(key);
      if (settles && account) {
        const latenessMs = Math.max(0, arrivalMs - settles.dueAtMs);
        events.push({
          event: 'fired',
          at,
          id,
          version: settles.version,
          late: isLate(settles.dueAtMs),
          byHand: false,
          latenessMs,
          account,
        });
      }
      events.push({ event: 'indexed', at, record, id, version, accountType, tokens, dueAtMs });
      if (settles && account === null && settles.supersededBy !== null) {
        events.push({
          event: 'cancelled',
          at,
          id,
          version: settles.version,
          supersededBy: settles.supersededBy,
        });
      }
    }
  }
  return events;
}
