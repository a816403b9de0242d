import {
  type Icon,
  IconPlayerPauseFilled,
  IconPlayerPlayFilled,
  IconPlayerSkipBackFilled,
  IconPlayerStopFilled,
  IconPlayerTrackNextFilled,
} from '@tabler/icons-react';
import { useStore } from 'zustand';
import { useLive, useSession, useWindow } from '../bindings/session-context';
import { useOfferedRun } from '../bindings/use-offered-run';
import { fileName } from '../format/ids';
import { type CommandId, chordOf } from '../stores/commands';
import { showChord } from '../stores/keys';
import { allowedActions, type RunAction } from '../stores/run-control';
import classes from './transport-buttons.module.css';

/** Run again, start or pause, step, stop: each enabled only where it means something. */
export function TransportButtons() {
  const { run, runControl } = useWindow();
  const { client, staging } = useSession();
  const connected = useStore(client.connection, ({ phase }) => phase === 'open');
  const state = useLive((live) => live.status?.state ?? null);
  const busy = useStore(runControl.busy, (now) => now.action);
  const staged = useStore(staging.store, (now) => now.phase !== 'none');
  const allowed = allowedActions(state);
  const free = connected && busy === null && !staged;
  const can = (action: RunAction) => free && allowed.has(action);
  const offered = useOfferedRun();
  const running = state === 'running' || state === 'draining';
  return (
    <fieldset className={classes.buttons} aria-label="Transport">
      <TransportButton
        icon={IconPlayerSkipBackFilled}
        label="Run again"
        command="run.again"
        enabled={can('again')}
        run={run}
      />
      {running ? (
        <TransportButton
          icon={IconPlayerPauseFilled}
          label="Pause"
          command="run.toggle"
          enabled={can('pause')}
          run={run}
          large
        />
      ) : (
        <TransportButton
          icon={IconPlayerPlayFilled}
          label={offered === null ? 'Resume' : `Resume the run of ${fileName(offered.source)}`}
          command={offered === null ? 'run.toggle' : 'run.takeUp'}
          enabled={offered === null ? can('resume') : free}
          run={run}
          large
        />
      )}
      <TransportButton
        icon={IconPlayerTrackNextFilled}
        label="Step one record"
        command="run.step"
        enabled={can('step')}
        run={run}
      />
      <TransportButton
        icon={IconPlayerStopFilled}
        label="Stop"
        command="run.stop"
        enabled={can('stop')}
        run={run}
      />
    </fieldset>
  );
}

interface TransportButtonProps {
  readonly icon: Icon;
  readonly label: string;
  readonly command: CommandId;
  readonly enabled: boolean;
  readonly run: (command: CommandId) => void;
  readonly large?: boolean;
}

function TransportButton({ icon: Icon, label, command, enabled, run, large = false }: TransportButtonProps) {
  const chord = chordOf(command);
  const keys = chord === null ? '' : ` (${showChord(chord, false).join(' then ')})`;
  return (
    <button
      type="button"
      className={classes.button}
      data-large={large || undefined}
      aria-label={label}
      data-tip={`${label}${keys}`}
      // Not `disabled`: the button under the pointer must keep the focus while its run changes state.
      aria-disabled={!enabled}
      onClick={() => enabled && run(command)}
    >
      <Icon size={large ? 18 : 15} aria-hidden="true" />
    </button>
  );
}
