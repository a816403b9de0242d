import { IconAlertTriangle, IconEye, IconFolderOpen, IconPlayerPlay } from '@tabler/icons-react';
import { useCallback, useMemo, useRef } from 'react';
import { groupDigits } from '../../src-shared/amounts';
import { toPrintableText } from '../../src-shared/printable';
import { isActive } from '../../src-shared/run-actions';
import { useAccountTypes } from '../bindings/use-account-types';
import { useOfferedRun } from '../bindings/use-offered-run';
import { useStored } from '../bindings/use-stored';
import { useInstant, useLive, useReadOnly, useWindow } from '../bindings/window-context';
import { ActionButton } from '../components/action-button';
import { FilterMenu } from '../components/filter-menu';
import { MarkIcon } from '../components/mark-badge';
import { ID_TIP, SearchField } from '../components/search-field';
import { Empty, Loading } from '../components/states';
import { ViewFrame } from '../components/view-frame';

import { LOG_CAPACITY, LOG_KINDS, type LogKind, type LogLine } from '../stores/log';
import { CutOffNotice } from './cut-off-notice';
import { LiveEmpty } from './live-empty';
import { LiveLog } from './live-log';
import { LivePlots } from './live-plots';
import classes from './live-view.module.css';

type StoredFilter = { hidden: LogKind[]; accountTypes: string[]; id: string };
const NO_FILTER: StoredFilter = { hidden: [], accountTypes: [], id: '' };

/** Home: log and plots, or an invitation before the first run. */
export function LiveView() {
  const { run } = useWindow();
  const readOnly = useReadOnly();
  const ready = useLive((state) => state.ready);
  // A run of an earlier start is in the deck, and database news alone is no run.
  const empty = useLive(
    ({ status, log }) => (status === null || !isActive(status.state)) && log.lines.every(isNoNewsOfRun),
  );
  const isPast = useInstant(({ found }) => found !== null);
  const bounded = useLive((state) => state.log.lines.length >= LOG_CAPACITY);
  const types = useAccountTypes();
  const [stored, setFilter] = useStored('live.filter', NO_FILTER);
  const filter = useMemo(() => ({ ...NO_FILTER, ...stored }), [stored]);
  const search = useRef<HTMLInputElement>(null);
  const focusFilter = useCallback(() => search.current?.focus(), []);

  if (!ready)
    return (
      <ViewFrame title="Live">
        <Loading what="the run" />
      </ViewFrame>
    );
  if (readOnly !== null && !isPast)
    return (
      <ViewFrame title="Live">
        <Failure />
        <Empty icon={IconEye} title="This window is read-only">
          The live log is shown where the run is played. The counts and the timeline of the run are below;
          accounts, updates and callbacks are in their views.
        </Empty>
      </ViewFrame>
    );
  if (empty && !isPast)
    return (
      <ViewFrame title="Live">
        <Failure />
        <CutOffNotice className={classes.cutOff} />
        <LiveEmpty />
      </ViewFrame>
    );
  return (
    <ViewFrame
      title="Live"
      hasTimes
      count={
        bounded ? (
          <span data-tip="What is older is in the history">latest {groupDigits(LOG_CAPACITY)} events</span>
        ) : undefined
      }
      controls={
        <>
          <Kinds hidden={filter.hidden} onHide={(hidden) => setFilter({ ...filter, hidden })} />
          <FilterMenu
            label="Type"
            choices={types.map((value) => ({ value }))}
            chosen={filter.accountTypes}
            onChoose={(accountTypes) => setFilter({ ...filter, accountTypes: [...accountTypes] })}
          />
          <SearchField
            ref={search}
            label="Id contains"
            tip={ID_TIP}
            value={filter.id}
            onChange={(id) => setFilter({ ...filter, id })}
          />
          <ActionButton icon={IconFolderOpen} onClick={() => run('open.file')}>
            Open…
          </ActionButton>
        </>
      }
    >
      <Failure />
      <CutOffNotice className={classes.cutOff} />
      <div className={classes.page}>
        <div className={classes.split} data-alone={empty || undefined}>
          <LiveLog filter={filter} focusFilter={focusFilter} />
          {!empty && <LivePlots />}
        </div>
      </div>
    </ViewFrame>
  );
}

const isNoNewsOfRun = ({ kind }: LogLine) => kind === 'database' || kind === 'notice' || kind === 'gap';

/** Stays until the next run: a line in the log scrolls away. */
function Failure() {
  const { address, run } = useWindow();
  const offered = useOfferedRun();
  const failure = useLive((state) => state.status?.failure ?? null);
  const runId = useLive((state) => state.status?.runId ?? null);
  if (failure === null) return null;
  return (
    <div className={classes.failure} role="alert">
      <IconAlertTriangle size={16} stroke={1.75} aria-hidden="true" />
      <p>{toPrintableText(failure)}</p>
      <ActionButton onClick={() => address.go({ view: 'runs', detail: runId })}>Show the run</ActionButton>
      {offered !== null && (
        <ActionButton icon={IconPlayerPlay} onClick={() => run('run.takeUp')}>
          Resume
        </ActionButton>
      )}
    </div>
  );
}

interface KindsProps {
  readonly hidden: readonly LogKind[];
  readonly onHide: (hidden: LogKind[]) => void;
}

/** A legend that toggles which events are listed. */
function Kinds({ hidden, onHide }: KindsProps) {
  return (
    <fieldset className={classes.kinds} aria-label="Events shown">
      {LOG_KINDS.map((kind) => {
        const shown = !hidden.includes(kind);
        return (
          <button
            key={kind}
            type="button"
            className={classes.kind}
            aria-pressed={shown}
            aria-label={kind}
            data-tip={`${shown ? 'Hide' : 'Show'} ${kind}`}
            onClick={() => onHide(shown ? [...hidden, kind] : hidden.filter((one) => one !== kind))}
          >
            <MarkIcon mark={kind} size={14} />
            <span className={classes.kindWord}>{kind}</span>
          </button>
        );
      })}
    </fieldset>
  );
}
