import { useCallback, useEffect, useMemo, useRef } from 'react';
import { toWireError } from '../../src-shared/errors';
import { formatFilter, readTableQuery } from '../../src-shared/table-command';
import type { QueryOf } from '../../src-shared/tables';
import { useModel, useRoute, useWindow } from './window-context';

/** Those of the updates have everything that the others have. */
export type Filter = QueryOf<'updates'>['filter'];
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

  const read = useMemo(() => {
    try {
      const query = readTableQuery(table, { where });
      return { filter: ('filter' in query && query.filter) || {}, problem: null };
    } catch (error) {
      return { filter: {}, problem: toWireError(error).message };
    }
  }, [table, where]);

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
