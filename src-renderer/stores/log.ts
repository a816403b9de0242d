import { countOf, groupDigits } from '../../src-shared/amounts';
import { connectionNews, gapNews } from '../../src-shared/connections';
import type { RunEvent, RunStatus } from '../../src-shared/events';
import type { FeedEvent, FeedFrame } from '../../src-shared/feed';
import type { Moment } from '../../src-shared/run-clock';
import { describeGoal } from '../../src-shared/run-goal';
import { TIMELINE_KINDS, type TimelineKind } from '../../src-shared/timeline';

import type { PastEvents } from '../../src-shared/views';
import { settledWords } from '../format/settled';
import type { TypeMemory } from './type-memory';

/** The feed's log, bounded: older events are in the history. */
export const LOG_CAPACITY = 10_000;
export const LOG_KINDS = TIMELINE_KINDS;
export type LogKind = TimelineKind;
/** Shown whatever the filter: the run's own news, and gaps. */
export type NewsKind = 'run' | 'end' | 'database' | 'notice' | 'gap';

export interface LogLine {
  /** Feed position, unique and ascending; a gap has that of its last missing event. */
  readonly seq: number;
  /** When it happened; null if it is not an event of a run. */
  readonly moment: Moment | null;
  /** When the host reported it. */
  readonly timeMs: number;
  readonly kind: LogKind | NewsKind;
  readonly id: string | null;
  readonly accountType: string | null;
  readonly version: string | null;
  readonly tokens: string | null;
  readonly detail: string;
  /** The version that superseded this one, or the latest one. */
  readonly otherVersion: string | null;
  /** A run starts here, at its first record. */
  readonly begins: boolean;
}

export interface Log {
  readonly lines: readonly LogLine[];
  /** Lines dropped at the front since the log began. */
  readonly dropped: number;
}

export const EMPTY_LOG: Log = { lines: [], dropped: 0 };

/** Appends the frames' events. A reset empties the log and says so in it. */
export function appendFrames(
  log: Log,
  frames: readonly FeedFrame[],
  types: TypeMemory,
  capacity = LOG_CAPACITY,
): Log {
  let lines: LogLine[] = [];
  let before: readonly LogLine[] = log.lines;
  let dropped = log.dropped;
  for (const frame of frames) {
    if (frame.kind === 'reset') {
      dropped += before.length + lines.length;
      before = [];
      lines = [];
      if (frame.reason === 'lagged') lines.push(gapLine(frame, LAGGED));
      continue;
    }
    for (const event of frame.events) {
      types.learn(event);
      if (event.event === 'retention' || saysNothingNew(event)) continue;
      const line = toLine(event, types);
      if (line.kind === 'run' && repeats(line, lines, before)) continue;
      lines.push(line);
    }
    if (frame.omitted > 0) {
      const text = `${groupDigits(frame.omitted)} more events came at once and are not listed here. They are all in the history.`;
      lines.push(gapLine(frame, text));
    }
  }
  if (lines.length === 0 && before === log.lines) return log;
  const all = before.length === 0 ? lines : before.concat(lines);
  const over = Math.max(0, all.length - capacity);
  return { lines: over > 0 ? all.slice(over) : all, dropped: dropped + over };
}

const LAGGED = 'This window fell behind. Events before this point are in the history.';

function gapLine({ lastSeq, status, stats: { timeMs } }: FeedFrame, detail: string): LogLine {
  const moment = status === null ? null : momentOf(status, timeMs);
  return { ...NOTHING, kind: 'gap', seq: lastSeq, moment, timeMs, detail };
}

/** The views say what retention removed. */
type LoggedEvent = Exclude<FeedEvent, { event: 'retention' }>;

function momentIn(event: LoggedEvent): Moment | null {
  if (event.event === 'run') return momentOf(event.status, event.timeMs);
  if (event.event === 'connection') return momentOf(event.status.run, event.timeMs);
  if (event.event === 'gap') return event.range.until;
  if (event.event === 'database' || event.event === 'notice') return null;
  const { runId, at, wallMs, startMs } = event;
  return { runId, at, wallMs, ...(startMs !== undefined && { startMs }) };
}

/** When a status was sent, in run time. */
const momentOf = ({ runId, at, simulated, startedAtMs }: RunStatus, timeMs: number): Moment =>
  simulated ? { runId, at, wallMs: null } : { runId, at, wallMs: timeMs, startMs: startedAtMs };

const NOTHING = {
  moment: null,
  id: null,
  accountType: null,
  version: null,
  tokens: null,
  detail: '',
  otherVersion: null,
  begins: false,
} as const;

