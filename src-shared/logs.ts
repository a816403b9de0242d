import { z } from 'zod';
import type { EpochMs, JsonText } from './update';

/** From everything to nothing. */
export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];
/** The levels that an entry can have. */
export type EntryLevel = Exclude<LogLevel, 'silent'>;
export const logLevelSchema = z.enum(LOG_LEVELS);

/** One entry of the log. */
export interface LogEntry {
  /** Counts from 1 without gaps for as long as the host lives. */
  readonly seq: number;
  readonly timeMs: EpochMs;
  readonly level: EntryLevel;
  /** The room that it comes from: `engine`, `database`, ...; null if it does not say. */
  readonly component: string | null;
  readonly message: string;
  /** Everything else that it says, one JSON object: ids of run, record, account and trace, an error, counts. */
  readonly fields: JsonText;
}

/** A page of the latest entries that the host keeps, in their order. */
export const logsQuerySchema = z.strictObject({
  /** The entries just after this position, or those just before it; `before` null: the latest. */
  from: z.discriminatedUnion('side', [
    z.strictObject({ side: z.literal('after'), seq: z.int().min(0) }),
    z.strictObject({ side: z.literal('before'), seq: z.int().min(1).nullable() }),
  ]),
  limit: z.int().min(1).max(500),
});

export interface LogPage {
  /** Another one: the host began anew, and so did its numbers. */
  readonly life: string;
  readonly entries: readonly LogEntry[];
  /** The last entry that there is; 0 before the first. */
  readonly lastSeq: number;
  /** Everything after this number is still there. */
  readonly floorSeq: number;
  /** What is kept now: entries of this level and above. */
  readonly level: LogLevel;
}

/** Where the log is kept, and how much of it. */
export interface LogsInfo {
  /** Entries of this level and above are kept, in files and for the window. Until the program ends. */
  readonly level: LogLevel;
  /** Null: no files are written; `problem` says why, if they should be. */
  readonly directory: string | null;
  readonly problem: string | null;
  /** At most so many files of so many bytes. */
  readonly maxFiles: number;
  readonly maxFileBytes: number;
}
