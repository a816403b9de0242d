/** The part of the run's clock that the timeline's columns cover. */
export interface Axis {
  /** Time of the first column. */
  readonly fromMs: number;
  /** Duration of one column. */
  readonly columnMs: number;
  readonly columns: number;
}

/** In run time. */
interface Span {
  readonly nowAt: number;
  readonly ended: boolean;
  /** Null if none is pending. */
  readonly lastDueAt: number | null;
}

/** Limit for the part ahead of the playhead: a callback may be due in a thousand years. */
const AHEAD_SHARE = 0.35;
/** Shortest part shown, so that a new run does not race across the window. */
const SHORTEST_MS = 5_000;

/** While the run is active, columns widen in steps, so that the drawing stands still in between; afterwards the axis fits the run. */
export function fitAxis({ nowAt, ended, lastDueAt }: Span, columns: number): Axis {
  const pastMs = Math.max(1, nowAt);
  if (ended) return { fromMs: 0, columnMs: pastMs / columns, columns };
  const aheadMs = lastDueAt === null ? 0 : Math.max(0, lastDueAt - nowAt);
  const most = (pastMs * AHEAD_SHARE) / (1 - AHEAD_SHARE);
  const wanted = Math.max(SHORTEST_MS, pastMs * 1.02 + Math.min(aheadMs, Math.max(most, SHORTEST_MS)));
  return { fromMs: 0, columnMs: stepAbove(wanted / columns), columns };
}

export const axisOver = ({ from, to }: Stretch, columns: number): Axis => ({
  fromMs: from,
  columnMs: (to - from) / columns,
  columns,
});

/** In whole milliseconds of run time. */
export interface Stretch {
  readonly from: number;
  readonly to: number;
}

/** A shorter part says nothing: times are whole milliseconds. */
const SHORTEST_ZOOM_MS = 50;

/**
 * A part of the run made longer or shorter around `about`, which stays in its place; null: that is the whole, which ends at `end`.
 */
export function zoomed({ from, to }: Stretch, factor: number, about: number, end: number): Stretch | null {
  const span = Math.round(Math.max(SHORTEST_ZOOM_MS, (to - from) * factor));
  if (span >= end) return null;
  const share = Math.max(0, Math.min(1, (about - from) / (to - from)));
  const begin = Math.round(Math.max(0, Math.min(end - span, about - share * span)));
  return { from: begin, to: begin + span };
}

const STEPS = [1, 1.25, 1.6, 2, 2.5, 3.2, 4, 5, 6.4, 8, 10];

function stepAbove(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  const step = STEPS.find((candidate) => candidate * power >= value) ?? 10;
  return step * power;
}

export const columnAt = ({ fromMs, columnMs }: Axis, at: number): number => (at - fromMs) / columnMs;
export const timeAt = ({ fromMs, columnMs }: Axis, column: number): number => fromMs + column * columnMs;

const TICK_STEPS_MS = [
  10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 15_000, 30_000, 60_000, 120_000, 300_000, 600_000,
  900_000, 1_800_000, 3_600_000, 7_200_000, 14_400_000, 28_800_000, 86_400_000,
];

/** Round times for labels, at most `most`. */
export function ticksOf(axis: Axis, most: number): readonly number[] {
  const spanMs = axis.columnMs * axis.columns;
  const step =
    TICK_STEPS_MS.find((candidate) => spanMs / candidate <= most) ??
    Math.ceil(spanMs / most / 86_400_000) * 86_400_000;
  const ticks: number[] = [];
  const first = Math.ceil(axis.fromMs / step) * step;
  for (let tick = first; tick <= axis.fromMs + spanMs; tick += step) ticks.push(tick);
  return ticks;
}
