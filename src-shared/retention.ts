import { z } from 'zod';
import type { Moment } from './run-clock';
import type { VersionText } from './update';

/** So much is kept whatever the limits say: a slot may still die, and an account fall back to an older version. */
export const LEAST_AGE_MS = 3_600_000;
/** An empty database takes some of it. */
export const LEAST_SIZE_BYTES = 64 * 1_000_000;

/** Null: not limited by it. */
export const retentionSettingsSchema = z.strictObject({
  ageMs: z.int().min(LEAST_AGE_MS, 'must be an hour or more').nullable(),
  sizeBytes: z.int().min(LEAST_SIZE_BYTES, 'must be 64 MB or more').nullable(),
});
export type RetentionSettings = z.infer<typeof retentionSettingsSchema>;
export const KEEP_ALL: RetentionSettings = { ageMs: null, sizeBytes: null };

/** What was removed from the history. */
export interface Removed {
  readonly indexed: number;
  readonly stale: number;
  /** Callbacks of the indexed ones; the others were cancelled. */
  readonly fired: number;
  readonly rejects: number;
}
export const NOTHING_REMOVED: Removed = { indexed: 0, stale: 0, fired: 0, rejects: 0 };

/** The history of accounts is whole from here on. */
export interface HistoryFloor {
  /** As of an earlier number nothing can be answered. */
  readonly seq: string;
  /** The highest version up to there: as of a lower one of the chain nothing can be answered either. */
  readonly version: VersionText;
  /** Of the last update up to there. */
  readonly moment: Moment;
}

export interface RetentionInfo extends RetentionSettings {
  /** Null: nothing was removed. */
  readonly floor: HistoryFloor | null;
  readonly removed: Removed;
  /** What keeps older history than the limits ask for, a sentence; null: nothing does. */
  readonly heldBy: string | null;
  /** What the tables take, which `sizeBytes` limits. */
  readonly tableBytes: number;
}

const AGE_UNITS = { h: 3_600_000, d: 86_400_000, w: 604_800_000 } as const;
const SIZE_UNITS = { MB: 1e6, GB: 1e9, TB: 1e12 } as const;

/** `7d`, `12h` or `2w`, in milliseconds; null: it is no age. */
export const parseAge = (text: string): number | null => parse(text, AGE_UNITS);
/** `10GB` or `500 MB`, in bytes; null: it is no size. */
export const parseSize = (text: string): number | null => parse(text, SIZE_UNITS);

function parse(text: string, units: Readonly<Record<string, number>>): number | null {
  const [, count = '', letters = ''] = /^\s*(\d+(?:\.\d+)?)\s*([a-z]+)\s*$/i.exec(text) ?? [];
  const unit = Object.entries(units).find(([name]) => name.toLowerCase() === letters.toLowerCase());
  return unit === undefined ? null : Math.round(Number(count) * unit[1]);
}

/** As `parseAge` reads it. */
export const formatAge = (ageMs: number): string => format(ageMs, { h: AGE_UNITS.h, d: AGE_UNITS.d });
export const formatSize = (sizeBytes: number): string => format(sizeBytes, SIZE_UNITS);

/** In the largest unit that it is a whole number of, or in the smallest. */
function format(value: number, units: Readonly<Record<string, number>>): string {
  const all = Object.entries(units);
  const [name, size] = all.findLast(([, each]) => value >= each && value % each === 0) ?? all[0] ?? ['', 1];
  return `${value / size}${name}`;
}

/** What the settings do, in a sentence. */
export function describeRetention({ ageMs, sizeBytes }: RetentionSettings): string {
  const limits = [
    ...(ageMs === null ? [] : [`for ${formatAge(ageMs)}`]),
    ...(sizeBytes === null ? [] : [`until its tables take ${formatSize(sizeBytes)}`]),
  ];
  return limits.length === 0 ? 'All history is kept.' : `History is kept ${limits.join(' and ')}.`;
}
