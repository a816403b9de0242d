import { IconZoomReset } from '@tabler/icons-react';
import {
  type KeyboardEvent,
  type PointerEvent,
  useCallback,
  useEffect,
  useMemo,
  useRef,
  useState,
} from 'react';
import { countOf, formatSpan, groupDigits } from '../../src-shared/amounts';
import { type CoverageRange, gapNews } from '../../src-shared/connections';
import { toPrintable, toPrintableText } from '../../src-shared/printable';
import { isActive } from '../../src-shared/run-actions';
import { type ClockRecord, clockAt, formatRunTime, type Moment, momentAt } from '../../src-shared/run-clock';
import { TIMELINE_KINDS } from '../../src-shared/timeline';
import { type LeaderChanges, MAX_WINDOW_ROWS } from '../../src-shared/views';
import { useResource } from '../bindings/use-resource';
import { useSize } from '../bindings/use-size';
import { useThemeColours } from '../bindings/use-theme-colours';
import { useInstant, useLive, useModel, useReadOnly, useWindow, useZoom } from '../bindings/window-context';
import { formatMoment } from '../format/times';
import { type Axis, columnAt, fitAxis, type Stretch, timeAt } from '../stores/axis';
import { dueOfRun } from '../stores/due';
import type { LiveState } from '../stores/live';
import { heardRun, runAt } from '../stores/run-time';
import { endOfBin, endOfTimeline, sumBetween } from '../stores/timeline';
import { MarkIcon } from './mark-badge';
import { useTimeStyle } from './moments';
import { useRetention } from './retention-note';
import classes from './timeline.module.css';
import { COLUMN_PX, drawTimeline, type TimelineColours } from './timeline-drawing';

const COLOUR_NAMES = [...TIMELINE_KINDS, 'pending', 'line-strong', 'surface-1', 'ink-2', 'brass'] as const;
/** Of a turn of the wheel by 100 pixels. */
const ZOOM_STEP = 1.25;
/** The playhead moves between two frames of the feed too. */
const REDRAW_MS = 250;

