import { z } from 'zod';
import { IngotError } from './errors';
import { formatRunTime } from './run-clock';
import type { EpochMs } from './update';

/** A moment to look at: everything is shown as it was then. */
export type Instant =
  | { readonly kind: 'now' }
  /** After the arrival at this position of the run, counted from 0. */
  | { readonly kind: 'arrival'; readonly run: string; readonly position: string }
  /** When the run's clock showed `at`. */
  | { readonly kind: 'runTime'; readonly run: string; readonly at: number }
  | { readonly kind: 'wall'; readonly wallMs: EpochMs };

/** As of it, rows with a number of at most `seq` are there. */
export interface ResolvedInstant {
  readonly seq: string;
  readonly runId: string | null;
  readonly at: number | null;
  readonly wallMs: EpochMs | null;
}

/** Above every number: as of now. */
export const NOW_SEQ = String(2n ** 63n - 1n);

export const asOfSchema = z
  .string()
  .regex(/^-?\d{1,19}$/, { abort: true })
  .refine((text) => BigInt(text) <= BigInt(NOW_SEQ));

const RUN = '(last|[1-9]\\d{0,18})';
const ARRIVAL = new RegExp(`^${RUN}:(\\d{1,15})$`);
const RUN_TIME = new RegExp(`^${RUN}@(.+)$`);
const UNITS = /^(?:(\d{1,9})h)?(?:(\d{1,9})m)?(?:(\d{1,12})(?:\.(\d{1,3}))?s)?$/;
const CLOCK = /^(?:(\d{1,9}):)?(\d{1,2}):(\d{1,2})(?:\.(\d{1,3}))?$/;
const MILLISECONDS = /^(\d{1,16})ms$/;
const WALL = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,3})?)?(Z|[+-]\d\d:\d\d)$/;

/**
 * `now`, `RUN:N`, `RUN@TIME` or a date and time with its offset from UTC; RUN is a number or `last`.
 * @throws IngotError `invalid_input`.
 */
export function parseInstant(text: string): Instant {
  const trimmed = text.trim();
  if (trimmed === 'now') return { kind: 'now' };
  const [, ofRun, position] = ARRIVAL.exec(trimmed) ?? [];
  if (ofRun !== undefined && position !== undefined) {
    return { kind: 'arrival', run: ofRun, position: String(Number(position)) };
  }
  const [, run, time = ''] = RUN_TIME.exec(trimmed) ?? [];
  const at = parseRunTime(time);
  if (run !== undefined && at !== null) return { kind: 'runTime', run, at };
  const wallMs = WALL.test(trimmed) ? Date.parse(trimmed) : Number.NaN;
  if (!Number.isNaN(wallMs)) return { kind: 'wall', wallMs };
  throw new IngotError('invalid_input', 'This is not an instant that Ingot knows.', {
    hint: 'Write now, RUN:N, RUN@12.5s, RUN@00:12.500 or 2026-01-31T12:00:00Z. RUN is a number or last.',
  });
}

/** Whole milliseconds; null if it is no time of a run. */
export function parseRunTime(text: string): number | null {
  const [, plain] = MILLISECONDS.exec(text) ?? [];
  if (plain !== undefined) return safe(Number(plain));
  const parts = CLOCK.exec(text) ?? (text === '' ? null : UNITS.exec(text));
  if (!parts) return null;
  const [, hours = '0', minutes = '0', seconds = '0', fraction = ''] = parts;
  return safe(
    ((Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds)) * 1000 + Number(fraction.padEnd(3, '0')),
  );
}

const safe = (ms: number) => (Number.isSafeInteger(ms) ? ms : null);

/** Text that `parseInstant` reads as the same instant. */
export function formatInstant(instant: Instant): string {
  switch (instant.kind) {
    case 'now':
      return 'now';
    case 'arrival':
      return `${instant.run}:${instant.position}`;
    case 'runTime':
      return `${instant.run}@${formatRunTime(instant.at)}`;
    case 'wall':
      return new Date(instant.wallMs).toISOString();
  }
}
