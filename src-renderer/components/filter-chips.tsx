import { Pill } from '@mantine/core';
import type { ReactNode } from 'react';
import type { TableFilter } from '../bindings/use-table-filter';
import { filterWords } from '../format/filter-words';
import classes from './filter-chips.module.css';

interface FilterChipsProps extends Pick<TableFilter, 'filter' | 'problem' | 'change' | 'show'> {
  /** `3 of 158`. */
  readonly count: ReactNode;
}

/** What a table is filtered by, over the table. Without a filter there is nothing. */
export function FilterChips({ filter, problem, change, show, count }: FilterChipsProps) {
  const chips = filterWords(filter);
  if (chips.length === 0 && problem === null) return null;
  return (
    <section className={classes.bar} aria-label="Filters">
      {problem !== null && (
        <span className={classes.problem}>The address holds a filter that cannot be read. {problem}</span>
      )}
      {chips.map(({ words, without }) => (
        <Pill
          key={words}
          className={classes.chip}
          withRemoveButton
          removeButtonProps={{
            'aria-label': `Remove the filter: ${words}`,
            'aria-hidden': false,
            tabIndex: 0,
          }}
          onRemove={() => change(without)}
        >
          <bdi data-cut="text" className={classes.words}>
            {words}
          </bdi>
        </Pill>
      ))}
      <button type="button" className={classes.clear} onClick={() => show('')}>
        Clear all
      </button>
      <span className={classes.count}>{count}</span>
    </section>
  );
}
