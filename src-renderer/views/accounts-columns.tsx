import type { AccountRow } from '../../src-shared/views';
import { Flash } from '../components/flash';
import { gridColumns } from '../components/grid-model';
import { MarkBadge } from '../components/mark-badge';
import { DueTime, MomentPast } from '../components/moments';
import { AccountId, DataText, Digits, Version } from '../components/values';

const column = gridColumns<AccountRow & { readonly cursor: string }>();

export const accountColumns = [
  column.display({
    id: 'id',
    header: 'Account',
    size: 120,
    meta: { sortBy: 'id', grow: 0.5 },
    cell: ({ row }) => <AccountId id={row.original.id} />,
  }),
  column.display({
    id: 'accountType',
    header: 'Type',
    size: 96,
    meta: { sortBy: 'accountType', grow: 0.5 },
    cell: ({ row }) => <DataText text={row.original.accountType} />,
  }),
  column.display({
    id: 'tokens',
    header: 'Tokens',
    size: 80,
    meta: { align: 'end', sortBy: 'tokens', grow: 0.7 },
    cell: ({ row }) => (
      <Flash value={row.original.tokens}>
        <Digits value={row.original.tokens} />
      </Flash>
    ),
  }),
  column.display({
    id: 'version',
    header: 'Version',
    size: 80,
    meta: { align: 'end', sortBy: 'version', grow: 1 },
    cell: ({ row }) => (
      <Flash value={row.original.version}>
        <Version value={row.original.version} />
      </Flash>
    ),
  }),
  column.display({
    id: 'callback',
    header: 'Callback',
    size: 148,
    meta: { sortBy: 'callback', grow: 0.3 },
    cell: ({ row }) => <CallbackCell row={row.original} />,
  }),
  column.display({
    id: 'updatedAt',
    header: 'Updated',
    size: 100,
    meta: { align: 'end', sortBy: 'updatedAt' },
    cell: ({ row }) => <MomentPast moment={row.original.updated} />,
  }),
];

function CallbackCell({ row }: { readonly row: AccountRow }) {
  return (
    <Flash value={row.callbackState}>
      <MarkBadge mark={row.callbackState} />
      <span style={{ marginLeft: 8 }}>
        {row.callbackSettled === null ? (
          <DueTime due={row.callbackDue} />
        ) : (
          <MomentPast moment={row.callbackSettled} />
        )}
      </span>
    </Flash>
  );
}
