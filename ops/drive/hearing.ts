import type { RunCounts, RunStatus } from '../../src-shared/events';
import type { FeedEvent, FeedFrame } from '../../src-shared/feed';
import { OUTCOMES, type Outcome, type TypeLeaders } from '../../src-shared/update';
import { createLatencies, type Percentiles } from './figures';
import type { Schedule } from './schedule';
import { parseLine } from './transcript';
import type { Workload } from './workload';

export type Settlement = 'fired' | 'cancelled';

/** An event from a shell; `at` is run time in milliseconds. */
export interface SaidOutcome {
  readonly outcome: Outcome;
  readonly at: number;
  readonly record: number;
  /** Null if the record has none. */
  readonly id: string | null;
  readonly version: string | null;
}

export interface SaidSettlement {
  readonly settlement: Settlement;
  readonly at: number;
  readonly id: string;
  readonly version: string;
  readonly supersededBy: string | null;
}

/** An account named in the report. */
export interface SaidLeader {
  readonly accountType: string;
  readonly id: string;
  readonly tokens: string;
  readonly version: string;
}

export const leadersOf = (types: readonly TypeLeaders[]): readonly SaidLeader[] =>
  types.flatMap(({ accountType, tokens, leaders }) =>
    leaders.map(({ id, version }) => ({ accountType, id, tokens, version })),
  );

/**
 * Receives the program's output with its times: checks what can be checked at once, measures, and keeps only two bytes per record
 * and the pending callbacks.
 */
export interface Hearing {
  /** From now on there are instants to measure from. */
  begin(schedule: Schedule): void;
  outcome(said: SaidOutcome, heardMs: number): void;
  settled(said: SaidSettlement, heardMs: number): void;
  /** The first `records` are committed: for a shell that omits events. */
  committed(records: number, heardMs: number): void;
  leaders(leaders: readonly SaidLeader[]): void;
  summary(counts: RunCounts): void;
  leftOut(events: number): void;
  /** Resolves when the first `records` are answered. */
  untilAnswered(records: number): Promise<void>;
  readonly answered: number;
  /** When the last answer arrived, by the stopwatch. */
  readonly lastAnswerMs: number;
  read(): Heard;
}

export interface Heard {
  /** Whether every event is reported; if not, the omitted ones show only in the database. */
  readonly complete: boolean;
  outcome(record: number): Outcome | null;
  settlement(record: number): Settlement | null;
  /** By `id version`: callbacks of updates whose own event was omitted. */
  readonly settledElse: ReadonlyMap<string, Settlement>;
  readonly breaches: readonly string[];
  readonly saidLeaders: readonly SaidLeader[] | null;
  readonly saidCounts: RunCounts | null;
  readonly events: number;
  readonly eventsLeftOut: number;
  readonly figures: HeardFigures;
}

export interface HeardFigures {
  /** From the intended arrival of an update until its outcome, which follows its commit, was received. */
  readonly answer: Percentiles;
  /** From due to claimed, both by the program's clock. */
  readonly lateness: Percentiles;
  /** From the intended arrival plus the callback's time until its firing was received. */
  readonly firedHeard: Percentiles;
}

interface Waiting {
  readonly version: string;
  readonly record: number;
  readonly dueAt: number;
}

/** Both sides use whole milliseconds, the program's rounded down. */
const COARSENESS_MS = 1;
const SETTLEMENTS = ['fired', 'cancelled'] as const;

