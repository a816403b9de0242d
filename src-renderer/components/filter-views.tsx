import { IconX } from '@tabler/icons-react';
import { type FormEvent, useId, useState } from 'react';
import type { Preferences } from '../../src-shared/contract';
import { useStored } from '../bindings/use-stored';
import type { TableFilter } from '../bindings/use-table-filter';
import { useModel } from '../bindings/window-context';
import { FilterPopover } from './filter-menu';
import classes from './filter-views.module.css';
import type { GridSort } from './grid-model';

type Json = Preferences['layout'][string];

/** A table as a person has arranged it, under a name. */
type SavedView = {
  readonly name: string;
  readonly where: string;
  readonly sort: { by: string; direction: 'asc' | 'desc' };
  /** As the table itself stores them. */
  readonly columns: Json;
  readonly widths: Json;
};

/** Of what another version of Ingot stored, only what is usable counts. */
const isView = (stored: Json): stored is SavedView =>
  typeof stored === 'object' &&
  stored !== null &&
  'name' in stored &&
  typeof stored.name === 'string' &&
  'where' in stored &&
  typeof stored.where === 'string' &&
  'sort' in stored;

const NONE: Json[] = [];

interface FilterViewsProps extends Pick<TableFilter, 'where' | 'show'> {
  /** Of the table. */
  readonly label: string;
  readonly sort: GridSort;
  readonly onSort: (sort: GridSort) => void;
}

/** The views of a table that a person has named: filter, order and columns. The host stores them. */
export function FilterViews({ label, where, show, sort, onSort }: FilterViewsProps) {
  const { preferences } = useModel();
  const [stored, setStored] = useStored(`views:${label}`, NONE);
  const views = stored.filter(isView);
  const [name, setName] = useState('');
  const id = useId();
  const isSame = (one: SavedView) => one.where === where && JSON.stringify(one.sort) === JSON.stringify(sort);
  const current = views.find(isSame)?.name ?? null;

  const put = (next: SavedView[]) => setStored(next);
  const save = (event: FormEvent) => {
    event.preventDefault();
    const named = name.trim();
    if (named === '') return;
    const { layout } = preferences.store.getState().preferences;
    const columns = layout[`columns:${label}`] ?? {};
    const widths = layout[`widths:${label}`] ?? {};
    const others = views.filter((view) => view.name !== named);
    put([...others, { name: named, where, sort: { ...sort }, columns, widths }]);
    setName('');
  };
  const apply = (view: SavedView) => {
    preferences.changeLayout(`columns:${label}`, view.columns ?? {});
    preferences.changeLayout(`widths:${label}`, view.widths ?? {});
    onSort(view.sort);
    show(view.where);
  };
  return (
    <FilterPopover label="Views" summary={current}>
      <ul className={classes.list}>
        {views.map((view) => (
          <li key={view.name} className={classes.line}>
            <button type="button" className={classes.view} data-cut="text" onClick={() => apply(view)}>
              <bdi>{view.name}</bdi>
            </button>
            <button
              type="button"
              className={classes.remove}
              aria-label={`Delete the view ${view.name}`}
              onClick={() => put(views.filter((other) => other !== view))}
            >
              <IconX size={13} stroke={2} aria-hidden="true" />
            </button>
          </li>
        ))}
      </ul>
      <form className={classes.form} onSubmit={save}>
        <label htmlFor={id}>Save filter, order and columns as</label>
        <input
          id={id}
          className={classes.input}
          value={name}
          maxLength={40}
          autoComplete="off"
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <button type="submit" className={classes.save} disabled={name.trim() === ''}>
          Save view
        </button>
      </form>
    </FilterPopover>
  );
}
