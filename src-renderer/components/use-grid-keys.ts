import { type RefObject, useCallback, useEffect, useId, useMemo, useRef, useState } from 'react';
import { useWindow } from '../bindings/window-context';
import type { TableKeys } from '../stores/table-in-charge';
import type { GridActions, GridRows } from './grid-model';
import type { GridSelection } from './use-grid-selection';

interface Options<Row> {
  readonly rows: GridRows<Row>;
  readonly rowKey: (row: Row) => string;
  readonly idOf: ((row: Row) => string | null) | undefined;
  readonly textOf: ((row: Row) => string) | undefined;
  readonly viewport: { readonly page: () => number; readonly show: (index: number) => void };
  readonly actions: GridActions<Row>;
  readonly inCharge: 'always' | 'focus';
  readonly selectedKey: string | null;
  readonly scroller: RefObject<HTMLDivElement | null>;
  /** Undefined: rows cannot be selected. */
  readonly selection: GridSelection<Row> | undefined;
  /** The menu of a row is asked for. */
  readonly onMenu: (index: number) => void;
}

/** The row that keys act on. It follows its row when live updates move it. */
interface Cursor {
  readonly key: string;
  readonly index: number;
}

export function useGridKeys<Row extends object>(options: Options<Row>) {
  const { table, model } = useWindow();
  const prefix = useId();
  const [cursor, setCursor] = useState<Cursor | null>(null);
  const latest = useRef({ ...options, cursor });
  const index = cursor === null ? null : follow(options, cursor);
  latest.current = { ...options, cursor: cursor === null || index === null ? null : { ...cursor, index } };

  const put = useCallback((at: number, open: boolean) => {
    const { rows, rowKey, viewport, actions, selectedKey } = latest.current;
    const wanted = Math.max(0, Math.min(rows.count - 1, at));
    const row = rows.rowAt(wanted);
    viewport.show(wanted);
    setCursor({ key: row ? rowKey(row) : '', index: wanted });
    // An open inspector follows the cursor.
    if (row && (open || selectedKey !== null)) actions.open?.(row);
  }, []);

  const keys = useMemo<TableKeys>(() => {
    const at = () => latest.current.cursor?.index ?? -1;
    const row = () => (at() < 0 ? undefined : latest.current.rows.rowAt(at()));
    return {
      move: (by) => {
        latest.current.selection?.clear();
        put(at() < 0 ? 0 : at() + by, false);
      },
      select: (by) => {
        const from = Math.max(0, at());
        const to = Math.max(0, Math.min(latest.current.rows.count - 1, from + by));
        latest.current.selection?.extend(from, to);
        put(to, false);
      },
      menu: () => latest.current.onMenu(Math.max(0, at())),
      page: (pages) => put(at() + pages * latest.current.viewport.page(), false),
      first: () => put(0, false),
      last: () => put(latest.current.rows.count - 1, false),
      open: () => {
        const current = row();
        if (current) latest.current.actions.open?.(current);
      },
      copy: () => {
        const current = row();
        const { idOf, textOf } = latest.current;
        const text = current && (textOf ?? idOf)?.(current);
        if (!text) return;
        const said = textOf ? 'Copied the row.' : 'Copied the id.';
        navigator.clipboard
          .writeText(text)
          .then(() => model.messages.emit({ level: 'success', text: said }), model.fail);
      },
      filter: () => latest.current.actions.filter?.(),
      fire: () => {
        const current = row();
        if (current) latest.current.actions.fire?.(current);
      },
      cancel: () => {
        const current = row();
        if (current) latest.current.actions.cancel?.(current);
      },
    };
  }, [put, model]);

  const { inCharge, scroller } = options;
  useEffect(() => {
    if (inCharge === 'always') return table.take(keys);
    const element = scroller.current;
    let giveBack: (() => void) | null = null;
    const onFocus = () => {
      giveBack ??= table.take(keys);
    };
    const onBlur = () => {
      giveBack?.();
      giveBack = null;
    };
    element?.addEventListener('focusin', onFocus);
    element?.addEventListener('focusout', onBlur);
    return () => {
      onBlur();
      element?.removeEventListener('focusin', onFocus);
      element?.removeEventListener('focusout', onBlur);
    };
  }, [table, keys, inCharge, scroller]);

  const pick = useCallback(
    (at: number, { shiftKey, ctrlKey, metaKey }: Pick<MouseEvent, 'shiftKey' | 'ctrlKey' | 'metaKey'>) => {
      options.scroller.current?.focus({ preventScroll: true });
      const { selection, cursor: current } = latest.current;
      if (selection && shiftKey) selection.extend(current?.index ?? at, at);
      else if (selection && (ctrlKey || metaKey)) selection.toggle(at);
      else {
        selection?.clear();
        put(at, true);
        return;
      }
      put(at, false);
    },
    [put, options.scroller],
  );
  const domIdOf = useCallback((at: number) => `${prefix}-${at}`, [prefix]);
  return {
    index,
    pick,
    domIdOf,
    activeId: index === null || !options.rows.rowAt(index) ? undefined : domIdOf(index),
  };
}

/** Searches for the cursor's row near its last index; a row out of reach leaves the cursor there. */
function follow<Row>({ rows, rowKey }: Options<Row>, cursor: Cursor): number | null {
  const keyAt = (index: number) => {
    const row = rows.rowAt(index);
    return row ? rowKey(row) : null;
  };
  if (cursor.key === '' || keyAt(cursor.index) === cursor.key) return cursor.index;
  const reach = Math.min(rows.count, 600);
  for (let away = 1; away < reach; away += 1) {
    if (keyAt(cursor.index + away) === cursor.key) return cursor.index + away;
    if (keyAt(cursor.index - away) === cursor.key) return cursor.index - away;
  }
  return cursor.index < rows.count ? cursor.index : null;
}
