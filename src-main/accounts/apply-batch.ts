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
import { findOvertaken, type LatestState, type OvertakenCallback, writeLatest } from './sql/write-latest';
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

export interface AppliedBatch {
  /** What to publish, in order: for each record its outcome, then what it did to the older callback. */
  readonly events: readonly RunEvent[];
  /** The earliest due time among the callbacks that now wait; null if the batch scheduled none. */
  readonly earliestDueMs: EpochMs | null;
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
    const classified = await observer.around('classify', size, () => classify(tx, batch, updates));
    const stored = await observer.around('store', size, () => store(tx, batch, updates, classified));
    if (rejects.length > 0) await insertRejects(tx, batch.runId, batch.arrivalMs, rejects);
    const events = describe(batch, classified, stored.settledOlder);
    await batch.checkpoint(tx, events);
    return { events, earliestDueMs: stored.earliestDueMs, changed: stored.changed };
  });
  for (const [id, account] of changed) batch.known.remember(id, account);
  return applied;
}

async function classify(
  tx: Queryable,
  batch: Batch,
  numbered: readonly NumberedUpdate[],
): Promise<readonly Classified[]> {
  if (numbered.length === 0) return [];
  const updates = numbered.map(({ update }) => update);
  const known = await batch.known.find(tx, [...new Set(updates.map(({ id }) => id))]);
  const resembles = await findResemblances(tx, updates, known);
  const sameInBatch = await compareRepeats(tx, updates);
  return classifyBatch(updates, {
    arrivalMs: batch.arrivalMs,
    known,
    resembles: (index) => resembles.get(index) ?? 'unseen',
    sameInBatch: (first, second) => sameInBatch.has(`${first} ${second}`),
    dueAtMs: batch.dueAtMs,
    firingHeld: batch.firingHeld,
  });
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

interface Stored {
  /** Callbacks that the batch itself settled, by key, with the account for those that fired. */
  readonly settledOlder: ReadonlyMap<string, Account | null>;
  readonly earliestDueMs: EpochMs | null;
  /** Accounts with a new latest state. */
  readonly changed: ReadonlyMap<string, KnownAccount>;
}

async function store(
  tx: Queryable,
  batch: Batch,
  updates: readonly NumberedUpdate[],
  classified: readonly Classified[],
): Promise<Stored> {
  const { entries, latest, settlements } = await compose(tx, updates, classified);
  // Handed over together: the database goes from one to the next without waiting for us.
  const [settled] = await Promise.all([
    latest.size > 0 ? settle(tx, batch.arrivalMs, [...latest.values()], settlements) : [],
    entries.size > 0 ? copyUpdates(tx, batch.runId, batch.arrivalMs, entries.values()) : undefined,
  ]);
  const settledOlder = new Map<string, Account | null>(
    settled.map(({ id, version }) => [accountKey(id, version), null]),
  );
  const fired = settled.filter(({ state }) => state === 'fired');
  if (fired.length > 0) {
    for (const [key, account] of await readKeptAccounts(tx, fired)) settledOlder.set(key, account);
  }
  let earliestDueMs: EpochMs | null = null;
  const changed = new Map<string, KnownAccount>();
  for (const [id, { update, seq, dueAtMs }] of latest) {
    const { version } = update;
    changed.set(id, { latest: version, pending: { version, seq, dueAtMs } });
    if (earliestDueMs === null || dueAtMs < earliestDueMs) earliestDueMs = dueAtMs;
  }
  return { settledOlder, earliestDueMs, changed };
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
  if ('seq' in older) return { ...settlement, seq: older.seq, fired, isOfBatch: false };
  const entry = entries.get(older.index);
  if (!entry) throw new Error('a settled update of the batch must have been classified before');
  return { ...settlement, seq: entry.seq, fired, isOfBatch: true };
}

/** Gives those of `settlements` that it did settle: who was claimed in the meantime has fired, and stays so. */
async function settle(
  tx: Queryable,
  arrivalMs: EpochMs,
  latest: readonly LatestState[],
  settlements: readonly NumberedSettlement[],
): Promise<readonly NumberedSettlement[]> {
  const settled = await writeLatest(tx, arrivalMs, latest, settlements);
  if (settled === settlements.length) return settlements;
  const waiting = settlements.filter(({ isOfBatch }) => !isOfBatch);
  const overtaken = await findOvertaken(tx, waiting);
  return settlements.filter(({ isOfBatch, seq }) => isOfBatch || overtaken.has(seq));
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
