import type { FeedEvent, FeedFrame } from '../../src-shared/feed';
import { TIMELINE_KINDS, type TimelineKind } from '../../src-shared/timeline';
import { groupDigits } from '../format/integers';
import type { TypeMemory } from './type-memory';

/** The log as the feed tells it, bounded: what is older is in the history. */
export const LOG_CAPACITY = 10_000;
export const LOG_KINDS = TIMELINE_KINDS;
export type LogKind = TimelineKind;
/** What is always shown, whatever the filter: the run's own news, and where events are missing. */
export type NewsKind = 'run' | 'report' | 'summary' | 'database' | 'notice' | 'gap';

export interface LogLine {
  /** Feed position; a gap has that of the last event left out. Unique and ascending. */
  readonly seq: number;
  /** When it happened, as the tables show it. */
  readonly timeMs: number;
  /** Milliseconds of the run's clock; null for what is no event of a run. */
  readonly at: number | null;
  readonly kind: LogKind | NewsKind;
  readonly id: string | null;
  readonly accountType: string | null;
  readonly version: string | null;
  readonly tokens: string | null;
  readonly detail: string;
  /** The version that this one is about: what superseded it, or what is the latest. */
  readonly otherVersion: string | null;
}

export interface Log {
  readonly lines: readonly LogLine[];
  /** Lines that have gone out of the front since the log began. */
  readonly dropped: number;
}

export const EMPTY_LOG: Log = { lines: [], dropped: 0 };

/** Appends what the frames bring; a reset empties the log and says so in it. */
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
      if (frame.reason === 'lagged') lines.push(newsLine('gap', frame.lastSeq, frame.stats.timeMs, LAGGED));
      continue;
    }
    for (const event of frame.events) {
      types.learn(event);
      // Every second while the holder is at work: the views show what it was.
      if (event.event === 'database' && event.change === 'seen') continue;
      lines.push(toLine(event, types));
    }
    if (frame.omitted > 0) {
      const text = `${groupDigits(frame.omitted)} more events came at once and are not listed here. They are all in the history.`;
      lines.push(newsLine('gap', frame.lastSeq, frame.stats.timeMs, text));
    }
  }
  if (lines.length === 0 && before === log.lines) return log;
  const all = before.length === 0 ? lines : before.concat(lines);
  const over = Math.max(0, all.length - capacity);
  return { lines: over > 0 ? all.slice(over) : all, dropped: dropped + over };
}

const LAGGED = 'This window fell behind. Events before this point are in the history.';

function newsLine(kind: NewsKind, seq: number, timeMs: number, detail: string): LogLine {
  return { ...NOTHING, kind, seq, timeMs, detail };
}

const NOTHING = {
  at: null,
  id: null,
  accountType: null,
  version: null,
  tokens: null,
  detail: '',
  otherVersion: null,
} as const;

function toLine(event: FeedEvent, types: TypeMemory): LogLine {
  const base = { ...NOTHING, seq: event.seq, timeMs: event.atMs };
  switch (event.event) {
    case 'indexed':
      return {
        ...base,
        at: event.at,
        kind: 'indexed',
        id: event.id,
        accountType: event.accountType,
        version: event.version,
        tokens: event.tokens,
      };
    case 'stale':
      return {
        ...base,
        at: event.at,
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
        at: event.at,
        kind: event.event,
        id: event.id,
        accountType: event.accountType,
        version: event.version,
        tokens: event.tokens,
        detail: event.event === 'duplicate' ? 'same content as before' : 'other content: not taken',
      };
    case 'rejected':
      return { ...base, at: event.at, kind: 'rejected', detail: `record ${event.record}: ${event.reason}` };
    case 'cancelled':
      return {
        ...base,
        at: event.at,
        kind: 'cancelled',
        id: event.id,
        accountType: types.typeOf(event.id),
        version: event.version,
        otherVersion: event.supersededBy,
        detail: event.supersededBy === null ? 'by hand' : 'superseded by',
      };
    case 'fired':
      return {
        ...base,
        at: event.at,
        kind: 'fired',
        id: event.id,
        accountType: event.account.accountType,
        version: event.version,
        tokens: event.account.tokens,
        detail: firedDetail(event),
      };
    case 'report':
      return {
        ...base,
        at: event.at,
        kind: 'report',
        detail: event.complete ? 'The report is made.' : NO_REPORT,
      };
    case 'summary':
      return {
        ...base,
        at: event.at,
        kind: 'summary',
        detail: event.complete
          ? 'The run has ended.'
          : 'The run was cut off: its counts are those known until then.',
      };
    case 'run':
      return { ...base, at: event.status.at, kind: 'run', detail: runNews(event.status) };
    case 'database':
      return { ...base, kind: 'database', detail: DATABASE_NEWS[event.change] };
    case 'notice':
      return { ...base, kind: 'notice', detail: event.message };
  }
}

function firedDetail({ byHand, late, latenessMs }: Extract<FeedEvent, { event: 'fired' }>): string {
  if (byHand) return 'by hand';
  if (late) return 'was overdue when Ingot started';
  const whole = Math.round(latenessMs);
  return whole < 1 ? 'on time' : `${whole} ms late`;
}

const NO_REPORT = 'No report: the database was lost.';

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
  const news = `${RUN_NEWS[status.state]}: ${status.source}`;
  return status.failure === null ? news : `${news}. ${status.failure}`;
}

const DATABASE_NEWS = {
  resetting: 'The database is being reset.',
  restoring: 'A backup is being restored.',
  reset: 'The database was reset.',
  restored: 'A backup was restored.',
  lost: 'The database cannot be reached.',
  reopened: 'The database is back.',
  trouble: 'The database cannot be opened.',
  seen: 'The Ingot that holds the database changed something in it.',
} as const;
