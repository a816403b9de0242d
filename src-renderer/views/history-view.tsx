import { IconHistoryOff } from '@tabler/icons-react';
import { useCallback, useMemo } from 'react';
import type { HistoryQuery } from '../../src-shared/views';
import { useStored } from '../bindings/use-stored';
import { useTableFilter } from '../bindings/use-table-filter';
import { useReads } from '../bindings/window-context';
import type { GridSort } from '../components/grid-model';
import { FilteredGridView, MarkFilter } from './filtered-grid-view';
import { historyColumns } from './history-columns';

/** Only these are stored: duplicates and conflicts add nothing, rejected records are in their run's rejects. */
const KEPT_OUTCOMES = ['indexed', 'stale'] as const;

const NOTHING = {
  icon: IconHistoryOff,
  text: 'Every unique update is kept here in the order in which it arrived.',
};

export function HistoryView() {
  const reads = useReads();
  const filtered = useTableFilter('updates');
  const { filter, change } = filtered;
  const [newestFirst, setNewestFirst] = useStored<boolean>('history.newestFirst', true);
  const direction = newestFirst ? 'desc' : 'asc';
  const fetchRows = useCallback(
    (window: HistoryQuery['window'], all = false) =>
      reads.call('history.page', { window, direction, filter: all ? {} : filter }),
    [reads, direction, filter],
  );
  const more = useMemo(() => {
    const chosen = KEPT_OUTCOMES.filter((outcome) => filter.outcomes?.includes(outcome));
    return {
      second: (
        <MarkFilter
          label="Outcome"
          marks={KEPT_OUTCOMES}
          chosen={chosen}
          onChoose={(outcomes) => change({ outcomes })}
        />
      ),
    };
  }, [filter, change]);
  const sort = useMemo(() => ({ by: 'seq', direction }) as const, [direction]);
  const onSort = useCallback((next: GridSort) => setNewestFirst(next.direction === 'desc'), [setNewestFirst]);
  return (
    <FilteredGridView
      title="History"
      table="updates"
      one="update"
      what="the history"
      fetchRows={fetchRows}
      exported={{ table: 'updates', direction, filter }}
      columns={historyColumns}
      rowKey={rowKey}
      filtered={filtered}
      filters={more}
      nothing={NOTHING}
      sort={sort}
      onSort={onSort}
    />
  );
}

const rowKey = (row: { readonly seq: string }) => row.seq;
