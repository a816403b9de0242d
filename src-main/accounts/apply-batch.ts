import type { RunEvent } from '../../src-shared/events';
import type { Account, EpochMs, Update } from '../../src-shared/update';
import type { Database, Queryable } from '../database/database';
import type { SourceRecord } from '../ingestion/record';
import type { Observer } from '../observability/observer';
import {
  type Classified,
  classifyBatch,
  type KnownAccount,
  type Resemblance,
  type Settlement,
} from './classify';
import type { KnownAccounts } from './known-accounts';
import { compareJson } from './sql/compare-json';
import { copyUpdates, type HistoryEntry } from './sql/copy-updates';
import { findKeptUpdates } from './sql/find-kept-updates';
import { insertRejects } from './sql/insert-rejects';
import { accountKey, readKeptAccounts } from './sql/read-kept-accounts';
import { reserveSequence } from './sql/reserve-sequence';
import { type OvertakenCallback, settleOvertaken } from './sql/settle-overtaken';
import { addAccounts, type LatestState, setLatest } from './sql/write-latest';
import { compareU64 } from './u64';

export interface Batch {
  readonly runId: string;
  readonly records: readonly SourceRecord[];
  readonly known: KnownAccounts;
  readonly observer: Observer;
  /** When they arrived: by the wall clock, and by the run's. */
  readonly arrivalMs: EpochMs;
  readonly at: number;
  readonly dueAtMs: (callbackTimeMs: number) => EpochMs;
  readonly firingHeld: boolean;
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
}

export interface AppliedBatch {
  /** What to publish, in order: for each record its outcome, then what it did to the older callback. */
  readonly events: readonly RunEvent[];
  /** The callbacks that now wait. */
  readonly scheduled: readonly ScheduledCallback[];
  /** Those of earlier batches that wait no longer: the numbers of their updates. */
  readonly overtaken: readonly string[];
}

type NumberedUpdate = { readonly record: number; readonly update: Update };

/**
 * Classifies and stores one batch in one transaction: history, latest states, callbacks, rejects and
 * the run's checkpoint commit together or not at all. Publishes nothing: that comes after.
 */
export async function applyBatch(db: Database, batch: Batch): Promise<AppliedBatch> {
  const { changed, ...applied } = await db.transaction(async (tx) => {
    const updates: NumberedUpdate[] = [];
    const rejects: (SourceRecord & { kind: 'reject' })[] = [];
    for (const entry of batch.records) {
      if (entry.kind === 'update') updates.push(entry);
      else rejects.push(entry);
    }
    const { observer } = batch;
    const size = { records: batch.records.length };
    const judged = await observer.around('classify', size, () => judge(tx, batch, updates));
    const stored = await observer.around('store', size, () => store(tx, batch, updates, judged));
    if (rejects.length > 0) await insertRejects(tx, batch.runId, batch.arrivalMs, rejects);
    const { settledOlder, ...after } = stored;
    const events = describe(batch, judged.classified, settledOlder);
    await batch.checkpoint(tx, events);
    return { events, ...after };
  });
  for (const [id, account] of changed) batch.known.remember(id, account);
  return applied;
}

interface Judged {
  /** What is known of the batch's accounts from before. */
  readonly known: ReadonlyMap<string, KnownAccount>;
  readonly classified: readonly Classified[];
}

async function judge(tx: Queryable, batch: Batch, numbered: readonly NumberedUpdate[]): Promise<Judged> {
  if (numbered.length === 0) return { known: new Map(), classified: [] };
  const updates = numbered.map(({ update }) => update);
  const known = await batch.known.find(tx, [...new Set(updates.map(({ id }) => id))]);
  const resembles = await findResemblances(tx, updates, known);
  const sameInBatch = await compareRepeats(tx, updates);
  const classified = classifyBatch(updates, {
    arrivalMs: batch.arrivalMs,
    known,
    resembles: (index) => resembles.get(index) ?? 'unseen',
    sameInBatch: (first, second) => sameInBatch.has(`${first} ${second}`),
    dueAtMs: batch.dueAtMs,
    firingHeld: batch.firingHeld,
  });
  return { known, classified };
}

