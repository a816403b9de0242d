import { useState } from 'react';
import { MarkIcon } from './mark-badge';
import type { MarkName } from './marks';
import { Plot, type PlotSeries } from './plot';
import classes from './plot-panel.module.css';

interface PlotPanelProps {
  readonly title: string;
  readonly unit: string;
  /** The first line is x: seconds, up to 0. */
  readonly data: (number | null)[][];
  readonly series: readonly PlotSeries[];
  /** A mark instead of the series' line; omitted: no series has one. */
  readonly marks?: readonly (MarkName | null)[];
  /** Meaning of x = 0. */
  readonly end: 'now' | 'end';
  readonly format: (value: number) => string;
  readonly formatAxis: (value: number) => string;
  readonly leastTop: number;
}

/** A plot with its title, and the values at the pointer or else the latest. */
export function PlotPanel(props: PlotPanelProps) {
  const { title, unit, data, series, marks, end, format, formatAxis, leastTop } = props;
  const [hovered, setHovered] = useState<number | null>(null);
  const shownAt = hovered ?? lastKnown(data);
  const seconds = data[0]?.[shownAt] ?? 0;
  return (
    <section className={classes.plot} aria-label={title}>
      <header className={classes.plotHead}>
        <h2 className={classes.plotTitle}>{title}</h2>
        <span className={classes.plotWhen}>
          {hovered === null
            ? unit
            : `${Math.round(Math.abs(seconds ?? 0) * 10) / 10} s before ${end === 'now' ? 'now' : 'the end'}`}
        </span>
      </header>
      <ul className={classes.legend}>
        {series.map(({ label, colour, dash }, at) => {
          const value = data[at + 1]?.[shownAt] ?? null;
          const mark = marks?.[at] ?? null;
          return (
            <li key={label}>
              {mark ? (
                <MarkIcon mark={mark} />
              ) : (
                <span
                  className={classes.swatch}
                  data-dash={dash !== undefined || undefined}
                  style={{ color: `var(--${colour})` }}
                  aria-hidden="true"
                />
              )}
              {label} <strong>{value === null ? '–' : format(value)}</strong>
            </li>
          );
        })}
      </ul>
      <div className={classes.canvas}>
        <Plot
          data={data as [number[], ...(number | null)[][]]}
          series={series}
          formatX={(value) => (value === 0 ? end : formatSeconds(value))}
          formatY={formatAxis}
          leastTop={leastTop}
          onHover={setHovered}
        />
      </div>
    </section>
  );
}

function formatSeconds(value: number): string {
  const seconds = Math.abs(value);
  return seconds >= 120 && seconds % 60 === 0 ? `\u2212${seconds / 60} min` : `\u2212${seconds} s`;
}

/** The latest bin with any value, for the figures beside the names. */
function lastKnown(data: (number | null)[][]): number {
  const length = data[0]?.length ?? 0;
  for (let at = length - 1; at >= 0; at -= 1) {
    if (data.slice(1).some((line) => (line[at] ?? null) !== null)) return at;
  }
  return length - 1;
}
