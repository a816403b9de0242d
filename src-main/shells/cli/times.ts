import { describeBothAxes } from '../../../src-shared/chain-place';
import { IngotError } from '../../../src-shared/errors';
import type { ResolvedInstant } from '../../../src-shared/instant';
import { formatRunTime, type Moment } from '../../../src-shared/run-clock';

const TIMES = ['run', 'wall', 'start'] as const;
/** Which clock a person sees the times of: the run's, the wall's in UTC, or the wall's since the run's start. */
export type Times = (typeof TIMES)[number];

export const TIMES_OPTION = [
  '--times <CLOCK>',
  `times of the run's clock, of the wall clock (UTC), or since the run's start: ${TIMES.join(', ')} (default: run)`,
] as const;

export const AS_OF_OPTION = [
  '--as-of <INSTANT>',
  'as it was then: RUN:N, RUN@12.5s or a date and time; RUN is a number or last. Or as of slot:N, after:SIGNATURE or ' +
    'before:SIGNATURE of a transaction, as known now; with ",INSTANT" after it as known then',
] as const;

/** Both axes of an instant that names a place on the chain; null: it names none. */
export function describeInstant({ cut, wallMs, runId, at }: ResolvedInstant): string | null {
  if (cut === null) return null;
  const run = `${formatRunTime(at ?? 0)} of run ${runId}`;
  return describeBothAxes(cut, wallMs === null ? run : new Date(wallMs).toISOString());
}

/** The same as the first line of an output; empty if there is none. */
export function headOf(instant: ResolvedInstant | null): string {
  const said = instant && describeInstant(instant);
  return said === null ? '' : `A${said.slice(1)}\n`;
}

/** For JSON, as a member; null: the instant names no place on the chain. */
export const instantJson = (instant: ResolvedInstant | null) =>
  instant?.cut ? { ...instant, sentence: describeInstant(instant) } : null;

/** @throws IngotError `invalid_input` */
export function readTimes(named: string | boolean | undefined = 'run'): Times {
  const known = TIMES.find((name) => name === named);
  if (known) return known;
  throw new IngotError('invalid_input', `--times is "${named}": it must be one of ${TIMES.join(', ')}.`);
}

/** The limit of a `Date`: a callback can be due later. */
const MAX_DATE_MS = 8_640_000_000_000_000;

/** What happened on a virtual clock has no time but that of its run. */
export function formatTime({ at, wallMs, startMs }: Moment, times: Times): string {
  if (times === 'run' || wallMs === null || Math.abs(wallMs) > MAX_DATE_MS) return formatRunTime(at);
  if (times === 'wall') return new Date(wallMs).toISOString();
  return startMs === undefined ? formatRunTime(at) : `+${formatRunTime(wallMs - startMs)}`;
}
