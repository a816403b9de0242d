import { useEffect, useRef } from 'react';
import uPlot from 'uplot';
import { useSize } from '../bindings/use-size';
import { useThemeColours } from '../bindings/use-theme-colours';
import { useModel } from '../bindings/window-context';

/** A colour of tokens.css, without its dashes. */
type Colour =
  | 'indexed'
  | 'stale'
  | 'fired'
  | 'cancelled'
  | 'pending'
  | 'conflict'
  | 'rejected'
  | 'ink-1'
  | 'ink-2'
  | 'ink-3';

export interface PlotSeries {
  readonly label: string;
  readonly colour: Colour;
  readonly fill?: boolean;
  readonly dash?: readonly number[];
  /** Draws a dot at each value: for series with few values. */
  readonly points?: boolean;
  readonly stepped?: boolean;
}

interface PlotProps {
  /** The first line is x. */
  readonly data: uPlot.AlignedData;
  readonly series: readonly PlotSeries[];
  readonly formatX: (value: number) => string;
  /** Width of the longest x label, in pixels. */
  readonly widthOfX?: number;
  readonly formatY: (value: number) => string;
  /** Lower limit for the top of the y axis, so that noise does not look large. */
  readonly leastTop: number;
  readonly onHover?: (index: number | null) => void;
}

const COLOURS = [
  'indexed',
  'stale',
  'fired',
  'cancelled',
  'pending',
  'conflict',
  'rejected',
  'ink-1',
  'ink-2',
  'ink-3',
  'line',
] as const;
const FONT = '11px "Inter Variable", sans-serif';

/** A value between two gaps has no line, so it needs a dot. */
const findLonely: uPlot.Series.Points.Filter = ({ data }, series) => {
  const values = data[series] ?? [];
  const found: number[] = [];
  for (let at = 0; at < values.length; at += 1) {
    const isGap = (place: number) => (values[place] ?? null) === null;
    if (!isGap(at) && isGap(at - 1) && isGap(at + 1)) found.push(at);
  }
  return found;
};

/** A small plot in the theme's colours. Doubles are exact enough for drawing. */
export function Plot({ data, series, formatX, widthOfX = 28, formatY, leastTop, onHover }: PlotProps) {
  const { clock } = useModel();
  const frame = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const { width, height } = useSize(frame);
  const colours = useThemeColours(COLOURS);
  const latest = useRef({ data, formatX, formatY, onHover });
  latest.current = { data, formatX, formatY, onHover };
  const shape = JSON.stringify(series);

  // biome-ignore lint/correctness/useExhaustiveDependencies: a plot is made anew when its looks change; its size and data are put in below.
  useEffect(() => {
    if (!frame.current || width === 0) return;
    const made = new uPlot(
      {
        width,
        height,
        legend: { show: false },
        padding: [8, widthOfX / 2, 0, 0],
        cursor: { y: false, points: { size: 7 }, drag: { x: false, y: false } },
        hooks: {
          setCursor: [(u) => latest.current.onHover?.(u.cursor.idx ?? null)],
        },
        scales: {
          x: { time: false },
          y: { range: (_u, _low, high) => [0, Math.max(leastTop, (high ?? 0) * 1.08)] },
        },
        axes: [
          {
            stroke: colours['ink-2'],
            font: FONT,
            size: 24,
            // Lower than half a line: the first label must not touch the 0 of the y axis.
            gap: 7,
            space: Math.max(80, widthOfX + 8),
            grid: { show: false },
            ticks: { show: false },
            values: (_u, values) => values.map((value) => latest.current.formatX(value)),
          },
          {
            stroke: colours['ink-2'],
            font: FONT,
            size: 52,
            gap: 6,
            space: 32,
            grid: { stroke: colours.line, width: 1 },
            ticks: { show: false },
            values: (_u, values) => values.map((value) => latest.current.formatY(value)),
          },
        ],
        series: [
          {},
          ...series.map(({ label, colour, fill, dash, points, stepped }) => ({
            label,
            stroke: colours[colour],
            width: 1.5,
            ...(fill === true ? { fill: `color-mix(in srgb, ${colours[colour]} 8%, transparent)` } : {}),
            ...(dash === undefined ? {} : { dash: [...dash] }),
            ...(stepped === true && uPlot.paths.stepped ? { paths: uPlot.paths.stepped({ align: 1 }) } : {}),
            points:
              points === true
                ? { show: true, size: 5, fill: colours[colour] }
                : { show: true, size: 3, fill: colours[colour], filter: findLonely },
          })),
        ],
      },
      latest.current.data,
      frame.current,
    );
    plot.current = made;
    return () => {
      plot.current = null;
      made.destroy();
    };
  }, [colours, shape, leastTop, width > 0]);

  useEffect(() => {
    if (width > 0) plot.current?.setSize({ width, height });
  }, [width, height]);
  // In the next frame: the rows of the same update are laid out in this one, and both together take too long.
  useEffect(
    () =>
      clock.beforePaint(() => {
        const { current } = plot;
        current?.batch(() => {
          current.setData(data);
          // uPlot keeps labels while the scale is unchanged, but at the end of a run one label changes.
          current.redraw(false, true);
        });
      }),
    [data, clock],
  );
  return <div ref={frame} style={{ position: 'absolute', inset: 0, overflow: 'hidden' }} />;
}
