import {
  IconArrowsDiff,
  IconClockPlay,
  IconHistory,
  IconPlayerPlay,
  IconRepeat,
  IconSend,
  IconSendOff,
  IconTimeline,
} from '@tabler/icons-react';
import { useCallback } from 'react';
import { countOf, formatSpan } from '../../src-shared/amounts';
import { tookMs } from '../../src-shared/events';
import { toPrintable, toPrintableText } from '../../src-shared/printable';
import { isActive } from '../../src-shared/run-actions';
import type { RejectRow, RunRow, WindowRequest } from '../../src-shared/views';
import { useBlocked, useRunNow } from '../bindings/use-run-now';
import { useRunReading } from '../bindings/use-run-reading';
import { useWindowRows } from '../bindings/use-window-rows';
import { useModel, usePreference, useReadOnly, useWindow } from '../bindings/window-context';
import { ActionButton } from '../components/action-button';
import { confirmAction } from '../components/confirm-action';
import { DataGrid } from '../components/data-grid';
import { gridColumns } from '../components/grid-model';
import { MarkBadge } from '../components/mark-badge';
import { OUTCOME_MARKS } from '../components/marks';
import { RowsBody } from '../components/rows-body';
import { RunStateBadge } from '../components/run-state-badge';
import { Digits } from '../components/values';
import { ExportButton } from '../components/view-frame';

import { formatExact } from '../format/times';
import { formatSides } from '../stores/compared';
import { endedEarly, standsStill } from '../stores/progress';
import { describeSettings, fieldNames } from '../stores/settings-form';
import { endOfTimeline, loadTimeline } from '../stores/timeline';
import classes from './runs-view.module.css';

const COUNTED = [...OUTCOME_MARKS, 'pending', 'fired', 'cancelled'] as const;

export function RunDetail({ run: stored }: { readonly run: RunRow }) {
  const run = useRunNow(stored);
  const zone = usePreference('timeZone');
  const { client, changes, fail, messages, staging } = useModel();
  const { address, instant, runControl } = useWindow();
  const readOnly = useReadOnly();
  const blocked = useBlocked();
  const readAs = useRunReading(run.settings, run.fieldMap);
  const resume = async () => {
    if (await runControl.resumeEnded(run.runId)) address.go({ view: 'live', detail: null });
  };
  const showTimeline = () => {
    client
      .call('timeline.get', { runId: run.runId })
      .then(
        (timeline) => instant.show({ runId: run.runId, at: endOfTimeline(loadTimeline(timeline)) }, 'step'),
        fail,
      );
  };
  const resumeClock = () => {
    client.call('runs.resumeClock', { runId: run.runId }).then(() => {
      changes.emit('runs');
      changes.emit('rows');
    }, fail);
  };
  const setDelivers = (deliver: boolean) =>
    client.call('deliveries.setRun', { runId: run.runId, deliver }).then(() => {
      changes.emit('runs');
      const text = `Run ${run.runId} ${deliver ? 'delivers what it fires from now on' : 'delivers no more'}.`;
      messages.emit({ level: 'success', text });
    }, fail);
  const askToDeliver = () => {
    client.call('targets.list', {}).then((targets) => {
      const armed = targets.filter((target) => target.armed).map(({ name }) => name);
      const where =
        armed.length === 0
          ? 'No target is armed now. It goes to those that are armed when it fires.'
          : `It goes to ${armed.join(', ')}.`;
      confirmAction({
        title: `Deliver the callbacks of run ${run.runId}?`,
        text: `What it fires from now on is sent out of Ingot. ${where} What it fired before is not sent.`,
        confirm: 'Deliver callbacks',
        onConfirm: () => void setDelivers(true),
      });
    }, fail);
  };
  return (
    <section className={classes.detail} aria-label={`Run ${run.runId}`}>
      <header className={classes.detailHead}>
        <h2 className={classes.detailTitle} data-cut="text">
          Run {run.runId} · <bdi>{toPrintable(run.source)}</bdi>
        </h2>
        <div className={classes.detailActions}>
          {endedEarly(run.state) && (
            <ActionButton
              icon={IconPlayerPlay}
              tone={run.resumable && blocked === null ? 'main' : 'plain'}
              whyNot={blocked ?? run.notResumable}
              onClick={() => void resume()}
            >
              Resume
            </ActionButton>
          )}
          {standsStill(run) && (
            <ActionButton
              icon={IconClockPlay}
              whyNot={readOnly}
              data-tip={`Its clock is stopped. ${countOf(run.counts.pending, 'callback')} will continue from where they are`}
              onClick={resumeClock}
            >
              Resume callbacks
            </ActionButton>
          )}
          {run.delivers ? (
            <ActionButton icon={IconSendOff} whyNot={readOnly} onClick={() => void setDelivers(false)}>
              Stop delivering
            </ActionButton>
          ) : (
            (run.counts.pending > 0 || run.resumable || isActive(run.state)) && (
              <ActionButton icon={IconSend} whyNot={readOnly} onClick={askToDeliver}>
                Deliver its callbacks…
              </ActionButton>
            )
          )}
          <ActionButton
            icon={IconRepeat}
            whyNot={blocked ?? run.notRepeatable}
            onClick={() => void staging.openRun(run.runId)}
          >
            Run again…
          </ActionButton>
          <ActionButton icon={IconTimeline} data-tip="As it was at the end of the run" onClick={showTimeline}>
            Show its timeline
          </ActionButton>
          <ActionButton
            icon={IconArrowsDiff}
            data-tip="Its end with now, or with another instant or run"
            onClick={() => address.go({ view: 'compare', detail: formatSides(run.runId, 'now') })}
          >
            Compare with…
          </ActionButton>
          <ActionButton
            icon={IconHistory}
            onClick={() => address.go({ view: 'history', detail: null, where: `run=${run.runId}` })}
          >
            Show its updates
          </ActionButton>
        </div>
      </header>
      {run.failure !== null && (
        <p className={classes.failure} role="alert">
          {toPrintableText(run.failure)}
        </p>
      )}
      <dl className={classes.facts}>
        <dt>State</dt>
        <dd>
          <RunStateBadge state={run.state} />
        </dd>
        <dt>Settings</dt>
        <dd>{describeSettings(run.settings)}</dd>
        {readAs !== null ? (
          <>
            <dt>Read as</dt>
            <dd>{toPrintableText(readAs.join('; '))}</dd>
          </>
        ) : (
          run.fieldMap !== null && (
            <>
              <dt>Field names</dt>
              <dd>{fieldNames(run.fieldMap)}</dd>
            </>
          )
        )}
        {run.delivers && (
          <>
            <dt>Deliveries</dt>
            <dd>What it fires goes to the armed targets</dd>
          </>
        )}
        <dt>Started</dt>
        <dd>{formatExact(run.startedAtMs, zone)}</dd>
        <dt>Took</dt>
        <dd>{tookOf(run)}</dd>
      </dl>
      <ul className={classes.counts} aria-label="Counts">
        {COUNTED.map((mark) => (
          <li key={mark} data-none={run.counts[mark] === 0 || undefined}>
            <MarkBadge mark={mark} />
            <Digits value={run.counts[mark]} />
          </li>
        ))}
      </ul>
      <Rejects run={run} />
    </section>
  );
}

