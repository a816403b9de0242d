import type { HistoryRow } from '../../src-shared/views';
import { Flash } from '../components/flash';
import { gridColumns } from '../components/grid-model';
import { MarkBadge } from '../components/mark-badge';
import { MomentPoint } from '../components/moments';
import { Settled } from '../components/settled';
import { AccountId, Change, DataText, Digits, Nothing, Version } from '../components/values';
import classes from './history-columns.module.css';

const column = gridColumns<HistoryRow & { readonly cursor: string }>();

export const historyColumns = [
  column.display({
    id: 'seq',
    header: 'No.',
    size: 60,
    meta: { align: 'end' },
    cell: ({ row }) => <Digits value={row.original.seq} />,
  }),
  column.display({
    id: 'time',
    header: 'Time',
    size: 104,
    cell: ({ row }) => <MomentPoint moment={row.original.arrived} />,
  }),
  column.display({
    id: 'id',
    header: 'Account',
    size: 100,
    meta: { grow: 0.4 },
    cell: ({ row }) => <AccountId id={row.original.id} />,
  }),
  column.display({
    id: 'accountType',
    header: 'Type',
    size: 72,
    meta: { grow: 0.4 },
    cell: ({ row }) => <DataText text={row.original.accountType} />,
  }),
  column.display({
    id: 'outcome',
    header: 'Outcome',
    size: 92,
    cell: ({ row }) => <MarkBadge mark={row.original.outcome} />,
  }),
  column.display({
    id: 'version',
    header: 'Version',
    size: 72,
    meta: { align: 'end', grow: 1 },
    cell: ({ row }) => <Version value={row.original.version} />,
  }),
  column.display({
    id: 'tokens',
    header: 'Tokens',
    size: 84,
    meta: { align: 'end', grow: 1 },
    cell: ({ row }) => <Digits value={row.original.tokens} />,
  }),
  column.display({
    id: 'change',
    header: 'Change',
    size: 96,
    meta: { align: 'end', grow: 1.1 },
    cell: ({ row }) => <Change value={row.original.tokensChange} />,
  }),
  column.display({
    id: 'callback',
    header: 'Callback',
    size: 168,
    meta: { grow: 0.2 },
    cell: ({ row }) => <HistoryCallback row={row.original} />,
  }),
];

/** The callback's state, and what settled it unless it simply fired. Lateness has a column of its own. */
export function HistoryCallback({ row }: { readonly row: HistoryRow }) {
  if (row.callbackState === null) return <Nothing word="no callback" />;
  return (
    <Flash value={row.callbackState}>
      <MarkBadge mark={row.callbackState} />
      {row.settledHow !== 'due' && (
        <span className={classes.how}>
          <Settled row={row} />
        </span>
      )}
    </Flash>
  );
}
