import { useCallback, useEffect, useMemo, useRef } from 'react';
import { toWireError } from '../../src-shared/errors';
import { formatFilter, readTableQuery } from '../../src-shared/table-command';
import { formatDuring, type RunStretch } from '../../src-shared/table-filters';
import type { Filter } from '../format/filter-words';
import type { Address } from '../stores/address';
import type { WindowModel } from '../window-model';
import { useModel, useRoute, useWindow } from './window-context';

export type FilteredTable = 'accounts' | 'updates' | 'callbacks';

export interface TableFilter {
  readonly filter: Filter;
  /** As `--where` of the command line reads it; empty: none. */
  readonly where: string;
  /** Why the address cannot be read, for a person. */
  readonly problem: string | null;
  change(part: { readonly [Field in keyof Filter]?: Filter[Field] | undefined }): void;
  /** Everything at once, as `--where` reads it. */
  show(where: string): void;
}

const FILTERED = { accounts: 'accounts', history: 'updates', callbacks: 'callbacks' } as const;

/** Every table shows only a stretch of a run's clock, beside what filters it already; one of them is gone to. */
export function showOnly({ preferences }: WindowModel, address: Address, stretch: RunStretch): void {
  const { layout } = preferences.store.getState().preferences;
  const now = address.store.getState();
  const view = now.view === 'accounts' || now.view === 'callbacks' ? now.view : 'history';
  for (const [name, table] of Object.entries(FILTERED)) {
    const key = `${table}.where`;
    const kept = name === now.view ? (now.where ?? '') : layout[key];
    const { filter } = readFilter(table, typeof kept === 'string' ? kept : '');
    const where = formatFilter(table, { ...filter, during: formatDuring(stretch) });
    preferences.changeLayout(key, where);
    if (name === view) address.go({ view, where, ...(view !== now.view && { detail: null }) });
  }
}

function readFilter(table: FilteredTable, where: string): Pick<TableFilter, 'filter' | 'problem'> {
  try {
    const query = readTableQuery(table, { where });
    return { filter: ('filter' in query && query.filter) || {}, problem: null };
  } catch (error) {
    return { filter: {}, problem: toWireError(error).message };
  }
}

/**
 * The filter of a view's table. The address holds it, so that Back undoes a change and a link carries it; the host remembers the last
 * one, for the next time that the view is opened without any.
 */
export function useTableFilter(table: FilteredTable): TableFilter {
  const { preferences } = useModel();
  const { address } = useWindow();
  const where = useRoute((route) => route.where) ?? '';
  const key = `${table}.where`;
  const changed = useRef('');

  const read = useMemo(() => readFilter(table, where), [table, where]);

  const show = useCallback(
    (next: string, how: 'push' | 'replace' = 'push') => {
      preferences.changeLayout(key, next);
      address.go({ where: next === '' ? null : next }, how);
    },
    [preferences, address, key],
  );
  const change = useCallback<TableFilter['change']>(
    (part) => {
      const fields = Object.keys(part).join();
      const next = formatFilter(table, { ...read.filter, ...part });
      // A text that is being typed is one step for Back.
      const isText = Object.values(part).every((value) => typeof value === 'string');
      const isGoingOn =
        isText && changed.current === fields && Object.keys(part).some((field) => field in read.filter);
      changed.current = fields;
      show(next, isGoingOn ? 'replace' : 'push');
    },
    [table, read, show],
  );
  useEffect(() => {
    const kept = preferences.store.getState().preferences.layout[key];
    if (address.store.getState().where === null && typeof kept === 'string' && kept !== '') {
      address.go({ where: kept }, 'replace');
    }
  }, [preferences, address, key]);
  return { ...read, where, change, show };
}
