import { useMediaQuery } from '@mantine/hooks';
import { IconPlayerPlay, IconPlaylistX } from '@tabler/icons-react';
import { useCallback, useMemo } from 'react';
import { formatSpan } from '../../src-shared/amounts';
import { tookMs } from '../../src-shared/events';
import { fileName } from '../../src-shared/printable';
import { isActive } from '../../src-shared/run-actions';
import type { RunRow, WindowRequest } from '../../src-shared/views';
import { useRunNow } from '../bindings/use-run-now';
import { useWindowRows } from '../bindings/use-window-rows';
import { useLive, useModel, useRoute, useWindow } from '../bindings/window-context';
import { ActionButton } from '../components/action-button';
import { DataGrid } from '../components/data-grid';
import { gridColumns } from '../components/grid-model';
import { useTimeStyle } from '../components/moments';
import { RowCount, RowsBody } from '../components/rows-body';
import { RunStateBadge } from '../components/run-state-badge';
import { Empty } from '../components/states';
import { DataText, Digits, Nothing, PastTime, PointInTime } from '../components/values';
import { ViewFrame } from '../components/view-frame';
import { endedEarly } from '../stores/progress';
import { RunDetail } from './run-detail';
import classes from './runs-view.module.css';

const column = gridColumns<RunRow & { readonly cursor: string }>();
const counts = [
  column('run', 'Run', 44, (row) => <Digits value={row.runId} />, { align: 'end' }),
  column('state', 'State', 100, (row) => <StateNow run={row} />),
  column('source', 'Source', 84, (row) => <DataText text={fileName(row.source)} />, { grow: 2 }),
  column('records', 'Records', 64, (row) => <CountNow run={row} of="records" />, { align: 'end', grow: 0.5 }),
  column('indexed', 'Indexed', 64, (row) => <CountNow run={row} of="indexed" />, { align: 'end', grow: 0.5 }),
  column(
    'rejected',
    'Rejected',
    64,
    (row) => (
      <span className={row.counts.rejected > 0 ? classes.rejected : undefined}>
        <CountNow run={row} of="rejected" />
      </span>
    ),
    { align: 'end', grow: 0.5 },
  ),
];
const settled = [
  column('fired', 'Fired', 64, (row) => <CountNow run={row} of="fired" />, { align: 'end', grow: 0.5 }),
  column('cancelled', 'Cancelled', 64, (row) => <CountNow run={row} of="cancelled" />, {
    align: 'end',
    grow: 0.5,
  }),
  column('took', 'Took', 64, (row) => <TookNow run={row} />, { align: 'end' }),
];
const ends = [
  column('started', 'Started', 84, (row) => <StartedAt timeMs={row.startedAtMs} />, { align: 'end' }),
  column(
    'actions',
    () => <span className="visually-hidden">Actions</span>,
    16,
    (row) => <RowResume run={row} />,
    { enableResizing: false },
  ),
];
const columns = [...counts, ...ends];
const allColumns = [...counts, ...settled, ...ends];

/** A run has no time of its own when it starts: how long ago, unless the person reads the wall clock. */
function StartedAt({ timeMs }: { readonly timeMs: number }) {
  const { timeShown } = useTimeStyle();
  return timeShown === 'wall' ? <PointInTime timeMs={timeMs} /> : <PastTime timeMs={timeMs} />;
}

function StateNow({ run }: { readonly run: RunRow }) {
  return <RunStateBadge state={useRunNow(run).state} />;
}

function CountNow({ run, of }: { readonly run: RunRow; readonly of: keyof RunRow['counts'] }) {
  return <Digits value={useRunNow(run).counts[of]} />;
}

function TookNow({ run }: { readonly run: RunRow }) {
  const took = tookMs(useRunNow(run));
  return took === null ? <Nothing word="not ended" /> : formatSpan(took);
}

function RowResume({ run: stored }: { readonly run: RunRow }) {
  const { runControl, address } = useWindow();
  const run = useRunNow(stored);
  const underWay = useLive((state) => state.status !== null && isActive(state.status.state));
  if (!endedEarly(run.state) || !run.resumable || underWay) return null;
  return (
    <button
      type="button"
      className={classes.rowAction}
      tabIndex={-1}
      onClick={async (event) => {
        event.stopPropagation();
        if (await runControl.resumeEnded(run.runId)) address.go({ view: 'live', detail: null });
      }}
    >
      <IconPlayerPlay size={13} stroke={1.75} aria-hidden="true" /> Resume
    </button>
  );
}

export function RunsView() {
  const { client } = useModel();
  const { address } = useWindow();
  const chosen = useRoute((route) => route.detail);
  const isWide = useMediaQuery('(min-width: 1400px)');
  const fetchRows = useCallback((window: WindowRequest) => client.call('runs.page', { window }), [client]);
  const { rows, state, retry } = useWindowRows<RunRow>(fetchRows, 'runs');
  const actions = useMemo(
    () => ({ open: (row: { readonly runId: string }) => address.go({ detail: row.runId }, 'replace') }),
    [address],
  );
  const run = state.cache.rows.find((row) => row.runId === chosen) ?? state.cache.rows[0];
  return (
    <ViewFrame
      title="Runs"
      hasTimes
      count={<RowCount state={state} one="run" />}
      exported={{ table: 'runs' }}
    >
      <RowsBody
        state={state}
        retry={retry}
        what="runs"
        empty={
          <Empty
            icon={IconPlaylistX}
            title="No runs yet"
            action={
              <ActionButton onClick={() => address.go({ view: 'live', detail: null })}>
                Go to Live
              </ActionButton>
            }
          >
            Each run is kept here with its settings, its counts and the records that it rejected.
          </Empty>
        }
      >
        <div className={classes.split}>
          <DataGrid
            label="Runs"
            columns={isWide ? allColumns : columns}
            rows={rows}
            rowKey={runKey}
            selectedKey={run?.runId ?? null}
            actions={actions}
          />
          {run && <RunDetail key={run.runId} run={run} />}
        </div>
      </RowsBody>
    </ViewFrame>
  );
}

const runKey = (row: { readonly runId: string }) => row.runId;
