/** The axis of the timeline: which stretch of the run's clock, from 0 on, the columns of the drawing stand for. */
export interface Axis {
  /** What one column covers. */
  readonly columnMs: number;
  readonly columns: number;
}

/** All on the run's clock. */
interface Span {
  readonly nowAt: number;
  /** The run has ended now. */
  readonly ended: boolean;
  /** When the last pending callback is due; null if none is. */
  readonly lastDueAt: number | null;
}

/** What lies ahead never takes more than this share: a callback may be due in a thousand years. */
const AHEAD_SHARE = 0.35;
/** The shortest stretch shown: a run that has just begun does not race across the window. */
const SHORTEST_MS = 5_000;

/**
 * While a run goes on, columns widen in steps, so that what is drawn stands still between two steps;
 * once it has ended the axis fits it.
 */
export function fitAxis({ nowAt, ended, lastDueAt }: Span, columns: number): Axis {
  const pastMs = Math.max(1, nowAt);
  if (ended) return { columnMs: pastMs / columns, columns };
  const aheadMs = lastDueAt === null ? 0 : Math.max(0, lastDueAt - nowAt);
  const most = (pastMs * AHEAD_SHARE) / (1 - AHEAD_SHARE);
  const wanted = Math.max(SHORTEST_MS, pastMs * 1.02 + Math.min(aheadMs, Math.max(most, SHORTEST_MS)));
  return { columnMs: stepAbove(wanted / columns), columns };
}

const STEPS = [1, 1.25, 1.6, 2, 2.5, 3.2, 4, 5, 6.4, 8, 10];

function stepAbove(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  const step = STEPS.find((candidate) => candidate * power >= value) ?? 10;
  return step * power;
}

export const columnAt = (axis: Axis, at: number): number => at / axis.columnMs;
export const timeAt = (axis: Axis, column: number): number => column * axis.columnMs;

const TICK_STEPS_MS = [
  10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 15_000, 30_000, 60_000, 120_000, 300_000, 600_000,
  900_000, 1_800_000, 3_600_000, 7_200_000, 14_400_000, 28_800_000, 86_400_000,
];

/** Milliseconds since the start at which the axis is labelled: round ones, at most `most` of them. */
export function ticksOf(axis: Axis, most: number): readonly number[] {
  const spanMs = axis.columnMs * axis.columns;
  const step =
    TICK_STEPS_MS.find((candidate) => spanMs / candidate <= most) ??
    Math.ceil(spanMs / most / 86_400_000) * 86_400_000;
  const ticks: number[] = [];
  for (let tick = 0; tick <= spanMs; tick += step) ticks.push(tick);
  return ticks;
}
