import type { RunEvent } from '../../src-shared/events';
import type { Account, CallbackState, EpochMs, Update } from '../../src-shared/update';
import type { Database, Queryable } from '../database/database';
import type { SourceRecord } from '../ingestion/record';
import type { Observer } from '../observability/observer';
import { type Classified, classifyBatch, type KnownAccount, type Resemblance } from './classify';
import type { KnownAccounts } from './known-accounts';
import { compareJson } from './sql/compare-json';
import { findKeptUpdates } from './sql/find-kept-updates';
import { insertRejects } from './sql/insert-rejects';
import { type HistoryEntry, insertUpdates } from './sql/insert-updates';
import { accountKey, readKeptAccounts } from './sql/read-kept-accounts';
import { settleSuperseded } from './sql/settle-superseded';
import { upsertAccounts } from './sql/upsert-accounts';
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
  const entries = new Map<number, HistoryEntry>();
  const latest = new Map<string, { readonly update: Update; readonly index: number }>();
  const waiting = [];
  const settledOlder = new Map<string, Account | null>();
  const fired: { id: string; version: string }[] = [];

  for (const [index, { record, update }] of updates.entries()) {
    const verdict = classified[index];
    if (verdict?.outcome === 'stale') entries.set(index, historyEntry(record, update, null, null));
    if (verdict?.outcome !== 'indexed') continue;
    entries.set(index, historyEntry(record, update, verdict.dueAtMs, 'pending'));
    latest.set(update.id, { update, index });
    const { settles } = verdict;
    if (!settles) continue;
    if (settles.olderIndex === null) {
      waiting.push(settles);
      continue;
    }
    const older = entries.get(settles.olderIndex);
    if (!older) throw new Error('a settled update of the batch must have been classified before');
    entries.set(settles.olderIndex, {
      ...older,
      callbackState: settles.state,
      settledAtMs: batch.arrivalMs,
      supersededBy: settles.supersededBy,
    });
    settledOlder.set(accountKey(settles.id, settles.version), null);
    if (settles.state === 'fired') fired.push(settles);
  }

  if (waiting.length > 0) {
    const settled = await settleSuperseded(tx, batch.arrivalMs, waiting);
    const settledKeys = new Set(settled.map(({ id, version }) => accountKey(id, version)));
    for (const settlement of waiting) {
      const key = accountKey(settlement.id, settlement.version);
      if (!settledKeys.has(key)) continue;
      settledOlder.set(key, null);
      if (settlement.state === 'fired') fired.push(settlement);
    }
  }
  if (entries.size > 0) await insertUpdates(tx, batch.runId, batch.arrivalMs, [...entries.values()]);
  if (latest.size > 0) {
    const accounts = [...latest.values()].map(({ update }) => update);
    await upsertAccounts(tx, batch.arrivalMs, accounts);
  }
  if (fired.length > 0) {
    for (const [key, account] of await readKeptAccounts(tx, fired)) settledOlder.set(key, account);
  }
  const changed = new Map(
    [...latest].map(([id, { update, index }]) => [id, knownAfter(update, entries.get(index))]),
  );
  return { settledOlder, earliestDueMs: earliestPending(entries.values()), changed };
}

function historyEntry(
  record: number,
  update: Update,
  dueAtMs: EpochMs | null,
  callbackState: CallbackState | null,
): HistoryEntry {
  const outcome = callbackState === null ? 'stale' : 'indexed';
  return { record, update, outcome, dueAtMs, callbackState, settledAtMs: null, supersededBy: null };
}

function knownAfter({ version }: Update, entry: HistoryEntry | undefined): KnownAccount {
  const waits = entry?.callbackState === 'pending' && entry.dueAtMs !== null;
  return { latest: version, pending: waits ? { version, dueAtMs: entry.dueAtMs } : null };
}

function earliestPending(entries: Iterable<HistoryEntry>): EpochMs | null {
  let earliest: EpochMs | null = null;
  for (const { callbackState, dueAtMs } of entries) {
    if (callbackState !== 'pending' || dueAtMs === null) continue;
    if (earliest === null || dueAtMs < earliest) earliest = dueAtMs;
  }
  return earliest;
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
