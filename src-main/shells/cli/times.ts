import { IngotError } from '../../../src-shared/errors';
import { formatRunTime, type Moment } from '../../../src-shared/run-clock';

const TIMES = ['run', 'wall', 'start'] as const;
/** Which clock a person sees the times of: the run's, the wall's in UTC, or the wall's since the run's start. */
export type Times = (typeof TIMES)[number];

export const TIMES_OPTION = [
  '--times <CLOCK>',
  `times of the run's clock, of the wall clock (UTC), or since the run's start: ${TIMES.join(', ')} (default: run)`,
] as const;

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
