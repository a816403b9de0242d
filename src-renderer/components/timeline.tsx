import { type KeyboardEvent, type PointerEvent, useEffect, useMemo, useRef, useState } from 'react';
import { countOf, formatSpan, groupDigits } from '../../src-shared/amounts';
import { isActive } from '../../src-shared/run-actions';
import { momentAt } from '../../src-shared/run-clock';
import { TIMELINE_KINDS } from '../../src-shared/timeline';
import { useSize } from '../bindings/use-size';
import { useThemeColours } from '../bindings/use-theme-colours';
import { useLive, useModel, useReadOnly } from '../bindings/window-context';
import { formatMoment } from '../format/times';
import { type Axis, columnAt, fitAxis, timeAt } from '../stores/axis';
import { dueOfRun } from '../stores/due';
import type { LiveState } from '../stores/live';
import { heardRun, runAt } from '../stores/run-time';
import { endOfBin, sumBetween } from '../stores/timeline';
import { MarkIcon } from './mark-badge';
import { useTimeStyle } from './moments';
import classes from './timeline.module.css';
import { COLUMN_PX, drawTimeline, type TimelineColours } from './timeline-drawing';

const COLOUR_NAMES = [...TIMELINE_KINDS, 'pending', 'line-strong', 'surface-1', 'ink-2', 'brass'] as const;
/** The playhead moves between two frames of the feed too. */
const REDRAW_MS = 250;

/** Arrivals above the axis, callbacks below, the playhead, and what is due ahead. */
export function Timeline() {
  const { live, due, clock } = useModel();
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
    }),
    [read],
  );
  const axis = useRef<Axis | null>(null);
  const [column, setColumn] = useState<number | null>(null);
  const style = useTimeStyle();
  const readOnly = useReadOnly() !== null;
  const hasRun = useLive((state) => state.status !== null);
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
      const { status, timeline } = live.getState();
      if (status === null || timeline === null) {
        axis.current = null;
        drawTimeline(context, size.width, size.height, colours, null);
        return;
      }
      const ended = !isActive(status.state);
      const nowAt = ended ? endOfBin(timeline, status.at) : nowOf(live.getState(), clock.nowMs());
      const { ats: dueAts, lastAt: lastDueAt } = dueOfRun(due.store.getState(), status.runId);
      axis.current = fitAxis({ nowAt, ended, lastDueAt }, Math.floor(size.width / COLUMN_PX));
      drawTimeline(context, size.width, size.height, colours, {
        model: timeline,
        axis: axis.current,
        dueAts,
        pending: status.counts.pending,
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
      clock.every(REDRAW_MS, () => {
        const { status } = live.getState();
        if (status !== null && isActive(status.state)) redraw();
      }),
    ];
    return () => {
      cancel?.();
      for (const end of ends) end();
    };
  }, [live, due, clock, size, colours, style]);

  const onPointerMove = (event: PointerEvent<HTMLDivElement>) => {
    const x = event.clientX - event.currentTarget.getBoundingClientRect().left;
    setColumn(Math.max(0, Math.floor(x / COLUMN_PX)));
  };
  const onKeyDown = (event: KeyboardEvent<HTMLDivElement>) => {
    const at = axis.current;
    if (at === null) return;
    const move = { ArrowLeft: -1, ArrowRight: 1, PageUp: -10, PageDown: 10 }[event.key];
    if (move !== undefined) {
      const from = column ?? Math.floor(columnAt(at, nowOf(live.getState(), clock.nowMs())));
      setColumn(Math.max(0, Math.min(at.columns - 1, from + move)));
    } else if (event.key === 'Escape' && column !== null) setColumn(null);
    else return;
    event.preventDefault();
  };

  const shown = column !== null && axis.current !== null ? readOut(axis.current, column) : null;
  return (
    <div
      ref={frame}
      className={classes.timeline}
      role="slider"
      tabIndex={hasRun ? 0 : -1}
      aria-label="Timeline of the run"
      aria-disabled={!hasRun}
      aria-valuemin={0}
      aria-valuemax={Math.max(0, (axis.current?.columns ?? 1) - 1)}
      aria-valuenow={column ?? 0}
      aria-valuetext={shown === null ? 'Arrow keys read the timeline' : shown.text}
      onPointerMove={onPointerMove}
      onPointerLeave={() => setColumn(null)}
      onBlur={() => setColumn(null)}
      onKeyDown={onKeyDown}
    >
      <canvas ref={canvas} className={classes.canvas} />
      {note !== null && (
        <span className={classes.note} role="status">
          {note}
        </span>
      )}
      {column !== null && axis.current !== null && (
        <ReadOut column={column} axis={axis.current} width={size.width} />
      )}
    </div>
  );

  function readOut(at: Axis, index: number) {
    const model = live.getState().timeline;
    const from = timeAt(at, index);
    const counts = model && sumBetween(model, from, from + at.columnMs);
    const parts = counts
      ? TIMELINE_KINDS.filter((kind) => counts[kind] > 0).map((kind) => `${counts[kind]} ${kind}`)
      : [];
    const time = model && formatMoment(momentAt(model.runId, model.clock, from), clock.nowMs(), style);
    return { text: `${time}: ${parts.join(', ') || 'nothing'}` };
  }
}

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
}

function ReadOut({ column, axis, width }: ReadOutProps) {
  const model = useLive((state) => state.timeline);
  const { due, clock } = useModel();
  const style = useTimeStyle();
  const from = timeAt(axis, column);
  const to = from + axis.columnMs;
  const counts = model && sumBetween(model, from, to);
  const kinds = counts ? TIMELINE_KINDS.filter((kind) => counts[kind] > 0) : [];
  const dueAts = model === null ? [] : dueOfRun(due.store.getState(), model.runId).ats;
  const pending = dueAts.filter((at) => at >= from && at < to).length;
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
        {kinds.length === 0 && pending === 0 && <div className={classes.readOutNone}>nothing here</div>}
      </div>
    </>
  );
}
