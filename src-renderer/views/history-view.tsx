import { IconFilterOff, IconHistoryOff } from '@tabler/icons-react';
import { useCallback, useMemo, useRef } from 'react';
import type { CallbackState } from '../../src-shared/update';
import type { HistoryQuery } from '../../src-shared/views';
import { useRoute, useSession, useWindow } from '../bindings/session-context';
import { useAccountTypes } from '../bindings/use-account-types';
import { useInspect } from '../bindings/use-inspect';
import { useStored } from '../bindings/use-stored';
import { useWindowRows } from '../bindings/use-window-rows';
import { ActionButton } from '../components/action-button';
import { DataGrid } from '../components/data-grid';
import { FilterMenu } from '../components/filter-menu';
import { MarkBadge } from '../components/mark-badge';
import { CALLBACK_MARKS } from '../components/marks';
import { RowCount, RowsBody } from '../components/rows-body';
import { ID_TIP, SearchField } from '../components/search-field';
import { Empty } from '../components/states';
import { Toggle } from '../components/toggle';
import { ViewFrame } from '../components/view-frame';
import { historyColumns } from './history-columns';

/** Only these are stored: duplicates and conflicts add nothing, rejected records are in their run's rejects. */
const KEPT_OUTCOMES = ['indexed', 'stale'] as const;

type HistoryFilter = {
  idPrefix: string;
  accountTypes: string[];
  outcomes: (typeof KEPT_OUTCOMES)[number][];
  callbackStates: CallbackState[];
};
const NO_FILTER: HistoryFilter = { idPrefix: '', accountTypes: [], outcomes: [], callbackStates: [] };

export function HistoryView() {
  const { client } = useSession();
  const { address } = useWindow();
  const inspect = useRoute((route) => route.inspect);
  /** A link may name a run. */
  const runId = useRoute((route) =>
    route.detail !== null && /^\d{1,19}$/.test(route.detail) ? route.detail : null,
  );
  const types = useAccountTypes();
  const [stored, setFilter] = useStored('history.filter', NO_FILTER);
  const [newestFirst, setNewestFirst] = useStored<boolean>('history.newestFirst', true);
  const filter = useMemo(() => ({ ...NO_FILTER, ...stored }), [stored]);
  const change = useCallback(
    (part: Partial<HistoryFilter>) => setFilter({ ...filter, ...part }),
    [filter, setFilter],
  );
  const fetchRows = useCallback(
    (window: HistoryQuery['window']) =>
      client.call('history.page', {
        window,
        direction: newestFirst ? 'desc' : 'asc',
        filter: { ...filter, ...(runId === null ? {} : { runId }) },
      }),
    [client, newestFirst, filter, runId],
  );
  const { rows, state, retry } = useWindowRows(fetchRows);
  const search = useRef<HTMLInputElement>(null);
  const open = useInspect();
  const actions = useMemo(() => ({ open, filter: () => search.current?.focus() }), [open]);
  const filtering = runId !== null || JSON.stringify(filter) !== JSON.stringify(NO_FILTER);
  const clear = () => {
    setFilter(NO_FILTER);
    address.go({ detail: null });
  };

  // Memoized: the filters are more expensive than the rows.
  const controls = useMemo(
    () => (
      <>
        {runId !== null && (
          <ActionButton onClick={() => address.go({ detail: null })}>Run {runId} only: show all</ActionButton>
        )}
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
          label="Outcome"
          choices={KEPT_OUTCOMES.map((mark) => ({ value: mark, label: <MarkBadge mark={mark} /> }))}
          chosen={filter.outcomes}
          onChoose={(outcomes) => change({ outcomes: [...outcomes] })}
        />
        <FilterMenu
          label="Callback"
          choices={CALLBACK_MARKS.map((mark) => ({ value: mark, label: <MarkBadge mark={mark} /> }))}
          chosen={filter.callbackStates}
          onChoose={(callbackStates) => change({ callbackStates: [...callbackStates] })}
        />
        <Toggle on={newestFirst} onChange={setNewestFirst}>
          Newest first
        </Toggle>
      </>
    ),
    [types, filter, change, newestFirst, setNewestFirst, runId, address],
  );

  return (
    <ViewFrame title="History" count={<RowCount state={state} one="update" />} controls={controls}>
      <RowsBody
        state={state}
        retry={retry}
        what="the history"
        empty={
          filtering ? (
            <Empty
              icon={IconFilterOff}
              title="No update matches"
              action={<ActionButton onClick={clear}>Clear all filters</ActionButton>}
            />
          ) : (
            <Empty
              icon={IconHistoryOff}
              title="No updates yet"
              action={
                <ActionButton onClick={() => address.go({ view: 'live', detail: null })}>
                  Go to Live
                </ActionButton>
              }
            >
              Every unique update is kept here in the order in which it arrived.
            </Empty>
          )
        }
      >
        <DataGrid
          label="History"
          columns={historyColumns}
          rows={rows}
          rowKey={historyKey}
          idOf={accountOf}
          selectedKey={inspect}
          actions={actions}
        />
      </RowsBody>
    </ViewFrame>
  );
}

const historyKey = (row: { readonly seq: string }) => row.seq;
const accountOf = (row: { readonly id: string }) => row.id;
