import type { ConnectionState, ConnectionStatus, CoverageRange } from '../../src-shared/connections';
import { IngotError } from '../../src-shared/errors';
import { clockAt, momentAt } from '../../src-shared/run-clock';
import type { EpochMs, U64Text } from '../../src-shared/update';
import type { KnownRun } from '../callbacks/known-run';
import type { Queryable } from '../database/database';
import type { ChainAccount } from '../ingestion/chain-account';
import type { LiveMessage, LiveSource } from '../ingestion/live/live-source';
import type { RecordSource, SourceRecord } from '../ingestion/record';
import { LIVE_IDENTITY } from '../ingestion/source-identity';
import type { Logger } from '../observability/logger';
import type { LiveCheckpoint } from '../storage/run-on-record';
import type { Clock } from '../time/clock';
import { type EarlierCoverage, trackCoverage } from './coverage';
import type { SlotDeaths } from './slot-deaths';
import { saveRange } from './sql/slot-coverage';

/** Makes a record of what the chain has. */
export type ToRecord = (account: ChainAccount, record: number) => SourceRecord;

/** What a connection says besides records, stored with the records before it. */
export interface Marks {
  /**
   * Within the transaction after which the run has so many records: what was said by then and before the next death of a slot, or with
   * that death.
   */
  save(tx: Queryable, records: number, withDeath: boolean): Promise<LiveCheckpoint>;
  readonly deaths: SlotDeaths;
  /** After that commit. */
  saved(): void;
  /** Calls `store` when there are marks and no records to store them with. */
  onWaiting(store: () => Promise<unknown>): void;
}

/** A live source as a source of records that does not end when its connection is lost. */
export interface LiveRecords extends RecordSource {
  readonly marks: Marks;
  figures(): Omit<ConnectionStatus, 'run' | 'connection'>;
}

export interface LiveRecordsDeps {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly run: KnownRun;
  readonly toRecord: ToRecord;
  readonly earlier: LiveCheckpoint | null;
  readonly coverage: EarlierCoverage;
  /** The state of the connection changed. */
  readonly changed: () => void;
  /** Gaps that are on record now. */
  readonly onGaps: (ranges: readonly CoverageRange[]) => void;
}

/** The first pause before connecting again, and the longest. Each is up to half shorter, by chance. */
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 30_000;
/** A connection that lasted so long has worked: the next pause is short again. */
const LASTED_MS = 10_000;
/** So long marks wait for records to be stored with. */
const MARKS_WAIT_MS = 250;
/** With so many marks in hand nothing more is read. */
const MOST_MARKS = 10_000;
/** The rate is that of the last seconds. */
const RATE_SECONDS = 5;

type Mark =
  | Extract<LiveMessage, { kind: 'slot' | 'covers' | 'gap' | 'position' }>
  | { readonly kind: 'skipped'; readonly what: string; readonly times: number }
  /** Updates of this slot came. */
  | { readonly kind: 'seen'; readonly slot: U64Text }
  | { readonly kind: 'lost'; readonly reason: string };

/** In hand, until everything before it is stored. */
interface WaitingMark {
  mark: Mark;
  /** Records of the run before it. */
  after: number;
  readonly at: number;
}

const NOTHING_YET: LiveCheckpoint = {
  position: null,
  nextSlot: null,
  slot: null,
  confirmedSlot: null,
  finalizedSlot: null,
  losses: 0,
  skipped: {},
};

/**
 * Connects, and again after each loss, from the last position that was stored:
 *
 *   connecting ──first message──▶ connected ──end of the source, stop──▶ ended
 *       ▲   └──────refused────┐      │ loss
 *       └───after a pause─── waiting ◀┘
 *
 * Records go on as those of any source; what else the source says is stored in the transaction of the records before it, or soon
 * by itself. So the position is never ahead of what is stored, and what lies between the two after a crash comes again.
 */
