import { writeFile } from 'node:fs/promises';
import { axisX, axisY, dot, gridY, lineY, plot, text } from '@observablehq/plot';
import { parseHTML } from 'linkedom';

export interface PlotOptions {
  /** Alternative text of the picture. */
  readonly title: string;
  /** Points of one line stand in their order. */
  readonly points: readonly { readonly x: number; readonly y: number; readonly line: string }[];
  readonly labelX: string;
  readonly labelY: string;
  readonly logarithmicX?: boolean;
}

/** Distinct from each other and the background, in light and dark. */
const COLOURS = ['#2f81c9', '#d9822b', '#2e9e6b'];
/** An embedded picture follows the reader's theme, not the page's, so it has no background. */
const STYLE =
  'svg{color:#3c4149;font:12px system-ui,sans-serif;background:none}@media (prefers-color-scheme:dark){svg{color:#b8bec8}}';

/** Draws lines over x, from zero, into an SVG file readable in light and dark. */
export async function drawPlot(
  file: string,
  { title, points, labelX, labelY, logarithmicX = false }: PlotOptions,
): Promise<void> {
  const { document } = parseHTML('<!doctype html><html><body></body></html>');
  const lines = [...new Set(points.map(({ line }) => line))];
  const drawn = plot({
    document,
    width: 760,
    height: 320,
    marginTop: 36,
    marginLeft: 64,
    marginRight: lines.length > 1 ? 150 : 24,
    marginBottom: 44,
    x: { type: logarithmicX ? 'log' : 'linear', nice: !logarithmicX },
    y: { zero: true, nice: true },
    color: { domain: lines, range: COLOURS },
    marks: [
      gridY({ ticks: 5, stroke: 'currentColor', strokeOpacity: 0.15 }),
      axisX({ label: labelX, labelAnchor: 'center', labelArrow: 'none', ticks: 6, tickFormat: shorten }),
      axisY({ label: labelY, labelArrow: 'none', ticks: 5, tickFormat: shorten }),
      lineY(points, { x: 'x', y: 'y', z: 'line', stroke: 'line', strokeWidth: 2 }),
      dot(points, { x: 'x', y: 'y', fill: 'line', r: 3 }),
      // Beside the plot, because the lines may meet at their ends.
      ...(lines.length > 1
        ? lines.map((line, at) =>
            text([line], {
              frameAnchor: 'top-right',
              textAnchor: 'start',
              dx: 16,
              dy: 18 * at,
              fill: COLOURS[at] ?? 'currentColor',
            }),
          )
        : []),
    ],
  });
  drawn.setAttribute('xmlns', 'http://www.w3.org/2000/svg');
  drawn.setAttribute('role', 'img');
  drawn.setAttribute('aria-label', title);
  const style = document.createElement('style');
  style.textContent = STYLE;
  drawn.querySelector('style')?.remove();
  drawn.prepend(style);
  await writeFile(file, `${drawn.outerHTML}\n`);
}

const shorten = (value: number) =>
  value >= 1e6 ? `${value / 1e6} M` : value >= 1000 ? `${value / 1000} k` : String(value);
