import type uPlot from 'uplot';

interface Label {
  readonly text: string;
  /** Centre of the labelled point. */
  readonly at: number;
  readonly width: number;
}

interface Frame {
  readonly left: number;
  readonly right: number;
}

const GAP = 8;

/**
 * The left edges of the labels: each centred, the first and the last moved inwards to fit. A label that would touch its neighbour
 * is dropped, but never the last. Any unit.
 */
export function placeLabels(labels: readonly Label[], { left, right }: Frame, gap = GAP) {
  const all = labels
    .filter(({ text }) => text !== '')
    .map(({ text, at, width }) => ({
      text,
      left: Math.max(left, Math.min(right - width, at - width / 2)),
      width,
    }));
  const last = all.pop();
  if (last === undefined) return [];
  let free = left;
  const kept = all.filter((label) => {
    const fits = label.left >= free && label.left + label.width + gap <= last.left;
    if (fits) free = label.left + label.width + gap;
    return fits;
  });
  return [...kept, last];
}

/** Replaces uPlot's own x labels, which are centred and cut at the canvas's edge. */
export function createAxisLabels(formatX: (value: number) => string, font: string, colour: string) {
  let splits: readonly number[] = [];
  return {
    values: (_u: uPlot, found: number[]) => {
      splits = found;
      return found.map(() => null);
    },
    draw(u: uPlot) {
      const { ctx, bbox } = u;
      const ratio = ratioOf(u);
      ctx.save();
      ctx.font = font.replace(/^(\d+)px/, (_, size) => `${Number(size) * ratio}px`);
      ctx.fillStyle = colour;
      ctx.textAlign = 'left';
      ctx.textBaseline = 'top';
      const labels = splits.map((value) => {
        const text = formatX(value);
        return { text, at: u.valToPos(value, 'x', true), width: ctx.measureText(text).width };
      });
      const frame = { left: bbox.left, right: ctx.canvas.width };
      for (const { text, left } of placeLabels(labels, frame, GAP * ratio)) {
        ctx.fillText(text, left, bbox.top + bbox.height + 2 * ratio);
      }
      ctx.restore();
    },
  };
}

/** Canvas pixels per CSS pixel. */
const ratioOf = ({ ctx, width }: uPlot) => ctx.canvas.width / width;
