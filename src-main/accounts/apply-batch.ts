import { IngotError } from '../../src-shared/errors';
import type { CountedEvent } from '../../src-shared/totals';
import { type Account, compareVersions, slotOf, type U64Text, type Update } from '../../src-shared/update';
import type { DueEntry } from '../callbacks/due-queue';
import { type KnownRun, momentOf, type Sequence } from '../callbacks/known-run';
import { copySettled, type FiredCallback } from '../callbacks/sql/settle';
import { measureData } from '../callbacks/sql/waiting';
import type { Database, Queryable } from '../database/database';
import type { SourceRecord } from '../ingestion/record';
import type { Observer } from '../observability/observer';
import {
  type Arrival,
  accountKey,
  type Callback,
  classifyBatch,
  type Happening,
  type KnownAccount,
  type Resemblance,
} from './classify';
import type { KnownAccounts } from './known-accounts';
import { numberUpdates, type StoredAccounts } from './number-updates';
import { slotOfContent } from './sql/contents';
import { compareJson, copyUpdates, findKeptUpdates, type HistoryEntry, readUpdates } from './sql/history';
import { clearWaiting, type LatestState, printedLength, writeLatest } from './sql/latest';
import { insertRejects, type Reject } from './sql/rejects';

export interface Batch {
  readonly run: KnownRun;
  /** In order of time. */
  readonly arrivals: readonly Arrival<SourceRecord>[];
  /** Arrival of the record before them; less than any instant if there was none. */
  readonly previousAt: number;
  /** Taken from the run's queue: what falls due after the first arrival and by the last. */
  readonly due: readonly DueEntry[];
  /** False while all callbacks are paused. */
  readonly fires: boolean;
  readonly known: KnownAccounts;
  readonly sequence: Sequence;
  /** The run of a callback. */
  readonly runOf: (runId: string) => KnownRun;
  readonly observer: Observer;
  readonly describeFired: (run: KnownRun, dueMs: number, at: number, account: Account) => CountedEvent;
  /** Runs inside the batch's transaction: saves the checkpoint and the counts. */
  readonly checkpoint: (
    tx: Queryable,
    events: readonly CountedEvent[],
    numbers: Numbers | null,
  ) => Promise<void>;
}

/** The range of numbers of a batch's updates and fired callbacks. */
export interface Numbers {
  readonly first: bigint;
  readonly last: bigint;
}

/** A batch whose updates have their versions. */
interface NumberedBatch extends Batch {
  readonly arrivals: readonly Arrival[];
}

export interface Applied {
  /** To be published, in order. */
  readonly events: readonly CountedEvent[];
  readonly newAccounts: number;
}

/**
 * Classifies and stores one batch in one transaction: history, latest states, callbacks, rejects and the run's checkpoint commit
 * together or not at all. Then updates the caches in memory.
 */
export async function applyBatch(db: Database, given: Batch): Promise<Applied> {
  const { observer } = given;
  const size = { records: given.arrivals.length };
  const { composed, events } = await db.transaction(async (tx) => {
    const { batch, classified } = await observer.around('classify', size, async () => {
      const stored = await findStored(tx, given);
      const batch: NumberedBatch = { ...given, arrivals: await numberUpdates(tx, given.arrivals, stored) };
      return { batch, classified: await classify(tx, batch, stored) };
    });
    return observer.around('store', size, async () => {
      const composed = compose(batch, classified);
      const storing = store(tx, batch, composed);
      // Only callbacks that fired must be read first; all else is described and counted while the database works.
      const accounts = composed.fired.length === 0 ? NO_ACCOUNTS : await storing;
      const events = describe(batch, composed, accounts);
      await Promise.all([storing, batch.checkpoint(tx, events, composed.numbers)]);
      return { composed, events };
    });
  });
  remember(given, composed);
  const added = [...composed.latest.values()].filter(({ before }) => before === undefined);
  return { events, newAccounts: added.length };
}

const NO_ACCOUNTS: ReadonlyMap<bigint, Account> = new Map();

interface Classified {
  readonly known: ReadonlyMap<string, KnownAccount>;
  readonly happened: readonly Happening[];
  /** Accounts of due callbacks, by the number of their update. */
  readonly due: ReadonlyMap<bigint, Account>;
}

interface Stored extends StoredAccounts {
  /** As in `Classified`. */
  readonly due: ReadonlyMap<bigint, Account>;
}

async function findStored(tx: Queryable, { arrivals, known, due }: Batch): Promise<Stored> {
  const ids = new Set<string>();
  for (const { source } of arrivals) if (source.kind !== 'reject') ids.add(source.update.id);
  const [accounts, dead, updates] = await Promise.all([
    known.find(tx, [...ids]),
    known.findDead(tx, () => slotsOf(arrivals)),
    readUpdates(
      tx,
      due.map(({ seq }) => seq),
    ),
  ]);
  return { accounts, dead, due: updates };
}

const slotsOf = (arrivals: readonly Arrival<SourceRecord>[]): readonly U64Text[] => [
  ...new Set(arrivals.flatMap(({ source }) => (source.kind === 'reject' ? [] : slotOfContent(source)))),
];

