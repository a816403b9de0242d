import { randomBytes } from 'node:crypto';
import {
  type EntryLevel,
  LOG_LEVELS,
  type LogEntry,
  type LogLevel,
  type LogPage,
} from '../../src-shared/logs';

/** The latest lines of the log, for the window. Bounded in number and in size. */
export interface LogRing {
  write(line: string): void;
  /** Up to `limit` entries just after a position, or just before it; null: the latest. */
  after(seq: number, limit: number): LogSlice;
  before(seq: number | null, limit: number): LogSlice;
}

export type LogSlice = Omit<LogPage, 'level'>;

export interface LogRingLimits {
  readonly entries: number;
  /** Characters of all lines together. */
  readonly characters: number;
}

const LOG_RING_LIMITS: LogRingLimits = { entries: 5_000, characters: 8 * 1024 ** 2 };

/** Of a longer line only the sentence is shown; files have it whole. */
const LONGEST_LINE = 32 * 1024;

/** Lines are kept as they were written, and parsed only when they are read. */
export function createLogRing(limits: LogRingLimits = LOG_RING_LIMITS): LogRing {
  const life = randomBytes(6).toString('hex');
  const lines: (string | undefined)[] = new Array(limits.entries);
  let lastSeq = 0;
  let floorSeq = 0;
  let characters = 0;

  const forgetOldest = () => {
    floorSeq += 1;
    const slot = floorSeq % limits.entries;
    characters -= lines[slot]?.length ?? 0;
    lines[slot] = undefined;
  };
  /** The entries `first` to `last`, as far as they are still there. */
  const slice = (first: number, last: number): LogSlice => {
    const entries: LogEntry[] = [];
    for (let seq = Math.max(first, floorSeq + 1); seq <= last; seq += 1) {
      const line = lines[seq % limits.entries];
      if (line !== undefined) entries.push(toEntry(seq, line));
    }
    return { life, entries, lastSeq, floorSeq };
  };

  return {
    write(text) {
      const line = text.length > LONGEST_LINE ? shorten(text) : text;
      while (
        lastSeq - floorSeq >= limits.entries ||
        (floorSeq < lastSeq && characters + line.length > limits.characters)
      ) {
        forgetOldest();
      }
      lastSeq += 1;
      lines[lastSeq % limits.entries] = line;
      characters += line.length;
    },
    after: (seq, limit) => {
      const first = Math.max(seq, floorSeq) + 1;
      return slice(first, Math.min(lastSeq, first + limit - 1));
    },
    before: (seq, limit) => {
      const last = Math.min((seq ?? lastSeq + 1) - 1, lastSeq);
      return slice(last - limit + 1, last);
    },
  };
}

function toEntry(seq: number, line: string): LogEntry {
  const { level, time, component, msg, ...fields } = JSON.parse(line);
  return {
    seq,
    timeMs: Date.parse(time),
    level: isEntryLevel(level) ? level : 'info',
    component: typeof component === 'string' ? component : null,
    message: typeof msg === 'string' ? msg : '',
    fields: JSON.stringify(fields),
  };
}

const isEntryLevel = (level: LogLevel): level is EntryLevel =>
  LOG_LEVELS.includes(level) && level !== 'silent';

function shorten(line: string): string {
  const { level, time, component, msg } = JSON.parse(line);
  const message = String(msg).slice(0, 1_000);
  const leftOut = `${line.length} characters: too long to be shown here`;
  return JSON.stringify({ level, time, component, leftOut, msg: message });
}