export function createLiveRecords(source: LiveSource, deps: LiveRecordsDeps): LiveRecords {
  const { clock, run } = deps;
  const stopping = new AbortController();
  const coverage = trackCoverage(deps.coverage);
  const rate = createRate(clock);
  let stored: LiveCheckpoint = deps.earlier ?? NOTHING_YET;
  /** What `stored` becomes with the commit. */
  let saving: LiveCheckpoint | null = null;
  let savingGaps: readonly CoverageRange[] = [];
  const waiting: WaitingMark[] = [];
  /** When messages were received after which the run has so many records: to know how long they wait. */
  const received: { readonly records: number; readonly atMs: EpochMs }[] = [];
  let records = run.counts.records;
  let state: ConnectionState = 'connecting';
  let retryAtMs: EpochMs | null = null;
  let lastLoss: string | null = null;
  let lastMessageAtMs: EpochMs | null = null;
  let headSlot: U64Text | null = null;
  let store: (() => Promise<unknown>) | null = null;
  let willStore = false;
  let toldPosition = stored.position;
  let isTelling = false;
  let wake = () => {};
  /** Why marks could not be stored. */
  const faults: unknown[] = [];

  const now = () => clockAt(run.clock, clock.now());
  const enter = (next: ConnectionState, retryAt: EpochMs | null = null) => {
    if (state === next) return;
    state = next;
    retryAtMs = retryAt;
    deps.changed();
  };
  const addMark = (mark: Mark) => {
    const last = waiting.at(-1);
    const together = last && joined(last.mark, mark);
    if (together) {
      last.mark = together;
      last.after = records;
    } else waiting.push({ mark, after: records, at: now() });
  };

  const take = (messages: readonly LiveMessage[]): readonly SourceRecord[] => {
    const taken: SourceRecord[] = [];
    for (const message of messages) {
      switch (message.kind) {
        case 'account':
          taken.push(deps.toRecord(message.account, records));
          records += 1;
          if (message.account.slot !== null) {
            headSlot = highest(headSlot, message.account.slot);
            addMark({ kind: 'seen', slot: message.account.slot });
          }
          break;
        case 'record':
          taken.push({ ...message.record, record: records });
          records += 1;
          break;
        case 'slot':
          if (message.status !== 'dead') headSlot = highest(headSlot, message.slot);
          if (message.status !== 'processed') addMark(message);
          break;
        case 'skipped':
          addMark({ ...message, times: 1 });
          break;
        default:
          addMark(message);
      }
    }
    const nowMs = clock.now();
    lastMessageAtMs = nowMs;
    if (taken.length > 0) {
      rate.add(taken.length);
      received.push({ records, atMs: nowMs });
    }
    return taken;
  };

  /** Stores marks whose records are stored already. */
  const storeSoon = () => {
    if (willStore || !store || waiting.length === 0) return;
    willStore = true;
    clock.setAlarm(clock.now() + MARKS_WAIT_MS, async () => {
      willStore = false;
      const first = waiting[0];
      if (!store || !first || stopping.signal.aborted) return;
      // Otherwise they go with the records before them.
      if (first.after > run.counts.records) return;
      await store().catch((cause: unknown) => {
        faults.push(cause);
        stopping.abort();
        wake();
      });
    });
  };

  const apply = (
    { mark, at }: WaitingMark,
    to: { -readonly [Key in keyof LiveCheckpoint]: LiveCheckpoint[Key] },
  ) => {
    switch (mark.kind) {
      case 'seen':
        to.slot = highest(to.slot, mark.slot);
        return coverage.through(BigInt(mark.slot) - 1n, at);
      case 'slot':
        if (mark.status === 'confirmed') to.confirmedSlot = highest(to.confirmedSlot, mark.slot);
        if (mark.status === 'finalized') to.finalizedSlot = highest(to.finalizedSlot, mark.slot);
        if (mark.status === 'dead') return;
        to.slot = highest(to.slot, mark.slot);
        return coverage.through(BigInt(mark.slot), at);
      case 'covers':
        return coverage.covers(mark.fromSlot, at);
      case 'gap':
        return coverage.gap(mark.fromSlot, mark.toSlot, mark.reason, at);
      case 'lost':
        to.losses += 1;
        return coverage.lost(mark.reason, at);
      case 'skipped':
        to.skipped = { ...to.skipped, [mark.what]: (to.skipped[mark.what] ?? 0) + mark.times };
        return;
      case 'position':
        to.position = mark.position;
    }
  };

  /** One position at a time, and the latest one next. Nothing waits for it: the sender may be slow, or never answer. */
  const tellSource = async () => {
    if (isTelling) return;
    isTelling = true;
    while (stored.position !== null && stored.position !== toldPosition) {
      toldPosition = stored.position;
      // The source finds out by itself that it cannot be told: it comes again then.
      await source
        .committed(toldPosition)
        .catch((error: unknown) => deps.logger.info({ err: error }, 'a position could not be acknowledged'));
    }
    isTelling = false;
  };

  /** Resolves once everything received is stored, or it is to stop. */
  const allStored = async () => {
    const isBehind = () => waiting.length > 0 || saving !== null || records > run.counts.records;
    while (!stopping.signal.aborted && isBehind()) {
      storeSoon();
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  };

  const lose = (error: unknown): EpochMs => {
    lastLoss = error instanceof IngotError ? error.message : 'The source ended in an unknown way.';
    deps.logger.info({ err: error, source: source.name }, 'the connection was lost');
    addMark({ kind: 'lost', reason: lastLoss });
    storeSoon();
    return clock.now();
  };

  async function* messages() {
    let pauseMs = FIRST_PAUSE_MS;
    for (;;) {
      enter('connecting');
      let connectedMs: EpochMs | null = null;
      // Of this connection alone: nothing of it outlives it.
      const ending = new AbortController();
      const end = () => ending.abort();
      stopping.signal.addEventListener('abort', end, { once: true });
      try {
        for await (const chunk of source.connect(stored.position, ending.signal)) {
          connectedMs ??= clock.now();
          enter('connected');
          const taken = take(chunk);
          storeSoon();
          yield taken;
          if (waiting.length > MOST_MARKS) await allStored();
          if (stopping.signal.aborted) break;
        }
        if (faults.length > 0) throw faults[0];
        return;
      } catch (error) {
        if (faults.length > 0) throw faults[0];
        if (stopping.signal.aborted) return;
        if (!isLoss(error)) throw error;
        const lostMs = lose(error);
        if (connectedMs !== null && lostMs - connectedMs >= LASTED_MS) pauseMs = FIRST_PAUSE_MS;
      } finally {
        stopping.signal.removeEventListener('abort', end);
        end();
      }
      const until = clock.now() + Math.ceil(pauseMs * (1 - Math.random() / 2));
      pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS);
      enter('waiting', until);
      await pause(clock, until, stopping.signal);
      // The source continues where that ends.
      await allStored();
      if (faults.length > 0) throw faults[0];
      if (stopping.signal.aborted) return;
    }
  }

  return {
    name: source.name,
    bytesTotal: null,
    format: 'ndjson',
    compression: 'none',
    reading: null,
    skipped: [],
    idls: [],
    fieldMap: 'canonical',
    notes: [],
    chunks: messages,
    // Its marks tell of them.
    onDeath: () => undefined,
    identify: async () => LIVE_IDENTITY,
    progress: () => ({ bytesRead: 0, byteOffset: 0, expectedRecords: null }),
    async close() {
      stopping.abort();
      wake();
      enter('ended');
    },
    marks: {
      deaths: {
        next() {
          for (const { mark, after } of waiting) if (isDeath(mark)) return { slot: mark.slot, after };
          return undefined;
        },
        due: () => undefined,
        // Saved with its transaction.
        retracted: () => undefined,
        stored: () => undefined,
      },
      async save(tx, until, withDeath) {
        const next = { ...stored };
        let taken = 0;
        let deaths = 0;
        for (const mark of waiting) {
          if (mark.after > until) break;
          if (isDeath(mark.mark)) deaths += 1;
          if (deaths > (withDeath ? 1 : 0)) break;
          apply(mark, next);
          taken += 1;
        }
        waiting.splice(0, taken);
        next.nextSlot = coverage.next();
        const ranges = coverage.takeChanged();
        savingGaps = ranges
          .filter(({ kind }) => kind === 'gap')
          .map(({ fromMs, toMs, ...range }) => ({
            runId: run.runId,
            ...range,
            since: momentAt(run.runId, run.clock, fromMs),
            until: momentAt(run.runId, run.clock, toMs),
          }));
        saving = next;
        for (const range of ranges) await saveRange(tx, run.runId, range);
        return next;
      },
      saved() {
        if (saving === null) return;
        stored = saving;
        saving = null;
        while (received[0] && received[0].records <= run.counts.records) received.shift();
        if (savingGaps.length > 0) deps.onGaps(savingGaps);
        savingGaps = [];
        void tellSource();
        wake();
        storeSoon();
      },
      onWaiting(to) {
        store = to;
      },
    },
    figures: () => ({
      state,
      retryAtMs,
      losses: stored.losses,
      lastLoss,
      updatesPerSecond: rate.perSecond(),
      lastMessageAtMs,
      slot: stored.slot,
      headSlot: highest(headSlot, stored.slot ?? headSlot),
      confirmedSlot: stored.confirmedSlot,
      finalizedSlot: stored.finalizedSlot,
      lagMs: received[0] ? clock.now() - received[0].atMs : 0,
      gaps: coverage.gaps(),
      skipped: stored.skipped,
    }),
  };
}