function toLine(event: LoggedEvent, types: TypeMemory): LogLine {
  const base = { ...NOTHING, seq: event.seq, timeMs: event.timeMs, moment: momentIn(event) };
  switch (event.event) {
    case 'indexed':
      return {
        ...base,
        kind: 'indexed',
        id: event.id,
        accountType: event.accountType,
        version: event.version,
        tokens: event.tokens,
      };
    case 'stale':
      return {
        ...base,
        kind: 'stale',
        id: event.id,
        accountType: event.accountType,
        version: event.version,
        tokens: event.tokens,
        otherVersion: event.latest,
        detail: 'latest is',
      };
    case 'duplicate':
    case 'conflict':
      return {
        ...base,
        kind: event.event,
        id: event.id,
        accountType: event.accountType,
        version: event.version,
        tokens: event.tokens,
        detail: event.event === 'duplicate' ? 'same content as before' : 'other content: not taken',
      };
    case 'rejected':
      return { ...base, kind: 'rejected', detail: `record ${event.record}: ${event.reason}` };
    case 'cancelled':
      return {
        ...base,
        kind: 'cancelled',
        id: event.id,
        accountType: types.typeOf(event.id),
        version: event.version,
        otherVersion: event.supersededBy,
        detail: settledWords(howCancelled(event), 0),
      };
    case 'retracted':
      return { ...base, kind: 'notice', detail: retractedNews(event) };
    case 'fired':
      return {
        ...base,
        kind: 'fired',
        id: event.id,
        accountType: event.account.accountType,
        version: event.version,
        tokens: event.account.tokens,
        detail: settledWords(event.byHand ? 'fired by hand' : 'due', event.latenessMs),
      };
    case 'report':
      return { ...base, kind: 'notice', detail: 'No report: the database was lost.' };
    case 'summary':
      return {
        ...base,
        kind: 'notice',
        detail: 'The run was interrupted: its counts are those known until then.',
      };
    case 'run':
      return {
        ...base,
        kind: event.status.state === 'completed' ? 'end' : 'run',
        detail: runNews(event.status),
        begins: event.status.counts.records === 0,
      };
    case 'database':
      return { ...base, kind: 'database', detail: DATABASE_NEWS[event.change] };
    case 'connection':
      return { ...base, kind: 'notice', detail: connectionNews(event.status) };
    case 'gap':
      return { ...base, kind: 'gap', detail: gapNews(event.range) };
    case 'notice':
      return { ...base, kind: 'notice', detail: event.message };
  }
}

/** What the host had stored by an instant, as lines; the first says what may be missing. */
export function linesOfPast({ events, more, removed, rejects }: PastEvents): readonly LogLine[] {
  const detail = [
    `Read from the history: ${countOf(events.length, 'event')} before this moment${more ? '. Earlier ones are in History' : removed ? '. Earlier ones were removed by retention' : ''}.`,
    rejects
      ? 'Duplicates and conflicts are not stored.'
      : 'Duplicates and conflicts are not stored; the rejects are in Runs.',
  ].join(' ');
  const lines = events.map(
    (event, at): LogLine => ({
      seq: at + 1,
      moment: event.moment,
      timeMs: event.moment.wallMs ?? 0,
      kind: event.kind,
      id: event.id,
      accountType: event.accountType,
      version: event.version,
      tokens: event.tokens,
      detail:
        event.how === null
          ? (event.reason ?? (event.kind === 'stale' ? 'a newer version was there' : ''))
          : settledWords(event.how, event.latenessMs),
      otherVersion: event.supersededBy,
      begins: false,
    }),
  );
  return [{ ...NOTHING, seq: 0, timeMs: 0, kind: 'gap', detail }, ...lines];
}

function saysNothingNew(event: FeedEvent): boolean {
  // It comes every second while the holder works: the views show the changes.
  if (event.event === 'database') return event.change === 'seen';
  // The line of the completed run leads to the report.
  return (event.event === 'report' || event.event === 'summary') && event.complete;
}

/** A step, or another speed, changes nothing that a line says. */
function repeats({ detail }: LogLine, ...earlier: readonly (readonly LogLine[])[]): boolean {
  const isRun = ({ kind }: LogLine) => kind === 'run' || kind === 'end';
  return earlier.map((lines) => lines.findLast(isRun)).find(Boolean)?.detail === detail;
}

const retractedNews = ({ slot, accounts }: Extract<RunEvent, { event: 'retracted' }>) =>
  `Slot ${groupDigits(slot)} is dead: its updates are retracted, ${countOf(accounts, 'account')} fell back.`;

function howCancelled({ supersededBy, skipped, deadSlot }: Extract<RunEvent, { event: 'cancelled' }>) {
  if (supersededBy !== null) return 'newer version';
  if (deadSlot !== undefined) return 'dead slot';
  return skipped ? 'skipped' : 'cancelled by hand';
}

const RUN_NEWS = {
  running: 'Running',
  paused: 'Paused',
  draining: 'All records read; waiting for callbacks',
  completed: 'Completed',
  failed: 'Failed',
  stopped: 'Stopped',
  interrupted: 'Interrupted',
} as const;

function runNews(status: Extract<FeedEvent, { event: 'run' }>['status']): string {
  const { state, until, source } = status;
  const goal = until === null || state === 'paused' ? '' : ` until ${describeGoal(until, (id) => id)}`;
  const news = `${RUN_NEWS[state]}${goal}: ${source}`;
  return status.failure === null ? news : `${news}. ${status.failure}`;
}

const DATABASE_NEWS = {
  resetting: 'The database is being reset.',
  restoring: 'A backup is being restored.',
  reset: 'The database was reset.',
  restored: 'A backup was restored.',
  entering: 'Another space is being opened.',
  entered: 'Another space is open.',
  lost: 'The database cannot be reached.',
  reopened: 'The database is back.',
  trouble: 'The database cannot be opened.',
  seen: 'The Ingot that holds the database changed something in it.',
} as const;
