import { IconDatabaseOff, IconFilterOff } from '@tabler/icons-react';
import { useCallback, useMemo, useRef } from 'react';
import type { CallbackState } from '../../src-shared/update';
import { ACCOUNT_SORTS, type AccountsQuery } from '../../src-shared/views';
import { useRoute, useSession, useWindow } from '../bindings/session-context';
import { useAccountTypes } from '../bindings/use-account-types';
import { useInspect } from '../bindings/use-inspect';
import { useStored } from '../bindings/use-stored';
import { useWindowRows } from '../bindings/use-window-rows';
import { ActionButton } from '../components/action-button';
import { DataGrid } from '../components/data-grid';
import { FilterMenu } from '../components/filter-menu';
import type { GridSort } from '../components/grid-model';
import { MarkBadge } from '../components/mark-badge';
import { CALLBACK_MARKS } from '../components/marks';
import { RangeFilter } from '../components/range-filter';
import { RowCount, RowsBody } from '../components/rows-body';
import { ID_TIP, SearchField } from '../components/search-field';
import { Empty } from '../components/states';
import { ViewFrame } from '../components/view-frame';
import { accountColumns } from './accounts-columns';

type AccountsFilter = {
  idPrefix: string;
  accountTypes: string[];
  callbackStates: CallbackState[];
  tokensFrom: string;
  tokensTo: string;
  versionFrom: string;
  versionTo: string;
};
const NO_FILTER: AccountsFilter = {
  idPrefix: '',
  accountTypes: [],
  callbackStates: [],
  tokensFrom: '',
  tokensTo: '',
  versionFrom: '',
  versionTo: '',
};
const NEWEST_FIRST: { by: string; direction: 'asc' | 'desc' } = { by: 'updatedAt', direction: 'desc' };

export function AccountsView() {
  const { client } = useSession();
  const { address } = useWindow();
  const inspect = useRoute((route) => route.inspect);
  const types = useAccountTypes();
  const [stored, setFilter] = useStored('accounts.filter', NO_FILTER);
  const [sort, setSort] = useStored('accounts.sort', NEWEST_FIRST);
  const filter = useMemo(() => ({ ...NO_FILTER, ...stored }), [stored]);
  const change = useCallback(
    (part: Partial<AccountsFilter>) => setFilter({ ...filter, ...part }),
    [filter, setFilter],
  );

  const fetchRows = useCallback(
    (window: AccountsQuery['window']) =>
      client.call('accounts.page', { window, sort: toSort(sort), filter: toFilter(filter) }),
    [client, sort, filter],
  );
  const { rows, state, retry } = useWindowRows(fetchRows);
  const filtering = JSON.stringify(filter) !== JSON.stringify(NO_FILTER);
  const search = useRef<HTMLInputElement>(null);
  const open = useInspect();
  const actions = useMemo(() => ({ open, filter: () => search.current?.focus() }), [open]);

  // Memoized: the filters are more expensive than the rows.
  const controls = useMemo(
    () => (
      <>
        <SearchField
          ref={search}
          label="Id begins with"
          tip={ID_TIP}
          value={filter.idPrefix}
          onChange={(idPrefix) => change({ idPrefix })}
        />
        <FilterMenu
          label="Type"
          choices={types.map((value) => ({ value }))}
          chosen={filter.accountTypes}
          onChoose={(accountTypes) => change({ accountTypes: [...accountTypes] })}
        />
        <FilterMenu
          label="Callback"
          choices={CALLBACK_MARKS.map((mark) => ({ value: mark, label: <MarkBadge mark={mark} /> }))}
          chosen={filter.callbackStates}
          onChoose={(callbackStates) => change({ callbackStates: [...callbackStates] })}
        />
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
    [types, filter, change],
  );

  return (
    <ViewFrame title="Accounts" count={<RowCount state={state} one="account" />} controls={controls}>
      <RowsBody
        state={state}
        retry={retry}
        what="accounts"
        empty={
          filtering ? (
            <Empty
              icon={IconFilterOff}
              title="No account matches"
              action={<ActionButton onClick={() => setFilter(NO_FILTER)}>Clear all filters</ActionButton>}
            />
          ) : (
            <Empty
              icon={IconDatabaseOff}
              title="No accounts yet"
              action={<ActionButton onClick={() => address.go({ view: 'live' })}>Go to Live</ActionButton>}
            >
              An account appears here with the first update that is indexed for it.
            </Empty>
          )
        }
      >
        <DataGrid
          label="Accounts"
          columns={accountColumns}
          rows={rows}
          rowKey={accountKey}
          idOf={accountKey}
          selectedKey={inspect}
          sort={sort}
          onSort={(next: GridSort) => setSort({ ...next })}
          actions={actions}
        />
      </RowsBody>
    </ViewFrame>
  );
}

const accountKey = (row: { readonly id: string }) => row.id;

/** The stored order may come from another version: an unknown one gets the default. */
function toSort(sort: GridSort): AccountsQuery['sort'] {
  const by = ACCOUNT_SORTS.find((known) => known === sort.by) ?? 'updatedAt';
  return { by, direction: sort.direction === 'asc' ? 'asc' : 'desc' };
}

function toFilter(filter: AccountsFilter): AccountsQuery['filter'] {
  return {
    ...(filter.idPrefix === '' ? {} : { idPrefix: filter.idPrefix }),
    ...(filter.accountTypes.length === 0 ? {} : { accountTypes: filter.accountTypes }),
    ...(filter.callbackStates.length === 0 ? {} : { callbackStates: filter.callbackStates }),
    ...(filter.tokensFrom === '' ? {} : { tokensFrom: filter.tokensFrom }),
    ...(filter.tokensTo === '' ? {} : { tokensTo: filter.tokensTo }),
    ...(filter.versionFrom === '' ? {} : { versionFrom: filter.versionFrom }),
    ...(filter.versionTo === '' ? {} : { versionTo: filter.versionTo }),
  };
}
