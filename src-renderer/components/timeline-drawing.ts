import { formatRunTime, momentAt } from '../../src-shared/run-clock';
import type { TimelineCounts, TimelineKind } from '../../src-shared/timeline';
import type { LeaderChanges, TimelineRange } from '../../src-shared/views';
import { formatClock, formatMoment, type TimeStyle } from '../format/times';
import { type Axis, columnAt, type Stretch, ticksOf, timeAt } from '../stores/axis';
import { sumBetween, type TimelineModel } from '../stores/timeline';

/** Resolved colours: a canvas knows no CSS variables. */
export interface TimelineColours {
  readonly marks: Readonly<Record<TimelineKind | 'pending', string>>;
  readonly line: string;
  readonly ahead: string;
  readonly label: string;
  readonly playhead: string;
  readonly leader: string;
  readonly gap: string;
  readonly selected: string;
}

export interface TimelineScene {
  readonly model: TimelineModel;
  readonly axis: Axis;
  /** Due times of the run's next pending callbacks. */
  readonly dueAts: readonly number[];
  readonly pending: number;
  readonly nowAt: number;
  readonly ended: boolean;
  /** The instant shown; null: live. */
  readonly instantAt: number | null;
  readonly leaderChanges: LeaderChanges['changes'];
  /** Of a connection: when something was missed. */
  readonly gaps: readonly Stretch[];
  /** Older versions from before are removed; 0: none is. */
  readonly removedUntil: number;
  readonly narrow: TimelineRange | null;
  /** The axis of the whole run; null: it is shown. */
  readonly whole: Axis | null;
  readonly selected: Stretch | null;
  readonly style: TimeStyle;
  readonly nowMs: number;
}

/** A bar and its gap, in CSS pixels. */
export const COLUMN_PX = 3;
const BAR_PX = 2;
const LABELS_PX = 14;
/** Share of the height above the axis, for arrivals. */
const ABOVE = 0.62;

const ARRIVALS = ['indexed', 'stale', 'duplicate', 'conflict', 'rejected'] as const;
const SETTLED = ['fired', 'cancelled'] as const;

export function drawTimeline(
  context: CanvasRenderingContext2D,
  width: number,
  height: number,
  colours: TimelineColours,
  scene: TimelineScene | null,
): void {
  context.clearRect(0, 0, width, height);
  const floor = height - LABELS_PX;
  const zero = Math.round(floor * ABOVE);
  context.fillStyle = colours.line;
  context.fillRect(0, zero, width, 1);
  if (scene === null) return;
  const { axis, nowAt, ended, instantAt, whole, selected } = scene;

  const xOf = (at: number) => Math.max(-8, Math.min(width + 8, columnAt(axis, at) * COLUMN_PX));
  const nowX = whole === null ? Math.min(width, xOf(nowAt)) : xOf(nowAt);
  const instantX =
    instantAt === null ? null : whole === null ? Math.min(width - 1, xOf(instantAt)) : xOf(instantAt);
  if (!ended || instantX !== null) {
    const knownX = instantX ?? nowX;
    context.fillStyle = colours.ahead;
    context.fillRect(knownX, 0, width - knownX, floor);
  }
  if (selected !== null) drawSelected(context, xOf(selected.from), xOf(selected.to), floor, colours);
  drawRemoved(context, scene, xOf, floor, colours);
  drawGaps(context, scene, xOf, floor, colours);
  drawLeaderChanges(context, scene, floor, colours);
  drawLabels(context, width, height, scene, colours);
  drawBars(context, scene, zero, floor, colours);
  if (whole !== null) drawPlace(context, width, height, whole, axis, colours);
  if (!ended) {
    drawDue(context, scene, zero, floor, width, colours);
    if (instantX === null) drawHead(context, nowX, 1, floor, colours);
  }
  if (instantX !== null) drawHead(context, instantX, 2, floor, colours);
}

