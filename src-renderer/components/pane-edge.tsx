import { type KeyboardEvent, type PointerEvent, useRef } from 'react';
import classes from './pane-edge.module.css';

interface PaneEdgeProps {
  readonly label: string;
  /** Of the pane to the right, in CSS pixels. */
  readonly size: number;
  readonly least: number;
  readonly onResize: (size: number) => void;
}

const STEP = 24;
/** The view beside it keeps at least this width. */
const LEFT_FOR_VIEW = 480;

/** The left edge of a pane, moved by dragging or by the arrow keys. */
export function PaneEdge({ label, size, least, onResize }: PaneEdgeProps) {
  const grip = useRef<{ x: number; size: number } | null>(null);
  const most = () => Math.max(least, window.innerWidth - LEFT_FOR_VIEW);
  const resize = (wanted: number) => onResize(Math.round(Math.max(least, Math.min(most(), wanted))));
  const onKeyDown = (event: KeyboardEvent<HTMLDivElement>) => {
    const by = { ArrowLeft: STEP, ArrowRight: -STEP }[event.key];
    if (by === undefined) return;
    event.preventDefault();
    resize(size + by);
  };
  return (
    // biome-ignore lint/a11y/useSemanticElements: a rule that can be moved; `hr` cannot be.
    <div
      className={classes.edge}
      role="separator"
      tabIndex={0}
      aria-orientation="vertical"
      aria-label={label}
      aria-valuenow={size}
      aria-valuemin={least}
      aria-valuemax={most()}
      onKeyDown={onKeyDown}
      onPointerDown={(event: PointerEvent<HTMLDivElement>) => {
        event.currentTarget.setPointerCapture(event.pointerId);
        grip.current = { x: event.clientX, size };
      }}
      onPointerMove={(event) => {
        if (grip.current) resize(grip.current.size + grip.current.x - event.clientX);
      }}
      onPointerUp={() => {
        grip.current = null;
      }}
    />
  );
}
