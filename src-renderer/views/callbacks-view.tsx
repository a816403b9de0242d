import { IconBellOff, IconFilterOff, IconPlayerPause, IconPlayerPlay } from '@tabler/icons-react';
import { type KeyboardEvent, useCallback, useMemo, useRef, useState } from 'react';
import { groupDigits } from '../../src-shared/amounts';
import { CALLBACK_DELIVERY_STATES, type CallbackDeliveryState } from '../../src-shared/deliveries';
import { cutId } from '../../src-shared/printable';
import { CALLBACK_STATES, type CallbackState } from '../../src-shared/update';
import type { CallbacksQuery, HistoryRow } from '../../src-shared/views';
import { useAccountTypes } from '../bindings/use-account-types';
import { useCellActions } from '../bindings/use-cell-actions';
import { useInspect } from '../bindings/use-inspect';
import { useResource } from '../bindings/use-resource';
import { useTableFilter } from '../bindings/use-table-filter';
import { useTicking } from '../bindings/use-ticking';
import { useWindowRows } from '../bindings/use-window-rows';
import {
  useInstant,
  useLive,
  useModel,
  useReadOnly,
  useReads,
  useRoute,
  useWindow,
} from '../bindings/window-context';
import { ActionButton } from '../components/action-button';
import { confirmAction } from '../components/confirm-action';
import { DataGrid } from '../components/data-grid';
import { FilterChips } from '../components/filter-chips';
import { FilterMenu } from '../components/filter-menu';
import { FilterViews } from '../components/filter-views';
import type { GridSort } from '../components/grid-model';
import { MarkBadge } from '../components/mark-badge';
import { MoreFilters } from '../components/more-filters';
import { RowCount, RowsBody } from '../components/rows-body';
import { ID_TIP, SearchField } from '../components/search-field';
import { Empty } from '../components/states';
import { ViewFrame } from '../components/view-frame';
import { formatVersion } from '../format/integers';
import { callbackColumns } from './callbacks-columns';
import classes from './callbacks-view.module.css';

const isState = (text: string | null): text is CallbackState =>
  CALLBACK_STATES.some((state) => state === text);

export function CallbacksView() {
  const { client, fail, messages } = useModel();
  const reads = useReads();
  const isPast = useInstant(({ text }) => text !== null);
  const { address } = useWindow();
  const state = useRoute((route): CallbackState => (isState(route.detail) ? route.detail : 'pending'));
  const inspect = useRoute((route) => route.inspect);
  const filtered = useTableFilter('callbacks');
  const { filter, where, change, show } = filtered;
  const [direction, setDirection] = useState<'asc' | 'desc'>();
  const types = useAccountTypes();
  const loadCounts = useCallback(() => reads.call('callbacks.counts', {}), [reads]);
  const { value: counts } = useResource(loadCounts, undefined, 'keep');
  const readOnly = useReadOnly();
  const paused = useLive((live) => live.callbacksPaused);

  const fetchRows = useCallback(
    (window: CallbacksQuery['window']) =>
      reads.call('callbacks.page', { window, state, filter, ...(direction && { direction }) }),
    [reads, state, direction, filter],
  );
  const [isMoving, setMoving] = useState(false);
  const tick = useTicking((ms) => (isMoving ? Math.floor(ms / DELIVERIES_MS) : 0));
  const loaded = useWindowRows(fetchRows, 'rows', tick);
  const fired = loaded.state.cache.rows;
  const hasDeliveries = fired.some(({ deliveries }) => deliveries !== undefined);
  const moves = fired.some(({ deliveries }) => deliveries?.some(({ state: of }) => MOVING.includes(of)));
  if (moves !== isMoving) setMoving(moves);
  const label = `Callbacks ${state}`;
  const sort = { by: 'time', direction: direction ?? (state === 'pending' ? 'asc' : 'desc') } as const;
  const onSort = (next: GridSort) => setDirection(next.direction);
  const cells = useCellActions(filtered);
  const search = useRef<HTMLInputElement>(null);
  const open = useInspect();

  const settle = useMemo(
    () => ({
      fire: ({ id, version }: HistoryRow) => {
        client.call('callbacks.fire', { id, version }).catch(fail);
      },
      cancel: ({ id, version }: HistoryRow) =>
        confirmAction({
          title: (
            <>
              Cancel the callback of <bdi>{cutId(id)}</bdi>?
            </>
          ),
          text: `Version ${formatVersion(version)} does not change, but its callback will never fire.`,
          confirm: 'Cancel callback',
          keep: 'Keep callback',
          onConfirm: () => {
            client.call('callbacks.cancel', { id, version }).catch(fail);
          },
        }),
    }),
    [client, fail],
  );
  const refuse = useCallback(() => messages.emit({ level: 'info', text: NOT_IN_THE_PAST }), [messages]);
  const columns = useMemo(
    () => callbackColumns(state, readOnly === null && !isPast ? settle : null, hasDeliveries),
    [state, settle, readOnly, isPast, hasDeliveries],
  );
  const actions = useMemo(
    () => ({
      open,
      filter: () => search.current?.focus(),
      ...(state !== 'pending' ? {} : isPast ? { fire: refuse, cancel: refuse } : settle),
    }),
    [open, state, settle, isPast, refuse],
  );
  const pauseOrResume = () => {
    client.call(paused ? 'callbacks.resume' : 'callbacks.pause', {}).catch(fail);
  };

  return (
    <ViewFrame
      title="Callbacks"
      hasTimes
      exported={{ table: 'callbacks', state, filter, ...(direction && { direction }) }}
      count={
        <Tabs
          state={state}
          counts={counts}
          onPick={(next) => {
            setDirection(undefined);
            address.go({ detail: next });
          }}
        />
      }
      controls={
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
          {state === 'fired' && (hasDeliveries || filter.deliveries !== undefined) && (
            <FilterMenu
              label="Delivery"
              choices={DELIVERIES}
              chosen={filter.deliveries ?? []}
              onChoose={(deliveries) => change({ deliveries: [...deliveries] })}
            />
          )}
          <MoreFilters table="callbacks" filter={filter} change={change} />
          <FilterViews label={label} where={where} show={show} sort={sort} onSort={onSort} />
          <ActionButton
            icon={paused ? IconPlayerPlay : IconPlayerPause}
            whyNot={readOnly ?? (isPast ? NOT_IN_THE_PAST : null)}
            data-tip={
              paused ? undefined : 'For all runs. To stop one run with its callbacks, pause the run below'
            }
            onClick={pauseOrResume}
          >
            {paused ? 'Resume all callbacks' : 'Pause all callbacks'}
          </ActionButton>
        </>
      }
    >
      {paused && (
        <div className={classes.paused} role="status">
          <IconPlayerPause size={16} stroke={1.75} aria-hidden="true" />
          All callbacks are paused: none of any run fires. The clocks of the runs continue, and what falls due
          meanwhile fires when you resume.
        </div>
      )}
      <FilterChips
        {...filtered}
        count={
          <RowCount
            state={loaded.state}
            one={`${state} callback`}
            of={counts && { total: counts[state], totalIs: 'exact' }}
          />
        }
      />
      <div
        className={classes.panel}
        role="tabpanel"
        id="callbacks-panel"
        aria-labelledby={`callbacks-${state}`}
      >
        <RowsBody
          state={loaded.state}
          retry={loaded.retry}
          what="callbacks"
          empty={
            where === '' ? (
              <Empty icon={IconBellOff} title={EMPTY_TITLES[state]}>
                {EMPTY_TEXTS[state]}
              </Empty>
            ) : (
              <Empty
                icon={IconFilterOff}
                title={`No ${state} callback matches`}
                action={<ActionButton onClick={() => show('')}>Clear all filters</ActionButton>}
              />
            )
          }
        >
          <DataGrid
            key={state}
            label={label}
            columns={columns}
            rows={loaded.rows}
            rowKey={rowKey}
            idOf={accountOf}
            selectedKey={inspect}
            actions={actions}
            cells={cells}
            sort={sort}
            onSort={onSort}
          />
        </RowsBody>
      </div>
    </ViewFrame>
  );
}

