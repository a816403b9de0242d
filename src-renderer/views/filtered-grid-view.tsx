import { type Icon, IconFilterOff } from '@tabler/icons-react';
import { type ReactNode, useCallback, useMemo, useRef } from 'react';
import type { TableQuery } from '../../src-shared/tables';
import type { RowWindow, WindowRequest } from '../../src-shared/views';
import { useAccountTypes } from '../bindings/use-account-types';
import { useCellActions } from '../bindings/use-cell-actions';
import { useInspect } from '../bindings/use-inspect';
import { useResource } from '../bindings/use-resource';
import type { FilteredTable, TableFilter } from '../bindings/use-table-filter';
import { useWindowRows } from '../bindings/use-window-rows';
import { useRoute, useWindow } from '../bindings/window-context';
import { ActionButton } from '../components/action-button';
import { DataGrid } from '../components/data-grid';
import { FilterChips } from '../components/filter-chips';
import { FilterMenu } from '../components/filter-menu';
import { FilterViews } from '../components/filter-views';
import type { GridColumn, GridSort } from '../components/grid-model';
import { MarkBadge } from '../components/mark-badge';
import { CALLBACK_MARKS, type MarkName } from '../components/marks';
import { MoreFilters } from '../components/more-filters';
import { RowCount, RowsBody } from '../components/rows-body';
import { ID_TIP, SearchField } from '../components/search-field';
import { Empty } from '../components/states';
import { ViewFrame } from '../components/view-frame';
import type { CellRow } from '../format/cells';

interface FilteredGridViewProps<Row extends CellRow> {
  readonly title: string;
  readonly table: FilteredTable;
  /** What one row is. */
  readonly one: string;
  /** Of all rows, for an accessible name. */
  readonly what: string;
  /** Stable. `all`: without the filter. */
  readonly fetchRows: (window: WindowRequest, all?: boolean) => Promise<RowWindow<Row>>;
  readonly columns: readonly GridColumn<Row & { readonly cursor: string }>[];
  readonly rowKey: (row: Row) => string;
  readonly filtered: TableFilter;
  /** More filters, memoized: after the types, and at the end. */
  readonly filters: { readonly second?: ReactNode; readonly last?: ReactNode };
  /** Shown when nothing is stored. */
  readonly nothing: { readonly icon: Icon; readonly text: string };
  readonly exported: TableQuery;
  readonly sort: GridSort;
  readonly onSort: (sort: GridSort) => void;
}

/** A table over accounts with its filters. */
export function FilteredGridView<Row extends CellRow>(props: FilteredGridViewProps<Row>) {
  const { title, table, one, what, fetchRows, filtered, filters, nothing, sort, onSort } = props;
  const { filter, where, change, show } = filtered;
  const { address } = useWindow();
  const inspect = useRoute((route) => route.inspect);
  const types = useAccountTypes();
  const { rows, state, retry } = useWindowRows(fetchRows);
  const countAll = useCallback(() => fetchRows({ from: { edge: 'start' }, limit: 1 }, true), [fetchRows]);
  const { value: all } = useResource(where === '' ? null : countAll, undefined, 'keep');
  const cells = useCellActions(filtered);
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
          value={filter.idPrefix ?? ''}
          onChange={(idPrefix) => change({ idPrefix })}
        />
        <FilterMenu
          label="Type"
          choices={types.map((value) => ({ value }))}
          chosen={filter.accountTypes ?? []}
          onChoose={(accountTypes) => change({ accountTypes: [...accountTypes] })}
        />
        {filters.second}
        <MarkFilter
          label="Callback"
          marks={CALLBACK_MARKS}
          chosen={filter.callbackStates ?? []}
          onChoose={(callbackStates) => change({ callbackStates })}
        />
        {filters.last}
        <MoreFilters table={table} filter={filter} change={change} />
        <FilterViews label={title} where={where} show={show} sort={sort} onSort={onSort} />
      </>
    ),
    [types, table, title, filter, where, change, show, filters, sort, onSort],
  );
  return (
    <ViewFrame
      title={title}
      count={where === '' ? <RowCount state={state} one={one} /> : undefined}
      controls={controls}
      hasTimes
      exported={props.exported}
    >
      <FilterChips {...filtered} count={<RowCount state={state} one={one} of={all} />} />
      <RowsBody
        state={state}
        retry={retry}
        what={what}
        empty={
          where !== '' ? (
            <Empty
              icon={IconFilterOff}
              title={`No ${one} matches`}
              action={<ActionButton onClick={() => show('')}>Clear all filters</ActionButton>}
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
          cells={cells}
          sort={sort}
          onSort={onSort}
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