async function classify(
  tx: Queryable,
  batch: NumberedBatch,
  { accounts, dead, due }: Stored,
): Promise<Classified> {
  const { run, arrivals } = batch;
  const updates: (Update | null)[] = arrivals.map(({ source }) =>
    source.kind === 'update' ? source.update : null,
  );
  const known = new Map(accounts);
  const callbacks = batch.due.map(({ seq, dueMs }): Callback => {
    const account = due.get(seq);
    if (!account) throw changedByAnother();
    const { id, version } = account;
    const waits = { runId: run.runId, dueMs };
    known.set(id, { latest: version, seq, waits });
    return { id, version, ...waits, of: { seq } };
  });
  // The second goes through the batch while the database answers the first.
  const [resembles, sameInBatch] = await Promise.all([
    findResemblances(tx, updates, known, dead),
    compareRepeats(tx, updates),
  ]);
  const happened = classifyBatch(arrivals, {
    runId: run.runId,
    previousAt: batch.previousAt,
    known,
    due: callbacks,
    fires: batch.fires,
    isDead: (slot) => dead.has(slot),
    resembles: (index) => resembles.get(index) ?? 'unseen',
    sameInBatch: (first, second) => sameInBatch.has(`${first} ${second}`),
  });
  return { known, happened, due };
}