/** Only an update at or below the latest version can be in the history already. */
async function findResemblances(
  tx: Queryable,
  updates: readonly Update[],
  known: ReadonlyMap<string, KnownAccount>,
): Promise<ReadonlyMap<number, Resemblance>> {
  const suspects = updates.flatMap((update, index) => {
    const account = known.get(update.id);
    return account && compareU64(update.version, account.latest) <= 0 ? [{ update, index }] : [];
  });
  if (suspects.length === 0) return new Map();
  const kept = await findKeptUpdates(
    tx,
    suspects.map(({ update }) => update),
  );
  return new Map(
    suspects.map(({ index }, place) => {
      const same = kept.get(place);
      return [index, same === undefined ? 'unseen' : same ? 'same' : 'different'];
    }),
  );
}

/** Pairs `first second` of the batch that have one id and version, and the same content. */
async function compareRepeats(tx: Queryable, updates: readonly Update[]): Promise<ReadonlySet<string>> {
  const firstByKey = new Map<string, number>();
  const same = new Set<string>();
  const unsure: { pair: string; texts: readonly [string, string] }[] = [];
  updates.forEach((update, index) => {
    const key = accountKey(update.id, update.version);
    const firstIndex = firstByKey.get(key);
    const first = firstIndex === undefined ? undefined : updates[firstIndex];
    if (firstIndex === undefined || !first) {
      firstByKey.set(key, index);
      return;
    }
    if (
      first.accountType !== update.accountType ||
      first.tokens !== update.tokens ||
      first.callbackTimeMs !== update.callbackTimeMs
    ) {
      return;
    }
    const pair = `${firstIndex} ${index}`;
    if (first.data === update.data) same.add(pair);
    else unsure.push({ pair, texts: [first.data, update.data] });
  });
  if (unsure.length > 0) {
    const answers = await compareJson(
      tx,
      unsure.map(({ texts }) => texts),
    );
    unsure.forEach(({ pair }, place) => {
      if (answers[place]) same.add(pair);
    });
  }
  return same;
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
  updates: readonly NumberedUpdate[],
  { known, classified }: Judged,
): Promise<Stored> {
  const { entries, latest, settlements } = await compose(tx, updates, classified);
  const states = [...latest.values()];
  const there = states.filter(({ update }) => known.has(update.id));
  const added = states.filter(({ update }) => !known.has(update.id));
  // Handed over together: the database goes from one to the next without waiting for us.
  const [numbers] = await Promise.all([
    settlements.length > 0 ? settleOvertaken(tx, arrivalMs, settlements) : new Set<string>(),
    there.length > 0 ? setLatest(tx, arrivalMs, there) : undefined,
    added.length > 0 ? addAccounts(tx, arrivalMs, added) : undefined,
    entries.size > 0 ? copyUpdates(tx, runId, arrivalMs, entries.values()) : undefined,
  ]);
  const settled = settlements.filter(({ seq }) => numbers.has(seq));
  const settledOlder = new Map<string, Account | null>(
    settled.map(({ id, version }) => [accountKey(id, version), null]),
  );
  const fired = settled.filter(({ state }) => state === 'fired');
  if (fired.length > 0) {
    for (const [key, account] of await readKeptAccounts(tx, fired)) settledOlder.set(key, account);
  }
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

async function compose(
  tx: Queryable,
  updates: readonly NumberedUpdate[],
  classified: readonly Classified[],
): Promise<Composed> {
  const entries = new Map<number, HistoryEntry>();
  const latest = new Map<string, LatestState>();
  const settlements: NumberedSettlement[] = [];
  const count = classified.filter(({ outcome }) => outcome === 'indexed' || outcome === 'stale').length;
  const numbers = count === 0 ? [] : await reserveSequence(tx, count);
  for (const [index, { record, update }] of updates.entries()) {
    const verdict = classified[index];
    if (verdict?.outcome !== 'indexed' && verdict?.outcome !== 'stale') continue;
    const seq = numbers[entries.size] ?? '';
    const dueAtMs = verdict.outcome === 'indexed' ? verdict.dueAtMs : null;
    entries.set(index, { seq, record, update, outcome: verdict.outcome, dueAtMs });
    if (verdict.outcome === 'stale') continue;
    latest.set(update.id, { update, seq, dueAtMs: verdict.dueAtMs });
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
      events.push({ event: 'stale', at, record, id, version, latest: verdict.latest });
    } else if (verdict.outcome !== 'indexed') {
      events.push({ event: verdict.outcome, at, record, id, version });
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
