import type { EpochMs, Update } from '../../src-shared/update';
import type { Queryable } from '../database/database';
import { type Classified, classifyBatch, type KnownAccount, type Resemblance } from './classify';
import type { KnownAccounts } from './known-accounts';
import { compareJson } from './sql/compare-json';
import { findKeptUpdates } from './sql/find-kept-updates';
import { accountKey } from './sql/read-kept-accounts';
import { reserveSequence } from './sql/reserve-sequence';
import { compareU64 } from './u64';

export interface NumberedUpdate {
  /** Its index in the source. */
  readonly record: number;
  readonly update: Update;
}

/** What of a batch decides the outcome of its updates. */
export interface JudgedBatch {
  readonly known: KnownAccounts;
  /** When it arrived, by the wall clock. */
  readonly arrivalMs: EpochMs;
  readonly dueAtMs: (callbackTimeMs: number) => EpochMs;
  readonly firingHeld: boolean;
}

export interface Judged {
  /** One for each update, ascending: those that are not stored leave a gap. */
  readonly numbers: readonly string[];
  /** What is known of the batch's accounts from before. */
  readonly known: ReadonlyMap<string, KnownAccount>;
  readonly classified: readonly Classified[];
}

export async function judge(
  tx: Queryable,
  batch: JudgedBatch,
  numbered: readonly NumberedUpdate[],
): Promise<Judged> {
  if (numbered.length === 0) return { numbers: [], known: new Map(), classified: [] };
  const updates = numbered.map(({ update }) => update);
  const [numbers, known] = await Promise.all([
    reserveSequence(tx, updates.length),
    batch.known.find(tx, [...new Set(updates.map(({ id }) => id))]),
  ]);
  // The second looks through the batch while the database is at the first.
  const [resembles, sameInBatch] = await Promise.all([
    findResemblances(tx, updates, known),
    compareRepeats(tx, updates),
  ]);
  const classified = classifyBatch(updates, {
    arrivalMs: batch.arrivalMs,
    known,
    resembles: (index) => resembles.get(index) ?? 'unseen',
    sameInBatch: (first, second) => sameInBatch.has(`${first} ${second}`),
    dueAtMs: batch.dueAtMs,
    firingHeld: batch.firingHeld,
  });
  return { numbers, known, classified };
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