/** Arrivals above the axis, callbacks below, the playhead, and what is due ahead. */
export function Timeline() {
  const { live, due, clock } = useModel();
  const { instant, zoom } = useWindow();
  const frame = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const size = useSize(frame);
  const read = useThemeColours(COLOUR_NAMES);
  const colours = useMemo<TimelineColours>(
    () => ({
      marks: read,
      line: read['line-strong'],
      ahead: read['surface-1'],
      label: read['ink-2'],
      playhead: read.brass,
      leader: read.brass,
      gap: read.conflict,
      selected: read['ink-2'],
    }),
    [read],
  );
  const axis = useRef<Axis | null>(null);
  const changes = useLeaderChanges();
  const gaps = useGaps();
  const floor = useRetention().value?.floor ?? null;
  const [column, setColumn] = useState<number | null>(null);
  const dragged = useRef<'moment' | 'range' | null>(null);
  /** Where a selection began. */
  const anchor = useRef(0);
  const place = useInstant(({ aim, found }) => (aim ?? found)?.at ?? null);
  const past = useInstant(({ timeline }) => timeline);
  const currentEnd = useLive((state) => state.status?.at ?? 0);
  const end = Math.max(1, Math.ceil(past === null ? currentEnd : endOfTimeline(past)));
  const style = useTimeStyle();
  const readOnly = useReadOnly() !== null;
  const hasRun = useLive((state) => state.status !== null) || past !== null;
  const note = useLive((state) => noteOf(state, readOnly));

  useEffect(() => {
    const context = canvas.current?.getContext('2d');
    if (!canvas.current || !context || size.width === 0) return;
    const ratio = window.devicePixelRatio;
    canvas.current.width = Math.round(size.width * ratio);
    canvas.current.height = Math.round(size.height * ratio);
    context.scale(ratio, ratio);
    let cancel: (() => void) | null = null;
    const draw = () => {
      cancel = null;
      const { status, timeline: current } = live.getState();
      const { timeline: past, aim, found } = instant.store.getState();
      const timeline = past ?? current;
      const instantAt = (aim ?? found)?.at ?? null;
      if (timeline === null || (status === null && past === null)) {
        axis.current = null;
        drawTimeline(context, size.width, size.height, colours, null);
        return;
      }
      const isPast = past !== null || status === null;
      const ended = isPast || !isActive(status.state);
      const nowAt = isPast
        ? endOfTimeline(timeline)
        : ended
          ? endOfBin(timeline, status.at)
          : nowOf(live.getState(), clock.nowMs());
      const { ats: dueAts, lastAt: lastDueAt } = dueOfRun(due.store.getState(), timeline.runId);
      const whole = fitAxis({ nowAt, ended, lastDueAt }, Math.floor(size.width / COLUMN_PX));
      axis.current = zoom.fit(timeline, whole);
      const { selected, narrow } = zoom.store.getState();
      drawTimeline(context, size.width, size.height, colours, {
        model: timeline,
        axis: axis.current,
        dueAts,
        pending: isPast ? 0 : status.counts.pending,
        instantAt,
        leaderChanges: changes,
        gaps: gaps.map(stretchOf),
        removedUntil: floor === null ? 0 : timeOfFloor(floor.moment, timeline),
        narrow,
        whole: axis.current === whole ? null : whole,
        selected: selected?.runId === timeline.runId ? selected : null,
        nowAt,
        ended,
        style,
        nowMs: clock.nowMs(),
      });
    };
    const redraw = () => {
      cancel ??= clock.beforePaint(draw);
    };
    draw();
    const ends = [
      live.subscribe((state, before) => {
        if (state.timeline !== before.timeline || state.status !== before.status) redraw();
      }),
      due.store.subscribe(redraw),
      instant.store.subscribe(redraw),
      zoom.store.subscribe(redraw),
      clock.every(REDRAW_MS, () => {
        const { status } = live.getState();
        if (status !== null && isActive(status.state)) redraw();
      }),
    ];
    return () => {
      cancel?.();
      for (const end of ends) end();
    };
  }, [live, due, instant, zoom, clock, size, colours, style, changes, gaps, floor]);

  useEffect(() => {
    const { current } = frame;
    // React listens to the wheel passively, and the page must not scroll.
    const onWheel = (event: WheelEvent) => {
      if (current === null || axis.current === null) return;
      event.preventDefault();
      const x = event.clientX - current.getBoundingClientRect().left;
      const sideways = event.shiftKey && event.deltaX === 0 ? event.deltaY : event.deltaX;
      if (sideways !== 0) zoom.pan(sideways / 1_000);
      else zoom.by(ZOOM_STEP ** (event.deltaY / 100), timeAt(axis.current, x / COLUMN_PX));
    };
    current?.addEventListener('wheel', onWheel, { passive: false });
    return () => current?.removeEventListener('wheel', onWheel);
  }, [zoom]);

  const runShown = () => instant.store.getState().timeline?.runId ?? live.getState().status?.runId ?? null;
  const columnUnder = ({ clientX, currentTarget }: PointerEvent<HTMLDivElement>) =>
    Math.max(0, (clientX - currentTarget.getBoundingClientRect().left) / COLUMN_PX);
  /** Shows a time of the run's clock; the end of an active run is live. */
  const showAt = (at: number, how: 'step' | 'follow') => {
    const runId = runShown();
    if (runId !== null) instant.show({ runId, at: Math.min(at, instant.endAt()) }, how);
  };
  const select = (from: number, to: number) => {
    const runId = runShown();
    const [first, last] = [Math.min(from, to), Math.max(from, to)].map((at) => Math.max(0, Math.round(at)));
    if (runId === null || first === undefined || last === undefined) return;
    zoom.select(first === last ? null : { runId, from: first, to: last });
  };
  const onPointerDown = (event: PointerEvent<HTMLDivElement>) => {
    if (event.button !== 0 || axis.current === null) return;
    event.currentTarget.setPointerCapture(event.pointerId);
    instant.hold();
    const at = timeAt(axis.current, columnUnder(event));
    dragged.current = event.shiftKey ? 'range' : 'moment';
    if (event.shiftKey) anchor.current = at;
    else showAt(at, 'step');
  };
  const onPointerMove = (event: PointerEvent<HTMLDivElement>) => {
    setColumn(Math.floor(columnUnder(event)));
    if (dragged.current === null || axis.current === null) return;
    const at = timeAt(axis.current, columnUnder(event));
    if (dragged.current === 'range') select(anchor.current, Math.min(at, instant.endAt()));
    else showAt(at, 'follow');
  };
  const onPointerUp = () => {
    dragged.current = null;
  };
  const onKeyDown = (event: KeyboardEvent<HTMLDivElement>) => {
    const at = axis.current;
    if (at === null || event.ctrlKey || event.metaKey || event.altKey) return;
    const move = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageUp: -10, PageDown: 10 }[
      event.key
    ];
    const { aim, found } = instant.store.getState();
    const from = (aim ?? found)?.at ?? instant.endAt();
    if (move !== undefined && event.shiftKey) {
      const { selected } = zoom.store.getState();
      if (selected === null) anchor.current = from;
      const head = selected === null ? from : selected.from === anchor.current ? selected.to : selected.from;
      select(anchor.current, Math.max(0, Math.min(instant.endAt(), head + move * at.columnMs)));
    } else if (move !== undefined) {
      instant.hold();
      const to = Math.ceil(timeAt(at, Math.floor(columnAt(at, from)) + move));
      // A column of a short run is less than a millisecond.
      showAt(move < 0 ? Math.min(from - 1, to) : Math.max(from + 1, to), 'follow');
    } else if (event.key === 'Home') showAt(0, 'follow');
    else if (event.key === 'End') showAt(instant.endAt(), 'follow');
    else if (event.key === 'Escape' && zoom.store.getState().selected !== null) zoom.select(null);
    else if (event.key === 'Escape' && zoom.store.getState().shown !== null) zoom.show(null);
    else if (event.key === 'Escape' && instant.store.getState().text !== null) instant.live();
    else return;
    event.preventDefault();
    event.stopPropagation();
  };

  return (
    <div className={classes.frame}>
      <div
        ref={frame}
        className={classes.timeline}
        role="slider"
        tabIndex={hasRun ? 0 : -1}
        aria-label="Timeline of the run"
        aria-disabled={!hasRun}
        aria-valuemin={0}
        aria-valuemax={end}
        aria-valuenow={Math.min(place ?? end, end)}
        aria-valuetext={place === null ? 'Live. Arrow keys show the past' : readOut(place)}
        onPointerDown={onPointerDown}
        onPointerUp={onPointerUp}
        onPointerCancel={onPointerUp}
        onPointerMove={onPointerMove}
        onPointerLeave={() => setColumn(null)}
        onDoubleClick={() => zoom.show(null)}
        onKeyDown={onKeyDown}
      >
        <canvas ref={canvas} className={classes.canvas} />
        {note !== null && (
          <span className={classes.note} role="status">
            {note}
          </span>
        )}
        {column !== null && axis.current !== null && (
          <ReadOut
            column={column}
            axis={axis.current}
            width={size.width}
            leaderChanges={changes}
            gaps={gaps}
          />
        )}
      </div>
      <ZoomNote />
    </div>
  );

  function readOut(at: number): string {
    const model = instant.store.getState().timeline ?? live.getState().timeline;
    if (model === null || axis.current === null) return formatRunTime(at);
    const from = timeAt(axis.current, Math.floor(columnAt(axis.current, at)));
    const { narrow } = zoom.store.getState();
    const counts = sumBetween(model, from, from + axis.current.columnMs, narrow);
    const parts = TIMELINE_KINDS.filter((kind) => counts[kind] > 0).map((kind) => `${counts[kind]} ${kind}`);
    const time = formatMoment(momentAt(model.runId, model.clock, at), clock.nowMs(), style);
    const isRemoved = floor !== null && at < timeOfFloor(floor.moment, model);
    return `${time}: ${parts.join(', ') || 'nothing'}${isRemoved ? '; older versions were removed by retention' : ''}`;
  }
}

