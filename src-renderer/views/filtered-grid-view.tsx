import { type Icon, IconFilterOff } from '@tabler/icons-react';
import { type ReactNode, useCallback, useMemo, useRef } from 'react';
import type { TableQuery } from '../../src-shared/tables';
import type { CallbackState } from '../../src-shared/update';
import { useAccountTypes } from '../bindings/use-account-types';
import { useInspect } from '../bindings/use-inspect';
import { useStored } from '../bindings/use-stored';
import { useWindowRows } from '../bindings/use-window-rows';
import { useRoute, useWindow } from '../bindings/window-context';
import { ActionButton } from '../components/action-button';
import { DataGrid } from '../components/data-grid';
import { FilterMenu } from '../components/filter-menu';
import type { GridColumn, GridSort } from '../components/grid-model';
import { MarkBadge } from '../components/mark-badge';
import { CALLBACK_MARKS, type MarkName } from '../components/marks';
import { RowCount, RowsBody } from '../components/rows-body';
import { ID_TIP, SearchField } from '../components/search-field';
import { Empty } from '../components/states';
import { ViewFrame } from '../components/view-frame';
import type { FetchRows } from '../stores/window-loader';

export type CommonFilter = {
  idPrefix: string;
  accountTypes: string[];
  callbackStates: CallbackState[];
};
export const NO_COMMON_FILTER: CommonFilter = { idPrefix: '', accountTypes: [], callbackStates: [] };

/** A filter that the host stores. Of what another version of Ingot stored, only the known parts count. */
export function useFilter<Filter extends CommonFilter>(key: string, none: Filter) {
  const [stored, setFilter] = useStored(key, none);
  const filter = useMemo(
    () =>
      Object.assign({}, none, Object.fromEntries(Object.entries(stored).filter(([part]) => part in none))),
    [none, stored],
  );
  const change = useCallback(
    (part: Partial<Filter>) => setFilter({ ...filter, ...part }),
    [filter, setFilter],
  );
  const clear = useCallback(() => setFilter(none), [none, setFilter]);
  return { filter, change, clear, filtering: JSON.stringify(filter) !== JSON.stringify(none) };
}

interface FilteredGridViewProps<Row extends { readonly id: string }> {
  readonly title: string;
  /** What one row is. */
  readonly one: string;
  /** Of all rows, for an accessible name. */
  readonly what: string;
  /** Stable. */
  readonly fetchRows: FetchRows<Row>;
  readonly columns: readonly GridColumn<Row & { readonly cursor: string }>[];
  readonly rowKey: (row: Row) => string;
  readonly filter: CommonFilter;
  readonly change: (part: Partial<CommonFilter>) => void;
  readonly clear: () => void;
  readonly filtering: boolean;
  /** More filters, memoized: before the search field, after the types, and at the end. */
  readonly filters: { readonly first?: ReactNode; readonly second?: ReactNode; readonly last?: ReactNode };
  /** Shown when nothing is stored. */
  readonly nothing: { readonly icon: Icon; readonly text: string };
  readonly exported: TableQuery;
  readonly sort?: GridSort;
  readonly onSort?: (sort: GridSort) => void;
}

/** A table over accounts with its filters. */
export function FilteredGridView<Row extends { readonly id: string }>(props: FilteredGridViewProps<Row>) {
  const { title, one, what, filter, change, filtering, filters, nothing, sort, onSort } = props;
  const { address } = useWindow();
  const inspect = useRoute((route) => route.inspect);
  const types = useAccountTypes();
  const { rows, state, retry } = useWindowRows(props.fetchRows);
  const search = useRef<HTMLInputElement>(null);
  const open = useInspect();
  const actions = useMemo(() => ({ open, filter: () => search.current?.focus() }), [open]);

  // Memoized: the filters are more expensive than the rows.
  const controls = useMemo(
    () => (
      <>
        {filters.first}
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
        {filters.second}
        <MarkFilter
          label="Callback"
          marks={CALLBACK_MARKS}
          chosen={filter.callbackStates}
          onChoose={(callbackStates) => change({ callbackStates })}
        />
        {filters.last}
      </>
    ),
    [types, filter, change, filters],
  );
  return (
    <ViewFrame
      title={title}
      count={<RowCount state={state} one={one} />}
      controls={controls}
      hasTimes
      exported={props.exported}
    >
      <RowsBody
        state={state}
        retry={retry}
        what={what}
        empty={
          filtering ? (
            <Empty
              icon={IconFilterOff}
              title={`No ${one} matches`}
              action={<ActionButton onClick={props.clear}>Clear all filters</ActionButton>}
            />
          ) : (
            <Empty
              icon={nothing.icon}
              title={`No ${one}s yet`}
              action={
                <ActionButton onClick={() => address.go({ view: 'live', detail: null })}>
                  Go to Live
                </ActionButton>
              }
            >
              {nothing.text}
            </Empty>
          )
        }
      >
        <DataGrid
          label={title}
          columns={props.columns}
          rows={rows}
          rowKey={props.rowKey}
          idOf={accountOf}
          selectedKey={inspect}
          actions={actions}
          {...(sort && { sort })}
          {...(onSort && { onSort })}
        />
      </RowsBody>
    </ViewFrame>
  );
}

const accountOf = (row: { readonly id: string }) => row.id;

interface MarkFilterProps<Mark extends MarkName> {
  readonly label: string;
  readonly marks: readonly Mark[];
  readonly chosen: readonly Mark[];
  readonly onChoose: (chosen: Mark[]) => void;
}

export function MarkFilter<Mark extends MarkName>({ label, marks, chosen, onChoose }: MarkFilterProps<Mark>) {
  return (
    <FilterMenu
      label={label}
      choices={marks.map((mark) => ({ value: mark, label: <MarkBadge mark={mark} /> }))}
      chosen={chosen}
      onChoose={(marked) => onChoose([...marked])}
    />
  );
}
