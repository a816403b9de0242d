import { type Icon, IconLoader, IconPlugConnected, IconPlugConnectedX, IconPlugX } from '@tabler/icons-react';
import { groupDigits } from '../../../src-shared/amounts';
import type { ConnectionState, ConnectionStatus } from '../../../src-shared/connections';
import { toPrintable, toPrintableText } from '../../../src-shared/printable';
import { useTicking } from '../../bindings/use-ticking';
import { useModel, useReadOnly, useWindow } from '../../bindings/window-context';
import { ActionButton } from '../../components/action-button';
import { Digits, Nothing, PastTime } from '../../components/values';
import { formatBytes } from '../../format/integers';
import { KIND_NAMES } from '../../stores/connection-form';
import { slotsBehind } from '../../stores/connections';
import classes from './connections-view.module.css';

const LOOKS: Readonly<Record<ConnectionState, { icon: Icon; word: string }>> = {
  connecting: { icon: IconLoader, word: 'connecting' },
  connected: { icon: IconPlugConnected, word: 'connected' },
  waiting: { icon: IconPlugConnectedX, word: 'lost' },
  ended: { icon: IconPlugX, word: 'ended' },
};

interface ConnectionsTableProps {
  readonly list: readonly ConnectionStatus[];
  readonly shown: string | null;
  readonly onShow: (runId: string) => void;
}

export function ConnectionsTable({ list, shown, onShow }: ConnectionsTableProps) {
  return (
    <table className={classes.table} aria-label="Connections">
      <thead>
        <tr>
          <th scope="col">State</th>
          <th scope="col">Source</th>
          <th scope="col" data-align="end">
            Updates
          </th>
          <th scope="col" data-align="end">
            Rate
          </th>
          <th scope="col" data-align="end" data-tip="How many slots the source is ahead of what is stored">
            Lag
          </th>
          <th scope="col" data-align="end">
            Last message
          </th>
          <th scope="col" data-align="end">
            Gaps
          </th>
          <th scope="col" data-align="end">
            Losses
          </th>
          <th scope="col">
            <span className="visually-hidden">Actions</span>
          </th>
        </tr>
      </thead>
      {list.map((status) => (
        <ConnectionRow
          key={status.run.runId}
          status={status}
          isShown={status.run.runId === shown}
          onShow={onShow}
        />
      ))}
    </table>
  );
}

interface ConnectionRowProps {
  readonly status: ConnectionStatus;
  readonly isShown: boolean;
  readonly onShow: (runId: string) => void;
}

function ConnectionRow({ status, isShown, onShow }: ConnectionRowProps) {
  const { client, connections, fail } = useModel();
  const { address, instant } = useWindow();
  const readOnly = useReadOnly();
  const { run, connection, recording, state, gaps, losses, updatesPerSecond, lastMessageAtMs } = status;
  const failed = state === 'ended' && run.failure !== null;
  const { icon: StateIcon, word } = LOOKS[state];
  const behind = slotsBehind(status);
  const trouble = failed ? run.failure : state === 'waiting' ? status.lastLoss : null;
  const disconnect = () =>
    void client.call('connections.disconnect', { runId: run.runId }).then(() => connections.load(), fail);
  const showReport = () => {
    address.go({ view: 'report', detail: null });
    if (state === 'ended') instant.show({ runId: run.runId, at: run.at }, 'step');
    else instant.live();
  };
  return (
    <tbody className={classes.row} data-shown={isShown || undefined}>
      <tr onClick={() => onShow(run.runId)}>
        <td>
          <span className={classes.state} data-state={failed ? 'failed' : state}>
            <StateIcon size={14} stroke={1.75} aria-hidden="true" />
            {failed ? 'failed' : word}
          </span>
        </td>
        <th scope="row">
          <button type="button" className={classes.name} aria-current={isShown || undefined} data-cut="text">
            <bdi>{toPrintable(run.source)}</bdi>
          </button>
          <span className={classes.kind}>
            {KIND_NAMES[connection.kind]}
            {recording !== undefined && `, recorded: ${formatBytes(recording.bytes)}`}
          </span>
        </th>
        <td data-align="end">
          <Digits value={run.counts.records} />
        </td>
        <td data-align="end">
          {state === 'connected' ? `${groupDigits(Math.round(updatesPerSecond))}/s` : <Nothing />}
        </td>
        <td data-align="end">
          {behind === null ? <Nothing word="unknown" /> : `${groupDigits(behind)} slots`}
        </td>
        <td data-align="end">
          {lastMessageAtMs === null ? <Nothing word="none yet" /> : <PastTime timeMs={lastMessageAtMs} />}
        </td>
        <td data-align="end" data-look={gaps > 0 || undefined}>
          <Digits value={gaps} />
        </td>
        <td data-align="end">
          <Digits value={losses} />
        </td>
        <td data-align="end">
          <span className={classes.rowActions}>
            <ActionButton
              size="small"
              data-tip={state === 'ended' ? 'As it was at its end' : 'As it is now'}
              onClick={(event) => {
                event.stopPropagation();
                showReport();
              }}
            >
              Report
            </ActionButton>
            {state === 'ended' ? (
              <ActionButton size="small" onClick={() => connections.dismiss(run.runId)}>
                Dismiss
              </ActionButton>
            ) : (
              <ActionButton size="small" whyNot={readOnly} onClick={disconnect}>
                Disconnect
              </ActionButton>
            )}
          </span>
        </td>
      </tr>
      {trouble !== null && (
        <tr>
          <td colSpan={9} className={classes.trouble}>
            {toPrintableText(trouble)} <Retry status={status} />
          </td>
        </tr>
      )}
    </tbody>
  );
}

/** `Trying again in 3 s.` */
export function Retry({ status: { state, retryAtMs } }: { readonly status: ConnectionStatus }) {
  const waits = useTicking((nowMs) =>
    state !== 'waiting' || retryAtMs === null ? null : Math.max(0, Math.ceil((retryAtMs - nowMs) / 1000)),
  );
  if (waits === null) return null;
  return <span>{waits > 0 ? `Trying again in ${waits} s.` : 'Trying again…'}</span>;
}