/** Which part of the run the axis covers, and the way back. */
function ZoomNote() {
  const { zoom } = useWindow();
  const shown = useZoom((state) => state.shown);
  const tooMany = useZoom((state) => state.tooMany);
  if (shown === null) return null;
  return (
    <button
      type="button"
      className={classes.zoom}
      data-tip={
        tooMany
          ? `Too many events for narrow bars: zoom in further. Press to show the whole run`
          : 'Show the whole run (Escape, or a double click)'
      }
      onClick={() => zoom.show(null)}
    >
      {formatRunTime(shown.from)} – {formatRunTime(shown.to)}
      <IconZoomReset size={12} stroke={2} aria-label="Show the whole run" />
    </button>
  );
}

/** Where the history begins to be whole, on the clock of a run; 0: it is whole. */
function timeOfFloor(
  { runId, at, wallMs }: Moment,
  { runId: shown, clock }: { readonly runId: string; readonly clock: ClockRecord },
): number {
  if (runId === shown) return at;
  if (wallMs === null || clock.kind === 'virtual') return 0;
  const segments = clock.segments.filter((segment) => segment.wallMs <= wallMs);
  return segments.length === 0 ? 0 : clockAt({ kind: 'real', segments }, wallMs);
}

function useRunShown(): string | null {
  const current = useLive((state) => state.status?.runId ?? null);
  const past = useInstant(({ timeline }) => timeline?.runId ?? null);
  return past ?? current;
}

/** Of the run shown; read again while the run is active. */
function useLeaderChanges(): LeaderChanges['changes'] {
  const { client } = useModel();
  const runId = useRunShown();
  const load = useCallback(
    () => client.call('timeline.leaderChanges', { runId: runId ?? '' }),
    [client, runId],
  );
  return useResource(runId === null ? null : load).value?.changes ?? NO_CHANGES;
}
const NO_CHANGES: LeaderChanges['changes'] = [];

