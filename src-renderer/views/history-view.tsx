import { IconHistoryOff, IconX } from '@tabler/icons-react';
import { useCallback, useMemo } from 'react';
import type { HistoryQuery } from '../../src-shared/views';
import { useStored } from '../bindings/use-stored';
import { useReads, useRoute, useWindow } from '../bindings/window-context';
import { ActionButton } from '../components/action-button';
import { Toggle } from '../components/toggle';
import {
  type CommonFilter,
  FilteredGridView,
  MarkFilter,
  NO_COMMON_FILTER,
  useFilter,
} from './filtered-grid-view';
import { historyColumns } from './history-columns';

/** Only these are stored: duplicates and conflicts add nothing, rejected records are in their run's rejects. */
const KEPT_OUTCOMES = ['indexed', 'stale'] as const;

type HistoryFilter = CommonFilter & { outcomes: (typeof KEPT_OUTCOMES)[number][] };
const NO_FILTER: HistoryFilter = { ...NO_COMMON_FILTER, outcomes: [] };
const NOTHING = {
  icon: IconHistoryOff,
  text: 'Every unique update is kept here in the order in which it arrived.',
};

const NEWEST_FIRST = { by: 'seq', direction: 'desc' } as const;
const OLDEST_FIRST = { by: 'seq', direction: 'asc' } as const;

export function HistoryView() {
  const reads = useReads();
  const { address } = useWindow();
  /** A link may name a run. */
  const runId = useRoute((route) =>
    route.detail !== null && /^\d{1,19}$/.test(route.detail) ? route.detail : null,
  );
  const { filter, change, clear, filtering } = useFilter('history.filter', NO_FILTER);
  const [newestFirst, setNewestFirst] = useStored<boolean>('history.newestFirst', true);
  const fetchRows = useCallback(
    (window: HistoryQuery['window']) =>
      reads.call('history.page', {
        window,
        direction: newestFirst ? 'desc' : 'asc',
        filter: { ...filter, ...(runId === null ? {} : { runId }) },
      }),
    [reads, newestFirst, filter, runId],
  );
  const more = useMemo(
    () => ({
      first: runId !== null && (
        <ActionButton
          icon={IconX}
          data-tip="Show the updates of all runs"
          onClick={() => address.go({ detail: null })}
        >
          Run {runId}
        </ActionButton>
      ),
      second: (
        <MarkFilter
          label="Outcome"
          marks={KEPT_OUTCOMES}
          chosen={filter.outcomes}
          onChoose={(outcomes) => change({ outcomes })}
        />
      ),
      last: (
        <Toggle on={newestFirst} onChange={setNewestFirst}>
          Newest first
        </Toggle>
      ),
    }),
    [filter, change, newestFirst, setNewestFirst, runId, address],
  );
  return (
    <FilteredGridView
      title="History"
      one="update"
      what="the history"
      fetchRows={fetchRows}
      exported={{
        table: 'updates',
        direction: newestFirst ? 'desc' : 'asc',
        filter: { ...filter, ...(runId === null ? {} : { runId }) },
      }}
      columns={historyColumns}
      rowKey={rowKey}
      filter={filter}
      change={change}
      clear={() => {
        clear();
        address.go({ detail: null });
      }}
      filtering={filtering || runId !== null}
      filters={more}
      nothing={NOTHING}
      sort={newestFirst ? NEWEST_FIRST : OLDEST_FIRST}
      onSort={({ direction }) => setNewestFirst(direction === 'desc')}
    />
  );
}

const rowKey = (row: { readonly seq: string }) => row.seq;
