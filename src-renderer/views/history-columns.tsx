import type { Moment } from '../../src-shared/run-clock';
import type { HistoryRow } from '../../src-shared/views';
import { usePreference } from '../bindings/window-context';
import { Flash } from '../components/flash';
import { gridColumns } from '../components/grid-model';
import { MarkBadge, MarkIcon } from '../components/mark-badge';
import { MomentPoint } from '../components/moments';
import { Settled } from '../components/settled';
import { AccountId, Change, DataText, Digits, Nothing, Version } from '../components/values';
import { formatMomentExact } from '../format/times';
import classes from './history-columns.module.css';

const column = gridColumns<HistoryRow & { readonly cursor: string }>();

export const historyColumns = [
  column('seq', 'No.', 52, (row) => <Digits value={row.seq} />, { align: 'end', sortBy: 'seq' }),
  column('run', 'Run', 44, (row) => <Digits value={row.runId} />, { align: 'end' }),
  column('time', 'Time', 104, (row) => <MomentPoint moment={row.arrived} />),
  column('id', 'Account', 100, (row) => <AccountId id={row.id} />, { grow: 1 }),
  column('accountType', 'Type', 72, (row) => <DataText text={row.accountType} />),
  column('outcome', 'Outcome', 84, (row) => <HistoryOutcome row={row} />),
  column('version', 'Version', 72, (row) => <Version value={row.version} />, { align: 'end' }),
  column('tokens', 'Tokens', 84, (row) => <Digits value={row.tokens} />, { align: 'end' }),
  column('change', 'Change', 72, (row) => <Change value={row.tokensChange} />, { align: 'end' }),
  column('callback', 'Callback', 120, (row) => <HistoryCallback row={row} />),
];

/** What the update did when it came; if its slot is dead now, that. */
export function HistoryOutcome({ row }: { readonly row: HistoryRow }) {
  if (row.retracted === null) return <MarkBadge mark={row.outcome} />;
  return (
    <>
      <span className={classes.outcome} data-term={row.outcome}>
        <MarkIcon mark={row.outcome} />
        <span className="visually-hidden">{row.outcome}, </span>
      </span>
      <Retracted since={row.retracted} />
    </>
  );
}

/** That its slot is dead; since when, on hover. */
export function Retracted({ since, short = false }: { readonly since: Moment; readonly short?: boolean }) {
  const zone = usePreference('timeZone');
  const tip = `Its slot was declared dead: ${formatMomentExact(since, zone)}`;
  if (!short) return <MarkBadge mark="retracted" tip={tip} />;
  return (
    <span data-term="retracted" data-tip={tip}>
      <MarkIcon mark="retracted" />
      <span className="visually-hidden">retracted</span>
    </span>
  );
}

/** The callback's state, and what settled it unless it simply fired. Lateness has a column of its own. */
export function HistoryCallback({ row }: { readonly row: HistoryRow }) {
  if (row.callbackState === null) return <Nothing word="no callback" />;
  return (
    <Flash value={row.callbackState}>
      <MarkBadge mark={row.callbackState} />
      {row.settledHow !== 'due' && (
        <span className={classes.how}>
          <Settled row={row} short />
        </span>
      )}
    </Flash>
  );
}
