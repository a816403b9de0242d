/** The axis of the timeline: which stretch of time the columns of the drawing stand for. */
export interface Axis {
  readonly startMs: number;
  /** What one column covers. */
  readonly columnMs: number;
  readonly columns: number;
}

interface Span {
  readonly startMs: number;
  readonly nowMs: number;
  /** When it ended; null while it goes on. */
  readonly endedAtMs: number | null;
  /** When the last pending callback is due; null if none is. */
  readonly lastDueMs: number | null;
}

/** What lies ahead never takes more than this share: a callback may be due in a thousand years. */
const AHEAD_SHARE = 0.35;
/** The shortest stretch shown: a run that has just begun does not race across the window. */
const SHORTEST_MS = 5_000;

/**
 * While a run goes on, columns widen in steps, so that what is drawn stands still between two steps;
 * once it has ended the axis fits it.
 */
export function fitAxis(span: Span, columns: number): Axis {
  const { startMs, endedAtMs } = span;
  const pastMs = Math.max(1, (endedAtMs ?? span.nowMs) - startMs);
  if (endedAtMs !== null) {
    return { startMs, columnMs: Math.max(1, pastMs) / columns, columns };
  }
  const aheadMs = span.lastDueMs === null ? 0 : Math.max(0, span.lastDueMs - span.nowMs);
  const most = (pastMs * AHEAD_SHARE) / (1 - AHEAD_SHARE);
  const wanted = Math.max(SHORTEST_MS, pastMs * 1.02 + Math.min(aheadMs, Math.max(most, SHORTEST_MS)));
  return { startMs, columnMs: stepAbove(wanted / columns), columns };
}

const STEPS = [1, 1.25, 1.6, 2, 2.5, 3.2, 4, 5, 6.4, 8, 10];

function stepAbove(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  const step = STEPS.find((candidate) => candidate * power >= value) ?? 10;
  return step * power;
}

export const columnAt = (axis: Axis, timeMs: number): number => (timeMs - axis.startMs) / axis.columnMs;
export const timeAt = (axis: Axis, column: number): number => axis.startMs + column * axis.columnMs;

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
