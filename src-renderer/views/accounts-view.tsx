import { IconDatabaseOff } from '@tabler/icons-react';
import { useCallback, useMemo } from 'react';
import { ACCOUNT_SORTS, type AccountsQuery } from '../../src-shared/views';
import { useStored } from '../bindings/use-stored';
import { useTableFilter } from '../bindings/use-table-filter';
import { useReads } from '../bindings/window-context';
import type { GridSort } from '../components/grid-model';
import { RangeFilter } from '../components/range-filter';
import { accountColumns } from './accounts-columns';
import { FilteredGridView } from './filtered-grid-view';

const NEWEST_FIRST: { by: string; direction: 'asc' | 'desc' } = { by: 'updatedAt', direction: 'desc' };
const NOTHING = {
  icon: IconDatabaseOff,
  text: 'An account appears here with the first update that is indexed for it.',
};

export function AccountsView() {
  const reads = useReads();
  const filtered = useTableFilter('accounts');
  const { filter, change } = filtered;
  const [sort, setSort] = useStored('accounts.sort', NEWEST_FIRST);
  const fetchRows = useCallback(
    (window: AccountsQuery['window'], all = false) =>
      reads.call('accounts.page', { window, sort: toSort(sort), filter: all ? {} : filter }),
    [reads, sort, filter],
  );
  const more = useMemo(() => {
    const { tokensFrom = '', tokensTo = '', versionFrom = '', versionTo = '' } = filter;
    return {
      last: (
        <>
          <RangeFilter
            label="Tokens"
            of="integer"
            from={tokensFrom}
            to={tokensTo}
            onChange={(from, to) => change({ tokensFrom: from, tokensTo: to })}
          />
          <RangeFilter
            label="Version"
            of="version"
            from={versionFrom}
            to={versionTo}
            onChange={(from, to) => change({ versionFrom: from, versionTo: to })}
          />
        </>
      ),
    };
  }, [filter, change]);
  const onSort = useCallback((next: GridSort) => setSort({ ...next }), [setSort]);
  return (
    <FilteredGridView
      title="Accounts"
      table="accounts"
      one="account"
      what="accounts"
      fetchRows={fetchRows}
      exported={{ table: 'accounts', sort: toSort(sort), filter }}
      columns={accountColumns}
      rowKey={rowKey}
      filtered={filtered}
      filters={more}
      nothing={NOTHING}
      sort={sort}
      onSort={onSort}
    />
  );
}

/** The stored order may come from another version: an unknown one gets the default. */
function toSort(sort: GridSort): AccountsQuery['sort'] {
  const by = ACCOUNT_SORTS.find((known) => known === sort.by) ?? 'updatedAt';
  return { by, direction: sort.direction === 'asc' ? 'asc' : 'desc' };
}

const rowKey = (row: { readonly id: string }) => row.id;
