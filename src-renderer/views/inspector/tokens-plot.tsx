import { useCallback, useMemo, useState } from 'react';
import { countOf } from '../../../src-shared/amounts';
import { type HistoryRow, MAX_WINDOW_ROWS } from '../../../src-shared/views';
import { useResource } from '../../bindings/use-resource';
import { useReads } from '../../bindings/window-context';
import { MarkIcon } from '../../components/mark-badge';
import { Plot, type PlotSeries } from '../../components/plot';
import { Digits, Version } from '../../components/values';
import { cutVersion, drawnHeight, formatScale } from '../../format/integers';
import classes from './inspector.module.css';

const SERIES: readonly PlotSeries[] = [
  { label: 'Indexed', colour: 'indexed', points: true, stepped: true },
  { label: 'Stale', colour: 'stale', points: true },
];

/** Drawn with doubles, read out exactly. */
export function TokensPlot({ id }: { readonly id: string }) {
  const reads = useReads();
  const [hovered, setHovered] = useState<number | null>(null);
  const load = useCallback(
    () =>
      reads.call('accounts.versionList', {
        id,
        window: { from: { edge: 'start' }, limit: MAX_WINDOW_ROWS },
      }),
    [reads, id],
  );
  const { value } = useResource(load, undefined, 'keep');
  const versions = useMemo<readonly HistoryRow[]>(() => (value ? [...value.rows].reverse() : []), [value]);
  const data = useMemo<[number[], ...(number | null | undefined)[][]]>(
    () => [
      versions.map((_, at) => at),
      indexedLine(versions),
      versions.map(({ outcome, tokens }) => (outcome === 'stale' ? drawnHeight(tokens) : null)),
    ],
    [versions],
  );
  const shown = hovered === null ? undefined : versions[hovered];
  return (
    <section className={classes.plot} aria-label="Tokens over versions">
      <header className={classes.plotHead}>
        <h3 className={classes.sectionTitle}>Tokens over versions</h3>
        {shown ? (
          <span className={classes.plotValue}>
            <MarkIcon mark={shown.outcome} /> v<Version value={shown.version} /> ·{' '}
            <Digits value={shown.tokens} />
          </span>
        ) : (
          value !== null &&
          !value.atEnd && (
            <span className={classes.plotValue}>latest {countOf(versions.length, 'version')}</span>
          )
        )}
      </header>
      <div className={classes.canvas}>
        <Plot
          data={data}
          series={SERIES}
          formatX={(at) => (Number.isInteger(at) ? cutVersion(versions[at]?.version ?? '') : '')}
          widthOfX={92}
          formatY={formatScale}
          leastTop={1}
          onHover={setHovered}
        />
      </div>
    </section>
  );
}

/** Indexed versions only: `null` would make a gap in the line, `undefined` makes none. */
function indexedLine(versions: readonly HistoryRow[]): (number | undefined)[] {
  return versions.map(({ outcome, tokens }) => (outcome === 'indexed' ? drawnHeight(tokens) : undefined));
}