const isDeath = (mark: Mark): mark is Extract<Mark, { kind: 'slot' }> =>
  mark.kind === 'slot' && mark.status === 'dead';

/** One mark in the place of two; null: both are needed. */
function joined(first: Mark, second: Mark): Mark | null {
  if (first.kind === 'seen' && second.kind === 'seen') {
    return { kind: 'seen', slot: highest(first.slot, second.slot) };
  }
  if (first.kind === 'skipped' && second.kind === 'skipped' && first.what === second.what) {
    return { ...first, times: first.times + second.times };
  }
  return first.kind === 'position' && second.kind === 'position' ? second : null;
}

function highest<Other extends U64Text | null>(first: U64Text | null, second: Other): U64Text | Other {
  return first !== null && (second === null || BigInt(first) > BigInt(second)) ? first : second;
}

/** Whether connecting again may help. */
const isLoss = (error: unknown) => error instanceof IngotError && error.code === 'source_broken';

function pause(clock: Clock, until: EpochMs, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const done = () => {
      alarm.clear();
      signal.removeEventListener('abort', done);
      resolve();
    };
    const alarm = clock.setAlarm(until, done);
    signal.addEventListener('abort', done, { once: true });
  });
}

/** Counts by the second. */
function createRate(clock: Clock) {
  const counts = new Map<number, number>();
  const second = () => Math.floor(clock.now() / 1_000);
  return {
    add(count: number) {
      const at = second();
      counts.set(at, (counts.get(at) ?? 0) + count);
      for (const old of counts.keys()) if (old < at - RATE_SECONDS) counts.delete(old);
    },
    /** Of the last whole seconds. */
    perSecond() {
      const at = second();
      let sum = 0;
      for (const [of, count] of counts) if (of < at && of >= at - RATE_SECONDS) sum += count;
      return sum / RATE_SECONDS;
    },
  };
}