/** An attempt is no event of a run, so deliveries that may change are asked for now and then. */
const DELIVERIES_MS = 2_000;
const MOVING: readonly CallbackDeliveryState[] = ['under way', 'waiting'];

const DELIVERIES = CALLBACK_DELIVERY_STATES.map((value) => ({ value }));

const NOT_IN_THE_PAST = 'You look at the past, which nothing changes. Go back to live first';

const rowKey = (row: { readonly seq: string }) => row.seq;
const accountOf = (row: { readonly id: string }) => row.id;

const EMPTY_TITLES = {
  pending: 'No callback is pending',
  fired: 'No callback has fired yet',
  cancelled: 'No callback was cancelled',
} as const;
const EMPTY_TEXTS = {
  pending: 'Every indexed update schedules one. It waits here until it is due.',
  fired: 'A callback fires at its due time or just after it, never before.',
  cancelled: 'A newer version of an account cancels the callback of the older one.',
} as const;

interface TabsProps {
  readonly state: CallbackState;
  readonly counts: Readonly<Record<CallbackState, number>> | null;
  readonly onPick: (state: CallbackState) => void;
}

function Tabs({ state, counts, onPick }: TabsProps) {
  const onKeyDown = (event: KeyboardEvent<HTMLDivElement>) => {
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (by === undefined) return;
    event.preventDefault();
    const next = CALLBACK_STATES[(CALLBACK_STATES.indexOf(state) + by + 3) % 3];
    if (next === undefined) return;
    onPick(next);
    document.getElementById(`callbacks-${next}`)?.focus();
  };
  return (
    <div className={classes.tabs} role="tablist" aria-label="Callbacks by state" onKeyDown={onKeyDown}>
      {CALLBACK_STATES.map((each) => (
        <button
          key={each}
          id={`callbacks-${each}`}
          type="button"
          role="tab"
          className={classes.tab}
          aria-selected={each === state}
          aria-controls="callbacks-panel"
          tabIndex={each === state ? 0 : -1}
          onClick={() => onPick(each)}
        >
          <MarkBadge mark={each} />
          <span className={classes.tabCount}>{counts === null ? '' : groupDigits(counts[each])}</span>
        </button>
      ))}
    </div>
  );
}
