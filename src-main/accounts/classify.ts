import { addMs } from '../../src-shared/run-clock';
import {
  compareVersions,
  slotOf,
  type U64Text,
  type Update,
  type VersionText,
} from '../../src-shared/update';
import type { NumberedRecord } from '../ingestion/record';

/** An account before the batch. */
export interface KnownAccount {
  readonly latest: VersionText;
  /** Number of the update that made it the latest. */
  readonly seq: bigint;
  /** Its pending callback. */
  readonly waits: Waits | null;
}

/** The run on whose clock a callback is due, and when. */
export interface Waits {
  readonly runId: string;
  readonly dueMs: number;
}

/** The callback of one update. */
export interface Callback extends Waits {
  readonly id: string;
  readonly version: VersionText;
  /** Its update, by number in the history or by index in the batch. */
  readonly of: { readonly seq: bigint } | { readonly index: number };
}

/** A record with its arrival in run time. */
export interface Arrival<Of = NumberedRecord> {
  readonly source: Of;
  readonly at: number;
}

/** How an update compares with a stored one of the same id and version. */
export type Resemblance = 'same' | 'different' | 'unseen';

export interface BatchFacts {
  readonly runId: string;
  /** Arrival of the record before the batch; everything due by then has fired. Less than any instant if there was none. */
  readonly previousAt: number;
  readonly known: ReadonlyMap<string, KnownAccount>;
  /** This run's callbacks from earlier batches that are due by the last arrival and have not fired, by due time. */
  readonly due: readonly Callback[];
  /** False while all callbacks are paused: then a due one is cancelled too, since it was not claimed. */
  readonly fires: boolean;
  readonly isDead: (slot: U64Text) => boolean;
  /** Called only for updates at or below the account's latest version before the batch, and for those of dead slots. */
  readonly resembles: (index: number) => Resemblance;
  /** Called only for two updates of the batch with the same id and version: is their content the same? */
  readonly sameInBatch: (first: number, second: number) => boolean;
}

export type Verdict =
  | { readonly outcome: 'indexed'; readonly dueMs: number; readonly cancels: Callback | null }
  | { readonly outcome: 'stale'; readonly latest: VersionText | null }
  | { readonly outcome: 'duplicate' | 'conflict' | 'rejected' };

export type Happening =
  | { readonly kind: 'arrived'; readonly index: number; readonly verdict: Verdict }
  | { readonly kind: 'fired'; readonly callback: Callback };

/**
 * Rules 2 to 6 and 10 of "The law" in docs/architecture.md, for the records of one run in order of arrival. Before each new instant,
 * everything of the run that is due by then fires at its due time. Records of one instant arrive together; a newer version
 * cancels an older one's callback only after a callback that is already due has fired. Pure: the result does not depend on how a
 * stream is cut into batches.
 */
export function classifyBatch(arrivals: readonly Arrival[], facts: BatchFacts): readonly Happening[] {
  const happened: Happening[] = [];
  const firstByKey = new Map<string, number>();
  const current = new Map<string, { readonly latest: VersionText; readonly callback: Callback | null }>();
  const agenda = [...facts.due];
  const lastAt = arrivals.at(-1)?.at ?? 0;

  const stateOf = (id: string) => {
    const state = current.get(id);
    if (state) return state;
    const known = facts.known.get(id);
    return known && { latest: known.latest, callback: callbackOf(id, known) };
  };
  const fire = (callback: Callback) => {
    happened.push({ kind: 'fired', callback });
    current.set(callback.id, { latest: callback.version, callback: null });
  };
  const fireUntil = (at: number) => {
    for (let first = agenda[0]; first && first.dueMs <= at; first = agenda[0]) {
      agenda.shift();
      if (stateOf(first.id)?.callback?.version === first.version) fire(first);
    }
  };
  const schedule = (callback: Callback) => {
    if (!facts.fires || callback.dueMs > lastAt) return;
    const place = agenda.findLastIndex(({ dueMs }) => dueMs <= callback.dueMs);
    agenda.splice(place + 1, 0, callback);
  };

  const judge = (update: Update, at: number, index: number): Verdict => {
    const { id, version } = update;
    const key = accountKey(id, version);
    const first = firstByKey.get(key);
    if (first !== undefined) {
      return { outcome: facts.sameInBatch(first, index) ? 'duplicate' : 'conflict' };
    }
    const before = facts.known.get(id);
    const isDead = facts.isDead(slotOf(version));
    if (isDead || (before && compareVersions(version, before.latest) <= 0)) {
      const resemblance = facts.resembles(index);
      if (resemblance !== 'unseen') return { outcome: resemblance === 'same' ? 'duplicate' : 'conflict' };
    }
    firstByKey.set(key, index);

    const account = stateOf(id);
    if (isDead || (account && compareVersions(version, account.latest) < 0)) {
      return { outcome: 'stale', latest: account?.latest ?? null };
    }
    let older = account?.callback ?? null;
    if (older && facts.fires && older.runId === facts.runId && older.dueMs <= at) {
      fire(older);
      older = null;
    }
    const dueMs = addMs(at, update.callbackTimeMs);
    const callback: Callback = { id, version, runId: facts.runId, dueMs, of: { index } };
    current.set(id, { latest: version, callback });
    schedule(callback);
    return { outcome: 'indexed', dueMs, cancels: older };
  };

  let instant = facts.previousAt;
  arrivals.forEach(({ source, at }, index) => {
    if (at > instant) fireUntil(at);
    instant = at;
    const verdict: Verdict =
      source.kind === 'reject' ? { outcome: 'rejected' } : judge(source.update, at, index);
    happened.push({ kind: 'arrived', index, verdict });
  });
  return happened;
}

const callbackOf = (id: string, { latest, seq, waits }: KnownAccount): Callback | null =>
  waits && { id, version: latest, ...waits, of: { seq } };

/** One text for an account's version, as a map key. */
export const accountKey = (id: string, version: VersionText): string => `${id}\u0000${version}`;
