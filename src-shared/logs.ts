import { z } from 'zod';
import type { EpochMs, JsonText } from './update';

export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];
export type EntryLevel = Exclude<LogLevel, 'silent'>;
export const logLevelSchema = z.enum(LOG_LEVELS);

export interface LogEntry {
  /** From 1 without gaps while the host lives. */
  readonly seq: number;
  readonly timeMs: EpochMs;
  readonly level: EntryLevel;
  /** The part of the program it comes from, such as `engine`; null if not stated. */
  readonly component: string | null;
  readonly message: string;
  /** All other fields as one JSON object: ids of run, record, account and trace, an error, counts. */
  readonly fields: JsonText;
}

/** A page of the entries that the host keeps, oldest first. */
export const logsQuerySchema = z.strictObject({
  /** The entries just after this position, or just before it; `before` null: the latest. */
  from: z.discriminatedUnion('side', [
    z.strictObject({ side: z.literal('after'), seq: z.int().min(0) }),
    z.strictObject({ side: z.literal('before'), seq: z.int().min(1).nullable() }),
  ]),
  limit: z.int().min(1).max(500),
});

export interface LogPage {
  /** Changes when the host restarts and numbers from 1 again. */
  readonly life: string;
  readonly entries: readonly LogEntry[];
  /** 0 before the first entry. */
  readonly lastSeq: number;
  /** The host still has every entry after this one. */
  readonly floorSeq: number;
  /** Entries of this level and above are kept. */
  readonly level: LogLevel;
}

export interface LogsInfo {
  /** Entries of this level and above are kept, in files and for the window, until the program ends. */
  readonly level: LogLevel;
  /** Null: no files are written; `problem` says why, unless files are off. */
  readonly directory: string | null;
  readonly problem: string | null;
  readonly maxFiles: number;
  readonly maxFileBytes: number;
}
