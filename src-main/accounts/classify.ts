import { addMs } from '../../src-shared/run-clock';
import { compareVersions, type Update, type VersionText } from '../../src-shared/update';
import type { SourceRecord } from '../ingestion/record';

/** What is known of an account before the batch. */
export interface KnownAccount {
  readonly latest: VersionText;
  /** Number of the update that made it the latest. */
  readonly seq: bigint;
  /** Its callback, while it waits. */
  readonly waits: Waits | null;
}

/** A callback that waits: on the clock of which run it is due, and when. */
export interface Waits {
  readonly runId: string;
  readonly dueMs: number;
}

/** The callback of one update. */
export interface Callback extends Waits {
  readonly id: string;
  readonly version: VersionText;
  /** Its update: by its number in the history, or by its index in the batch. */
  readonly of: { readonly seq: bigint } | { readonly index: number };
}

/** A record and when it arrives, on the run's clock. */
export interface Arrival {
  readonly source: SourceRecord;
  readonly at: number;
}

/** How an update compares with one of the same id and version that is kept already. */
export type Resemblance = 'same' | 'different' | 'unseen';

export interface BatchFacts {
  readonly runId: string;
  /** When the record before the batch arrived; what was due by then has fired. Less than any instant if there was none. */
  readonly previousAt: number;
  readonly known: ReadonlyMap<string, KnownAccount>;
  /** This run's callbacks of earlier batches that are due by the last arrival and have not fired, in order of due time. */
  readonly due: readonly Callback[];
  /** False while all callbacks are paused: one that is due is cancelled all the same, since it was not claimed. */
  readonly fires: boolean;
  /** Asked only for updates at or below the latest version that was known before the batch. */
  readonly resembles: (index: number) => Resemblance;
  /** Asked only for two updates of the batch with the same id and version: is their content the same? */
  readonly sameInBatch: (first: number, second: number) => boolean;
}

export type Verdict =
  | { readonly outcome: 'indexed'; readonly dueMs: number; readonly cancels: Callback | null }
  | { readonly outcome: 'stale'; readonly latest: VersionText }
  | { readonly outcome: 'duplicate' | 'conflict' | 'rejected' };

/** What happens while the batch arrives. */
export type Happening =
  | { readonly kind: 'arrived'; readonly index: number; readonly verdict: Verdict }
  | { readonly kind: 'fired'; readonly callback: Callback };

/**
 * The law (docs/architecture.md, "The law", rules 2 to 6) for the records of one run, in order of arrival. Before each
 * new instant everything of the run that is due by then fires, at its due time; records of one instant arrive together, and
 * of those a newer version lets an older one's callback fire first that is due already. Pure: it gives the same however a
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
    if (before && compareVersions(version, before.latest) <= 0) {
      const resemblance = facts.resembles(index);
      if (resemblance !== 'unseen') return { outcome: resemblance === 'same' ? 'duplicate' : 'conflict' };
    }
    firstByKey.set(key, index);

    const account = stateOf(id);
    if (account && compareVersions(version, account.latest) < 0) {
      return { outcome: 'stale', latest: account.latest };
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

/** One text for an account's version, as a key of maps. */
export const accountKey = (id: string, version: VersionText): string => `${id}\u0000${version}`;
