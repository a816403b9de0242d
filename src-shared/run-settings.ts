import { z } from 'zod';
import { idlFilesSchema, readingShape } from './mapping';

export const ARRIVALS = ['sequential', 'scatter', 'recorded', 'none'] as const;
/**
 * When an update enters the system. `sequential`: a uniform random wait from `delayMs` before each update. `scatter`: each update
 * at its own uniform random instant within the window `delayMs`. `recorded`: with the gaps that the source says it had. `none`: as fast
 * as possible.
 */
export type Arrival = (typeof ARRIVALS)[number];

/** One day. */
const MAX_DELAY_MS = 86_400_000;

const delayRangeSchema = z
  .strictObject({
    fromMs: z.int().min(0).max(MAX_DELAY_MS),
    toMs: z.int().min(0).max(MAX_DELAY_MS),
  })
  .refine((range) => range.fromMs <= range.toMs, { message: 'the range must not end before it begins' });
/** Whole milliseconds, both ends included. Equal ends make a fixed gap. */
export type DelayRange = z.infer<typeof delayRangeSchema>;

export const OVERDUE = ['fire', 'skip'] as const;
/** For callbacks that fell due while no engine ran: `fire` fires them at start, marked late; `skip` cancels them. */
export type Overdue = (typeof OVERDUE)[number];

/** Stored with the run, so that it can be repeated. */
export const runSettingsSchema = z.strictObject({
  arrival: z.enum(ARRIVALS).default('sequential'),
  delay: delayRangeSchema.default({ fromMs: 0, toMs: 1000 }),
  /** Factor of the run's clock: it scales gaps and callback delays alike. */
  speed: z.number().min(0.001).max(1_000_000).default(1),
  /** The same seed gives the same arrivals. An unsigned 32-bit integer. */
  seed: z.int().min(0).max(0xffff_ffff).default(1),
  /** Run on a virtual clock: the same events, as fast as possible. */
  simulate: z.boolean().default(false),
  /** Wait until no callback is pending before the run completes. */
  wait: z.boolean().default(true),
  /** Reject an NDJSON line that is not JSON and continue, where it would otherwise end the run. */
  skipBrokenLines: z.boolean().default(false),
  ...readingShape,
  /** The IDLs that its accounts were decoded by, beside those that ship with Ingot: the host says so, whatever is asked for. */
  idls: idlFilesSchema.default([]),
  /** Whether its fired callbacks are delivered to the targets that are armed. */
  deliver: z.boolean().default(false),
});
export type RunSettings = z.infer<typeof runSettingsSchema>;

/** `"0-1000"` or `"500"`, whole milliseconds; `undefined` for any other text. */
export function parseDelayRange(text: string): DelayRange | undefined {
  const match = /^(\d{1,9})(?:-(\d{1,9}))?$/.exec(text.trim());
  if (!match) return undefined;
  const fromMs = Number(match[1]);
  const parsed = delayRangeSchema.safeParse({
    fromMs,
    toMs: match[2] === undefined ? fromMs : Number(match[2]),
  });
  return parsed.success ? parsed.data : undefined;
}

export function formatDelayRange(range: DelayRange): string {
  return range.fromMs === range.toMs ? String(range.fromMs) : `${range.fromMs}-${range.toMs}`;
}

/** Records per `scatter` window. A longer source gets further windows, so that memory stays bounded. */
export const SCATTER_WINDOW_RECORDS = 65_536;

/** About how long so many records take to arrive, in run time; null: only the source knows. */
export function expectedArrivalMs({ arrival, delay }: RunSettings, records: number): number | null {
  if (arrival === 'none') return 0;
  if (arrival === 'recorded') return null;
  if (arrival === 'scatter') return Math.ceil(records / SCATTER_WINDOW_RECORDS) * delay.toMs;
  return (records * (delay.fromMs + delay.toMs)) / 2;
}
