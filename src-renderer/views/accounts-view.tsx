import { IconDatabaseOff } from '@tabler/icons-react';
import { useCallback, useMemo } from 'react';
import { ACCOUNT_SORTS, type AccountsQuery } from '../../src-shared/views';
import { useStored } from '../bindings/use-stored';
import { useReads } from '../bindings/window-context';
import type { GridSort } from '../components/grid-model';
import { RangeFilter } from '../components/range-filter';
import { accountColumns } from './accounts-columns';
import { type CommonFilter, FilteredGridView, NO_COMMON_FILTER, useFilter } from './filtered-grid-view';

type AccountsFilter = CommonFilter & {
  tokensFrom: string;
  tokensTo: string;
  versionFrom: string;
  versionTo: string;
};
const NO_FILTER: AccountsFilter = {
  ...NO_COMMON_FILTER,
  tokensFrom: '',
  tokensTo: '',
  versionFrom: '',
  versionTo: '',
};
const NEWEST_FIRST: { by: string; direction: 'asc' | 'desc' } = { by: 'updatedAt', direction: 'desc' };
const NOTHING = {
  icon: IconDatabaseOff,
  text: 'An account appears here with the first update that is indexed for it.',
};

export function AccountsView() {
  const reads = useReads();
  const filters = useFilter('accounts.filter', NO_FILTER);
  const { filter, change } = filters;
  const [sort, setSort] = useStored('accounts.sort', NEWEST_FIRST);
  const fetchRows = useCallback(
    (window: AccountsQuery['window']) =>
      reads.call('accounts.page', { window, sort: toSort(sort), filter: withoutEmpty(filter) }),
    [reads, sort, filter],
  );
  const more = useMemo(
    () => ({
      last: (
        <>
          <RangeFilter
            label="Tokens"
            of="integer"
            from={filter.tokensFrom}
            to={filter.tokensTo}
            onChange={(tokensFrom, tokensTo) => change({ tokensFrom, tokensTo })}
          />
          <RangeFilter
            label="Version"
            of="version"
            from={filter.versionFrom}
            to={filter.versionTo}
            onChange={(versionFrom, versionTo) => change({ versionFrom, versionTo })}
          />
        </>
      ),
    }),
    [filter, change],
  );
  return (
    <FilteredGridView
      title="Accounts"
      one="account"
      what="accounts"
      fetchRows={fetchRows}
      exported={{ table: 'accounts', sort: toSort(sort), filter: withoutEmpty(filter) }}
      columns={accountColumns}
      rowKey={rowKey}
      {...filters}
      filters={more}
      nothing={NOTHING}
      sort={sort}
      onSort={(next) => setSort({ ...next })}
    />
  );
}

/** The stored order may come from another version: an unknown one gets the default. */
function toSort(sort: GridSort): AccountsQuery['sort'] {
  const by = ACCOUNT_SORTS.find((known) => known === sort.by) ?? 'updatedAt';
  return { by, direction: sort.direction === 'asc' ? 'asc' : 'desc' };
}

const withoutEmpty = (filter: AccountsFilter): AccountsQuery['filter'] =>
  Object.fromEntries(Object.entries(filter).filter(([, value]) => value.length > 0));

const rowKey = (row: { readonly id: string }) => row.id;