export function createHearing(workload: Workload, { complete }: { readonly complete: boolean }): Hearing {
  const outcomes = new Uint8Array(workload.records);
  const settlements = new Uint8Array(workload.records);
  const settledElse = new Map<string, Settlement>();
  const waiting = new Map<string, readonly Waiting[]>();
  const breaches = createBreaches();
  const answer = createLatencies();
  const lateness = createLatencies();
  const firedHeard = createLatencies();
  const waiters = new Set<{ readonly records: number; readonly resolve: () => void }>();
  let schedule: Schedule | null = null;
  let answered = 0;
  let lastAnswerMs = 0;
  let events = 0;
  let eventsLeftOut = 0;
  let saidLeaders: readonly SaidLeader[] | null = null;
  let saidCounts: RunCounts | null = null;

  const noteAnswer = (record: number, heardMs: number) => {
    answered += 1;
    lastAnswerMs = heardMs;
    if (schedule && record >= schedule.measuredFrom) answer.record(heardMs - schedule.intendedMs(record));
    for (const waiter of waiters) {
      if (answered < waiter.records) continue;
      waiters.delete(waiter);
      waiter.resolve();
    }
  };

  const wait = ({ id, version, record, at }: SaidOutcome) => {
    if (id === null || version === null) return breaches.add(`record ${record} was indexed without a name`);
    const one = { version, record, dueAt: at + workload.callbackTimeMs(record) };
    // If events are omitted, the one that would end the wait may be too.
    waiting.set(id, complete ? [...(waiting.get(id) ?? []), one] : [one]);
  };

  const endWait = (id: string, version: string): Waiting | undefined => {
    const all = waiting.get(id) ?? [];
    const found = all.find((one) => one.version === version);
    const left = all.filter((one) => one !== found);
    if (left.length > 0) waiting.set(id, left);
    else waiting.delete(id);
    return found;
  };

  const checkFired = (key: string, { record, dueAt }: Waiting, at: number, heardMs: number) => {
    if (at < dueAt) breaches.add(`${key} fired ${dueAt - at} ms before it was due`);
    if (!schedule || record === 0) return;
    const sinceIntendedMs = heardMs - schedule.intendedMs(record) - workload.callbackTimeMs(record);
    if (sinceIntendedMs < -COARSENESS_MS)
      breaches.add(`${key} was heard to fire ${-sinceIntendedMs} ms before it can have been due`);
    if (record < schedule.measuredFrom) return;
    lateness.record(at - dueAt);
    firedHeard.record(sinceIntendedMs);
  };

  return {
    begin(begun) {
      schedule = begun;
    },
    outcome(said, heardMs) {
      events += 1;
      const { record, outcome } = said;
      if (record >= workload.records) return breaches.add(`record ${record} was said, and never sent`);
      if (outcomes[record] !== 0) return breaches.add(`record ${record} was said twice`);
      outcomes[record] = OUTCOMES.indexOf(outcome) + 1;
      if (outcome === 'indexed') wait(said);
      if (complete) noteAnswer(record, heardMs);
    },
    settled({ settlement, at, id, version, supersededBy }, heardMs) {
      events += 1;
      const key = `${id} ${version}`;
      const found = endWait(id, version);
      if (!found) {
        if (complete || settledElse.has(key))
          breaches.add(`${key} was said to have ${settlement}, and did not wait`);
        settledElse.set(key, settlement);
        return;
      }
      settlements[found.record] = SETTLEMENTS.indexOf(settlement) + 1;
      if (settlement === 'fired') return checkFired(key, found, at, heardMs);
      if (at >= found.dueAt) breaches.add(`${key} was cancelled after it was due`);
      if (supersededBy === null || BigInt(supersededBy) <= BigInt(version))
        breaches.add(`${key} was cancelled by no newer version`);
    },
    committed(records, heardMs) {
      while (answered < records) noteAnswer(answered, heardMs);
    },
    leaders(leaders) {
      saidLeaders = leaders;
    },
    summary(counts) {
      saidCounts = counts;
    },
    leftOut(count) {
      eventsLeftOut += count;
    },
    untilAnswered: (records) =>
      new Promise((resolve) => {
        if (answered >= records) resolve();
        else waiters.add({ records, resolve });
      }),
    get answered() {
      return answered;
    },
    get lastAnswerMs() {
      return lastAnswerMs;
    },
    read: () => ({
      complete,
      outcome: (record) => OUTCOMES[(outcomes[record] ?? 0) - 1] ?? null,
      settlement: (record) => SETTLEMENTS[(settlements[record] ?? 0) - 1] ?? null,
      settledElse,
      breaches: breaches.list(),
      saidLeaders,
      saidCounts,
      events,
      eventsLeftOut,
      figures: { answer: answer.read(), lateness: lateness.read(), firedHeard: firedHeard.read() },
    }),
  };
}

/** One line of `ingest --json`. */
export function hearLine(hearing: Hearing, line: string, heardMs: number): void {
  const said = parseLine(line);
  switch (said.event) {
    case 'report':
      hearing.leaders(said.leaders);
      break;
    case 'summary': {
      const { event: _, ...counts } = said;
      hearing.summary(counts);
      break;
    }
    case 'fired':
    case 'cancelled':
      hearing.settled({ ...said, settlement: said.event }, heardMs);
      break;
    default:
      hearing.outcome({ ...said, outcome: said.event }, heardMs);
  }
}

/** The feed's frames. A full frame omits events, but each has the counts. */
export function hearFrames(hearing: Hearing, onEnd: (status: RunStatus) => void) {
  let seq: number | null = null;
  return (frame: FeedFrame, heardMs: number) => {
    const events = frame.kind === 'events' ? frame.events : [];
    for (const event of events) hearEvent(hearing, event, heardMs);
    if (seq !== null) hearing.leftOut(frame.lastSeq - seq - events.length);
    seq = frame.lastSeq;
    const { status } = frame;
    if (!status) return;
    hearing.committed(status.counts.records, heardMs);
    if (status.endedAtMs !== null) onEnd(status);
  };
}

function hearEvent(hearing: Hearing, event: FeedEvent, heardMs: number): void {
  switch (event.event) {
    case 'fired':
      hearing.settled({ ...event, settlement: 'fired', supersededBy: null }, heardMs);
      break;
    case 'cancelled':
      hearing.settled({ ...event, settlement: 'cancelled' }, heardMs);
      break;
    case 'report':
      hearing.leaders(leadersOf(event.types));
      break;
    case 'summary':
      hearing.summary(event.counts);
      break;
    case 'retracted':
    case 'run':
    case 'database':
    case 'connection':
    case 'gap':
    case 'retention':
    case 'notice':
      break;
    case 'rejected':
      hearing.outcome({ ...event, outcome: 'rejected', id: null, version: null }, heardMs);
      break;
    default:
      hearing.outcome({ ...event, outcome: event.event }, heardMs);
  }
}

/** Enough to see what is wrong: one fault may cause a hundred thousand more. */
const MOST_KEPT = 50;

/** Violations in sentences: the first ones, and their number. */
export interface Breaches {
  add(text: string): void;
  addAll(texts: Iterable<string>): void;
  list(): readonly string[];
}

export function createBreaches(): Breaches {
  const kept: string[] = [];
  let count = 0;
  const add = (text: string) => {
    count += 1;
    if (kept.length < MOST_KEPT) kept.push(text);
  };
  return {
    add,
    addAll(texts) {
      for (const text of texts) add(text);
    },
    list: () => (count > kept.length ? [...kept, `and ${count - kept.length} more`] : [...kept]),
  };
}