/** Of the run shown, if it is a connection: the last ones. */
function useGaps(): readonly CoverageRange[] {
  const { client } = useModel();
  const runId = useRunShown();
  const load = useCallback(
    () => client.call('coverage.page', { runId: runId ?? '', window: LAST_RANGES }),
    [client, runId],
  );
  const { value } = useResource(runId === null ? null : load, ['runs', 'everything']);
  return useMemo(() => value?.rows.filter(({ kind }) => kind === 'gap') ?? [], [value]);
}
const LAST_RANGES = { from: { edge: 'start' }, limit: MAX_WINDOW_ROWS } as const;
/** A moment's gap ends where it begins. */
const stretchOf = ({ since, until }: CoverageRange): Stretch => ({ from: since.at, to: until.at });
/** In the read-out. */
const MOST_TYPES = 3;
const MOST_GAPS = 2;

/** The run's clock now, where the playhead is. */
function nowOf(state: LiveState, nowMs: number): number {
  const { status, heardMs } = heardRun(state);
  if (status === null) return 0;
  return isActive(status.state) ? runAt(status, heardMs, nowMs) : status.at;
}

/** Which part of the run is not drawn, and why. */
function noteOf({ status, timeline, timelineError }: LiveState, readOnly: boolean): string | null {
  if (status === null) return null;
  if (timeline === null) {
    return timelineError === null
      ? 'Loading the timeline…'
      : `The timeline could not be read, trying again. ${timelineError.message}`;
  }
  // The holder stores times once a second but counts at once; the difference arrives with the next look.
  if (readOnly && isActive(status.state) && status.rate > 0) return null;
  const missing = TIMELINE_KINDS.filter((kind) => timeline.untimed[kind] > 0).map(
    (kind) => `${groupDigits(timeline.untimed[kind])} ${kind}`,
  );
  return missing.length === 0 ? null : `Not drawn, times not stored: ${missing.join(', ')}`;
}

interface ReadOutProps {
  readonly column: number;
  readonly axis: Axis;
  readonly width: number;
  readonly leaderChanges: LeaderChanges['changes'];
  readonly gaps: readonly CoverageRange[];
}

function ReadOut({ column, axis, width, leaderChanges, gaps }: ReadOutProps) {
  const current = useLive((state) => state.timeline);
  const past = useInstant(({ timeline }) => timeline);
  const model = past ?? current;
  const { due, clock } = useModel();
  const style = useTimeStyle();
  const from = timeAt(axis, column);
  const to = from + axis.columnMs;
  const narrow = useZoom((state) => state.narrow);
  const counts = model && sumBetween(model, from, to, narrow);
  const kinds = counts ? TIMELINE_KINDS.filter((kind) => counts[kind] > 0) : [];
  const dueAts = model === null ? [] : dueOfRun(due.store.getState(), model.runId).ats;
  const pending = dueAts.filter((at) => at >= from && at < to).length;
  const types = new Set(
    leaderChanges.filter(({ at }) => at >= from && at < to).map(({ accountType }) => accountType),
  );
  const missed = gaps.filter(({ since, until }) => since.at < to && until.at >= from);
  const x = column * COLUMN_PX;
  return (
    <>
      <span className={classes.hairline} style={{ left: x }} aria-hidden="true" />
      <div
        className={classes.readOut}
        data-side={x > width / 2 ? 'left' : 'right'}
        style={{ left: x }}
        aria-hidden="true"
      >
        <div className={classes.readOutHead}>
          <strong>
            {model && formatMoment(momentAt(model.runId, model.clock, from), clock.nowMs(), style)}
          </strong>
          <span>{formatSpan(axis.columnMs)} wide</span>
        </div>
        {kinds.map((kind) => (
          <div key={kind} className={classes.readOutLine}>
            <MarkIcon mark={kind} />
            {countOf(counts?.[kind] ?? 0, kind, kind)}
          </div>
        ))}
        {pending > 0 && (
          <div className={classes.readOutLine}>
            <MarkIcon mark="pending" />
            {countOf(pending, 'due', 'due')}
          </div>
        )}
        {types.size > 0 && (
          <div className={classes.readOutLine} data-cut="text">
            Leader changed: {[...types].slice(0, MOST_TYPES).map(toPrintable).join(', ')}
            {types.size > MOST_TYPES && ` and ${types.size - MOST_TYPES} more`}
          </div>
        )}
        {missed.slice(0, MOST_GAPS).map((gap) => (
          <div key={gap.number} className={classes.readOutLine}>
            {toPrintableText(gapNews(gap))}
          </div>
        ))}
        {missed.length > MOST_GAPS && (
          <div className={classes.readOutLine}>and {countOf(missed.length - MOST_GAPS, 'more gap')}</div>
        )}
        {kinds.length === 0 && pending === 0 && missed.length === 0 && (
          <div className={classes.readOutNone}>nothing here</div>
        )}
      </div>
    </>
  );
}