function drawHead(
  context: CanvasRenderingContext2D,
  x: number,
  wide: number,
  floor: number,
  colours: TimelineColours,
): void {
  context.fillStyle = colours.playhead;
  context.fillRect(Math.round(x), 0, wide, floor);
  context.beginPath();
  context.moveTo(x - 3.5, 0);
  context.lineTo(x + 4.5, 0);
  context.lineTo(x + 0.5, 5);
  context.fill();
}

/** Stripes where older versions are removed: what happened there is counted, and can no longer be looked at. */
function drawRemoved(
  context: CanvasRenderingContext2D,
  { removedUntil }: TimelineScene,
  xOf: (at: number) => number,
  floor: number,
  colours: TimelineColours,
): void {
  const [from, to] = [Math.max(0, xOf(0)), Math.round(xOf(removedUntil))];
  if (removedUntil === 0 || to <= from) return;
  context.save();
  context.beginPath();
  context.rect(from, 0, to - from, floor);
  context.clip();
  context.strokeStyle = colours.label;
  context.globalAlpha = 0.35;
  context.beginPath();
  for (let x = from - floor; x < to; x += 6) {
    context.moveTo(x, floor);
    context.lineTo(x + floor, 0);
  }
  context.stroke();
  context.restore();
}

/** A band over the whole height, with an edge at the top: also one of a moment is seen. */
function drawGaps(
  context: CanvasRenderingContext2D,
  { gaps }: TimelineScene,
  xOf: (at: number) => number,
  floor: number,
  colours: TimelineColours,
): void {
  context.fillStyle = colours.gap;
  for (const { from, to } of gaps) {
    const x = Math.round(xOf(from));
    const wide = Math.max(BAR_PX, Math.round(xOf(to)) - x);
    context.globalAlpha = 0.22;
    context.fillRect(x, 0, wide, floor);
    context.globalAlpha = 1;
    context.fillRect(x, 0, wide, 2);
  }
}

/** A tick at the floor where a leader changed, one for each column. */
function drawLeaderChanges(
  context: CanvasRenderingContext2D,
  { axis, leaderChanges }: TimelineScene,
  floor: number,
  colours: TimelineColours,
): void {
  context.fillStyle = colours.leader;
  const drawn = new Set<number>();
  for (const { at } of leaderChanges) {
    const column = Math.floor(columnAt(axis, at));
    if (column < 0 || column >= axis.columns || drawn.has(column)) continue;
    drawn.add(column);
    context.fillRect(column * COLUMN_PX, floor - 3, BAR_PX, 3);
  }
}

function drawSelected(
  context: CanvasRenderingContext2D,
  from: number,
  to: number,
  floor: number,
  colours: TimelineColours,
): void {
  context.fillStyle = colours.selected;
  context.globalAlpha = 0.16;
  context.fillRect(from, 0, to - from, floor);
  context.globalAlpha = 1;
  context.fillRect(Math.round(from), 0, 1, floor);
  context.fillRect(Math.round(to) - 1, 0, 1, floor);
}

/** Where the part lies in the whole run, as a scroll bar shows it. */
function drawPlace(
  context: CanvasRenderingContext2D,
  width: number,
  height: number,
  whole: Axis,
  { fromMs, columnMs, columns }: Axis,
  colours: TimelineColours,
): void {
  const scale = width / (whole.columnMs * whole.columns);
  context.fillStyle = colours.line;
  context.fillRect(0, height - 1, width, 1);
  context.fillStyle = colours.playhead;
  context.fillRect(fromMs * scale, height - 2, Math.max(4, columnMs * columns * scale), 2);
}

