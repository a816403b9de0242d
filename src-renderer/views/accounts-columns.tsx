import type { AccountRow } from '../../src-shared/views';
import { Flash } from '../components/flash';
import { gridColumns } from '../components/grid-model';
import { MarkBadge } from '../components/mark-badge';
import { DueTime, MomentPast } from '../components/moments';
import { AccountId, DataText, Digits, Version } from '../components/values';

const column = gridColumns<AccountRow & { readonly cursor: string }>();

export const accountColumns = [
  column('id', 'Account', 120, (row) => <AccountId id={row.id} />, { sortBy: 'id', grow: 1 }),
  column('accountType', 'Type', 96, (row) => <DataText text={row.accountType} />, {
    sortBy: 'accountType',
  }),
  column(
    'tokens',
    'Tokens',
    80,
    (row) => (
      <Flash value={row.tokens}>
        <Digits value={row.tokens} />
      </Flash>
    ),
    { align: 'end', sortBy: 'tokens' },
  ),
  column(
    'version',
    'Version',
    80,
    (row) => (
      <Flash value={row.version}>
        <Version value={row.version} />
      </Flash>
    ),
    { align: 'end', sortBy: 'version' },
  ),
  column('callback', 'Callback', 148, (row) => <CallbackCell row={row} />, { sortBy: 'callback' }),
  column('updatedAt', 'Updated', 100, (row) => <MomentPast moment={row.updated} />, {
    align: 'end',
    sortBy: 'updatedAt',
  }),
];

function CallbackCell({ row }: { readonly row: AccountRow }) {
  return (
    <Flash value={row.callbackState}>
      <MarkBadge mark={row.callbackState} />
      <span style={{ marginLeft: 8 }}>
        {row.callbackSettled === null ? (
          row.callbackDue && <DueTime due={row.callbackDue} />
        ) : (
          <MomentPast moment={row.callbackSettled} />
        )}
      </span>
    </Flash>
  );
}