/** Only an update at or below the latest version, or of a dead slot, can be in the history already. */
async function findResemblances(
  tx: Queryable,
  updates: readonly (Update | null)[],
  known: ReadonlyMap<string, KnownAccount>,
  dead: ReadonlySet<U64Text>,
): Promise<ReadonlyMap<number, Resemblance>> {
  const suspects = updates.flatMap((update, index) => {
    if (!update) return [];
    const latest = known.get(update.id)?.latest;
    const mayBeKept =
      (latest !== undefined && compareVersions(update.version, latest) <= 0) ||
      dead.has(slotOf(update.version));
    return mayBeKept ? [{ update, index }] : [];
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

/** Pairs `first second` of the batch with the same id, version and content. */
async function compareRepeats(
  tx: Queryable,
  updates: readonly (Update | null)[],
): Promise<ReadonlySet<string>> {
  const firstByKey = new Map<string, number>();
  const same = new Set<string>();
  const unsure: { pair: string; texts: readonly [string, string] }[] = [];
  updates.forEach((update, index) => {
    if (!update) return;
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

/** The rows of a batch. */
interface Composed extends Classified {
  readonly entries: ReadonlyMap<number, HistoryEntry>;
  readonly fired: readonly (FiredCallback & { readonly callback: Callback })[];
  /** New latest states, by account. */
  readonly latest: ReadonlyMap<string, LatestState>;
  /** Fired callbacks of earlier batches, for accounts without a new latest state. */
  readonly cleared: readonly Callback[];
  readonly rejects: readonly Reject[];
  readonly numbers: Numbers | null;
}

/** Whether it has a number: a stored update, or a callback that fired. */
const isKept = (happening: Happening): boolean =>
  happening.kind === 'fired' ||
  happening.verdict.outcome === 'indexed' ||
  happening.verdict.outcome === 'stale';

function compose(batch: NumberedBatch, classified: Classified): Composed {
  const { arrivals, run } = batch;
  const { happened, known } = classified;
  const entries = new Map<number, HistoryEntry>();
  const fired: (FiredCallback & { readonly callback: Callback })[] = [];
  const latest = new Map<string, LatestState>();
  const cleared = new Map<string, Callback>();
  const rejects: Reject[] = [];
  const kept = happened.filter(isKept).length;
  const first = batch.sequence.take(kept);
  const numbers = kept === 0 ? null : { first, last: first + BigInt(kept) - 1n };
  let seq = first;
  const seqOf = ({ of }: Callback) => ('seq' in of ? of.seq : (entries.get(of.index)?.seq ?? 0n));

  for (const happening of happened) {
    if (happening.kind === 'fired') {
      const { callback } = happening;
      const { id } = callback;
      fired.push({ seq: seq++, updateSeq: seqOf(callback), at: callback.dueMs, id, callback });
      const state = latest.get(id);
      if (state) latest.set(id, { ...state, waits: null });
      else cleared.set(id, callback);
      continue;
    }
    const { index, verdict } = happening;
    const { source, at } = arrivals[index] as Arrival;
    const position = run.counts.records + index;
    const { record } = source;
    if (source.kind === 'reject') {
      const { field, reason, excerpt } = source;
      rejects.push({ record, position, at, field, reason, excerpt });
      continue;
    }
    const { update } = source;
    if (verdict.outcome === 'stale') {
      entries.set(index, { seq: seq++, update, record, position, at, dueMs: null, cancels: null });
    } else if (verdict.outcome === 'indexed') {
      const { dueMs, cancels } = verdict;
      const entry = { seq: seq++, update, record, position, at, dueMs, cancels: cancels?.version ?? null };
      entries.set(index, entry);
      const before = known.get(update.id);
      latest.set(update.id, {
        update,
        seq: entry.seq,
        waits: { runId: run.runId, dueMs },
        dataLength: printedLength(update),
        before,
        createdSeq: latest.get(update.id)?.createdSeq ?? entry.seq,
      });
      cleared.delete(update.id);
    }
  }
  return { ...classified, entries, fired, latest, cleared: [...cleared.values()], rejects, numbers };
}

/** Returns the accounts of the fired callbacks, by the number of their update. */
async function store(
  tx: Queryable,
  { run }: Batch,
  { entries, fired, latest, cleared, rejects, due }: Composed,
): Promise<ReadonlyMap<bigint, Account>> {
  // Sent together, so that the database does not wait for us in between.
  const unread = fired.map(({ updateSeq }) => updateSeq).filter((seq) => !due.has(seq));
  const copied = entries.size > 0 ? copyUpdates(tx, run.runId, [...entries.values()]) : undefined;
  copied?.catch(() => {});
  const states = await measured(tx, [...latest.values()], copied);
  const [written, cleaned, read] = await Promise.all([
    states.length > 0 ? writeLatest(tx, states) : 0,
    cleared.length > 0 ? clearWaiting(tx, cleared) : 0,
    readUpdates(tx, unread),
    fired.length > 0 ? copySettled(tx, run.runId, fired) : undefined,
    rejects.length > 0 ? insertRejects(tx, run.runId, rejects) : undefined,
    copied,
  ]);
  if (written !== states.length || cleaned !== cleared.length) throw changedByAnother();
  return due.size === 0 ? read : new Map([...due, ...read]);
}

/** Adds the length of all data. Where only the database can tell, it is asked once it has the rows. */
async function measured(
  tx: Queryable,
  states: readonly LatestState[],
  copied: Promise<void> | undefined,
): Promise<readonly LatestState[]> {
  const unknown = states.filter(({ dataLength }) => dataLength === null);
  if (unknown.length === 0) return states;
  await copied;
  const lengths = await measureData(
    tx,
    unknown.map(({ seq }) => seq),
  );
  return states.map((state) => ({ ...state, dataLength: state.dataLength ?? lengths.get(state.seq) ?? 0 }));
}

function describe(
  { run, arrivals, runOf, describeFired }: NumberedBatch,
  { happened, fired }: Composed,
  accounts: ReadonlyMap<bigint, Account>,
): readonly CountedEvent[] {
  const events: CountedEvent[] = [];
  let firedSoFar = 0;
  for (const happening of happened) {
    if (happening.kind === 'fired') {
      const { updateSeq, at, callback } = fired[firedSoFar++] as Composed['fired'][number];
      const account = accounts.get(updateSeq);
      if (!account) throw changedByAnother();
      events.push(describeFired(runOf(callback.runId), callback.dueMs, at, account));
      continue;
    }
    const { verdict, index } = happening;
    const { source, at } = arrivals[index] as Arrival;
    const { record } = source;
    const moment = momentOf(run, at);
    if (source.kind === 'reject') {
      events.push({ event: 'rejected', ...moment, record, reason: source.reason });
      continue;
    }
    const { id, version, accountType, tokens } = source.update;
    if (verdict.outcome === 'stale') {
      const { latest } = verdict;
      events.push({ event: 'stale', ...moment, record, id, version, latest, accountType, tokens });
    } else if (verdict.outcome === 'indexed') {
      const { dueMs, cancels } = verdict;
      events.push({ event: 'indexed', ...moment, record, id, version, accountType, tokens, dueMs });
      if (cancels) {
        events.push({
          event: 'cancelled',
          ...moment,
          callbackRunId: cancels.runId,
          id,
          version: cancels.version,
          supersededBy: version,
          skipped: false,
        });
      }
    } else if (verdict.outcome !== 'rejected') {
      events.push({ event: verdict.outcome, ...moment, record, id, version, accountType, tokens });
    }
  }
  return events;
}

function remember({ run, known, due, runOf }: Batch, { happened, latest, cleared }: Composed): void {
  const taken = new Set(due.map(({ seq }) => seq));
  const leave = (callback: Callback | null) => {
    if (!callback || !('seq' in callback.of)) return;
    const { seq } = callback.of;
    if (!taken.has(seq)) runOf(callback.runId).queue.remove(seq);
  };
  for (const happening of happened) {
    if (happening.kind === 'fired') leave(happening.callback);
    else if (happening.verdict.outcome === 'indexed') leave(happening.verdict.cancels);
  }
  for (const { id, version } of cleared) known.settled(id, version);
  for (const [id, { update, seq, waits, dataLength }] of latest) {
    known.remember(id, { latest: update.version, seq, waits });
    if (waits) run.queue.add(seq, waits.dueMs, dataLength ?? 0);
  }
}

function changedByAnother(): IngotError {
  return new IngotError(
    'internal',
    'An account in the database is not what Ingot left there: another program has changed it.',
    { hint: 'Start Ingot again. Let no other program write to its tables.' },
  );
}