function drawBars(
  context: CanvasRenderingContext2D,
  { axis, model, narrow }: TimelineScene,
  zero: number,
  floor: number,
  colours: TimelineColours,
): void {
  const columns = [];
  let mostUp = 1;
  let mostDown = 1;
  for (let column = 0; column < axis.columns; column += 1) {
    const counts = sumBetween(model, timeAt(axis, column), timeAt(axis, column + 1), narrow);
    columns.push(counts);
    mostUp = Math.max(mostUp, sumOf(ARRIVALS, counts));
    mostDown = Math.max(mostDown, sumOf(SETTLED, counts));
  }
  const up = zero - 3;
  const down = floor - zero - 3;
  columns.forEach((counts, column) => {
    const x = column * COLUMN_PX;
    let y = zero;
    for (const kind of ARRIVALS) {
      const tall = barHeight(counts[kind], mostUp, up);
      y -= tall;
      context.fillStyle = colours.marks[kind];
      context.fillRect(x, y, BAR_PX, tall);
    }
    y = zero + 1;
    for (const kind of SETTLED) {
      const tall = barHeight(counts[kind], mostDown, down);
      context.fillStyle = colours.marks[kind];
      context.fillRect(x, y, BAR_PX, tall);
      y += tall;
    }
  });
}

const sumOf = (kinds: readonly TimelineKind[], counts: TimelineCounts) =>
  kinds.reduce((sum, kind) => sum + counts[kind], 0);

/** At least one pixel for any count: one rejected record among ten thousand stays visible. */
function barHeight(count: number, most: number, room: number): number {
  return count === 0 ? 0 : Math.max(1, Math.round((count / most) * room));
}

/** Callbacks due beyond the axis are drawn at its end. */
function drawDue(
  context: CanvasRenderingContext2D,
  { axis, dueAts, pending }: TimelineScene,
  zero: number,
  floor: number,
  width: number,
  colours: TimelineColours,
): void {
  context.fillStyle = colours.marks.pending;
  const seen = new Map<number, number>();
  for (const dueAt of dueAts) {
    const column = Math.floor(columnAt(axis, dueAt));
    if (column >= 0 && column < axis.columns) seen.set(column, (seen.get(column) ?? 0) + 1);
  }
  for (const [column, count] of seen) {
    const tall = Math.min(floor - zero - 3, 3 + count * 2);
    context.fillRect(column * COLUMN_PX, zero + 2, BAR_PX, tall);
  }
  const beyond = pending - [...seen.values()].reduce((sum, count) => sum + count, 0);
  if (beyond > 0) {
    context.beginPath();
    context.moveTo(width - 6, zero + 4);
    context.lineTo(width, zero + 8);
    context.lineTo(width - 6, zero + 12);
    context.fill();
  }
}

/** On the run's clock as short as the axis allows; otherwise as in the tables. */
function labelOf(tickAt: number, { model, axis, style, nowMs }: TimelineScene): string {
  const moment = momentAt(model.runId, model.clock, tickAt);
  if (style.timeShown !== 'run' && moment.wallMs !== null) return formatMoment(moment, nowMs, style);
  const spanMs = axis.columnMs * axis.columns;
  if (axis.fromMs > 0 && spanMs < 8_000) return formatRunTime(tickAt);
  if (spanMs < 1_500) return `${tickAt} ms`;
  return spanMs < 8_000 ? `${(tickAt / 1000).toFixed(1)} s` : formatClock(tickAt);
}

function drawLabels(
  context: CanvasRenderingContext2D,
  width: number,
  height: number,
  scene: TimelineScene,
  colours: TimelineColours,
): void {
  context.font = '11px "Inter Variable", sans-serif';
  context.textBaseline = 'alphabetic';
  const { axis } = scene;
  let freeX = 0;
  for (const tick of ticksOf(axis, Math.max(2, Math.floor(width / 90)))) {
    const x = columnAt(axis, tick) * COLUMN_PX;
    const text = labelOf(tick, scene);
    const textWidth = context.measureText(text).width;
    if (x + textWidth + 4 > width) break;
    context.fillStyle = colours.line;
    context.fillRect(Math.round(x), height - LABELS_PX, 1, 4);
    // A date is wider than the ticks are apart.
    if (x < freeX) continue;
    freeX = x + textWidth + 12;
    context.fillStyle = colours.label;
    context.fillText(text, Math.round(x) + (tick === 0 ? 0 : 4), height - 2);
  }
}