function tookOf(run: RunRow): string {
  const took = tookMs(run);
  if (took !== null) return formatSpan(took);
  return isActive(run.state) ? 'not ended' : 'unknown: its process died';
}

const column = gridColumns<RejectRow & { readonly cursor: string }>();
const columns = [
  column('record', 'Record', 60, (row) => <Digits value={row.record} />, { align: 'end' }),
  column(
    'reason',
    'Field and reason',
    110,
    (row) => (
      <span className={classes.reason} data-cut="text">
        <strong>{toPrintableText(row.field)}</strong> {toPrintableText(withoutField(row))}
      </span>
    ),
    { grow: 1 },
  ),
  column(
    'excerpt',
    'Begins with',
    100,
    (row) => (
      <code className={classes.excerpt} data-cut="text">
        {toPrintableText(row.excerpt.replace(/\s+/g, ' '))}
      </code>
    ),
    { grow: 1.4 },
  ),
];

/** The field is shown before it already. */
function withoutField({ field, reason }: RejectRow): string {
  return reason.startsWith(`${field}: `) ? reason.slice(field.length + 2) : reason;
}

function Rejects({ run }: { readonly run: RunRow }) {
  const { client } = useModel();
  const { runId } = run;
  const fetchRows = useCallback(
    (window: WindowRequest) => client.call('runs.rejects', { runId, window }),
    [client, runId],
  );
  const { rows, state, retry } = useWindowRows<RejectRow>(fetchRows);
  return (
    <>
      <div className={classes.sectionHead}>
        <h3 className={classes.sectionTitle}>{countOf(state.cache.total, 'rejected record')}</h3>
        {state.cache.total > 0 && <ExportButton query={{ table: 'rejects', runId }} />}
      </div>
      <RowsBody
        state={state}
        retry={retry}
        what="rejected records"
        empty={<p className={classes.none}>Every record of this run was valid.</p>}
      >
        <DataGrid
          label="Rejected records"
          columns={columns}
          rows={rows}
          rowKey={rejectKey}
          inCharge="focus"
        />
      </RowsBody>
    </>
  );
}

const rejectKey = (row: { readonly record: number }) => String(row.record);
