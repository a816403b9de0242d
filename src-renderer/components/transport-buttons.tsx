import { Popover } from '@mantine/core';
import {
  type Icon,
  IconChevronUp,
  IconPlayerPauseFilled,
  IconPlayerPlayFilled,
  IconPlayerSkipBackFilled,
  IconPlayerStopFilled,
  IconPlayerTrackNextFilled,
} from '@tabler/icons-react';
import { Fragment } from 'react';
import { useStore } from 'zustand';
import { type CommandId, commandOf } from '../../src-shared/commands';
import { fileName } from '../../src-shared/printable';
import { type RunAction, whyNot, whyNotOn } from '../../src-shared/run-actions';
import { useEndedRun } from '../bindings/use-offered-run';
import { usePart } from '../bindings/use-part';
import { useControlled } from '../bindings/use-run-now';
import { useModel, useOpening, useReadOnly, useWindow } from '../bindings/window-context';
import { DECK_GOALS } from '../parts';
import { showChord } from '../stores/keys';
import classes from './transport-buttons.module.css';

export function TransportButtons() {
  const { run, runControl } = useWindow();
  const { client, staging } = useModel();
  const connected = useStore(client.connection, ({ phase }) => phase === 'open');
  const controlled = useControlled();
  const readOnly = useReadOnly();
  const opening = useOpening();
  const busy = useStore(runControl.busy, (now) => now.action);
  const staged = useStore(staging.store, (now) => now.phase !== 'none');
  const ended = useEndedRun();
  const blocked =
    (connected ? null : 'Ingot is not connected') ??
    readOnly ??
    (opening ? 'The database is being opened' : null) ??
    (busy === null ? null : 'The last request is under way') ??
    (staged ? 'A source is open: start or close it first' : null);
  const why = (action: RunAction) => blocked ?? whyNot(action, controlled);
  const offered = ended?.resumable === true ? ended : null;
  const running = controlled?.state === 'running' || controlled?.state === 'draining';
  // By place: a button that changes its meaning keeps the focus.
  const buttons: Readonly<Record<string, Omit<TransportButtonProps, 'run'>>> = {
    again: {
      icon: IconPlayerSkipBackFilled,
      label: 'Run again…',
      command: 'run.again',
      whyNot: why('again') ?? ended?.notRepeatable ?? null,
    },
    toggle: running
      ? {
          icon: IconPlayerPauseFilled,
          label: 'Pause',
          means: 'The run’s clock stops, and its callbacks with it',
          command: 'run.toggle',
          whyNot: why('pause'),
          large: true,
        }
      : {
          icon: IconPlayerPlayFilled,
          label: offered === null ? 'Resume' : `Resume the run of ${fileName(offered.source)}`,
          command: offered === null ? 'run.toggle' : 'run.takeUp',
          whyNot:
            offered === null ? (blocked ?? ended?.notResumable ?? whyNot('resume', controlled)) : blocked,
          large: true,
        },
    step: {
      icon: IconPlayerTrackNextFilled,
      label: 'Step one record',
      means: 'The run pauses, and its clock jumps to the next record',
      command: 'run.step',
      whyNot: why('step'),
    },
    stop: { icon: IconPlayerStopFilled, label: 'Stop', command: 'run.stop', whyNot: why('stop') },
  };
  return (
    <fieldset className={classes.buttons} aria-label="Transport">
      {Object.entries(buttons).map(([place, button]) => (
        <Fragment key={place}>
          <TransportButton {...button} run={run} />
          {place === 'step' && <Goals whyNot={blocked ?? whyNotOn(controlled)} />}
        </Fragment>
      ))}
    </fieldset>
  );
}

/** The other half of the button that steps: what else the run can step to, and what it can run until. */
function Goals({ whyNot }: { readonly whyNot: string | null }) {
  const { overlay } = useWindow();
  const opened = useStore(overlay, ({ shown }) => shown === 'goals');
  const open = (shown: 'goals' | null) => overlay.setState({ shown }, true);
  return (
    // It also reports a click or Escape elsewhere, while something else lies over the view.
    <Popover opened={opened} onChange={() => opened && open(null)} position="top-start">
      <Popover.Target>
        <button
          type="button"
          className={classes.more}
          aria-label="Step to, run until"
          aria-haspopup="dialog"
          aria-expanded={opened}
          aria-disabled={whyNot !== null}
          data-tip={['Step to the next…, run until…', whyNot].filter(Boolean).join('. ')}
          onClick={() => whyNot === null && open(opened ? null : 'goals')}
        >
          <IconChevronUp size={12} stroke={2} aria-hidden="true" />
        </button>
      </Popover.Target>
      <Popover.Dropdown className={classes.goals} aria-label="Step to, run until">
        {opened && <GoalsPart onDone={() => open(null)} />}
      </Popover.Dropdown>
    </Popover>
  );
}

function GoalsPart({ onDone }: { readonly onDone: () => void }) {
  const DeckGoals = usePart(DECK_GOALS);
  return DeckGoals && <DeckGoals onDone={onDone} />;
}

interface TransportButtonProps {
  readonly icon: Icon;
  readonly label: string;
  /** The action, if the label does not name it. */
  readonly means?: string;
  readonly command: CommandId;
  /** Why it is disabled; null if enabled. */
  readonly whyNot: string | null;
  readonly run: (command: CommandId) => void;
  readonly large?: boolean;
}

function TransportButton({
  icon: Icon,
  label,
  means,
  command,
  whyNot,
  run,
  large = false,
}: TransportButtonProps) {
  const [chord] = commandOf(command).chords;
  const keys = chord === undefined ? '' : ` (${showChord(chord, false).join(' then ')})`;
  return (
    <button
      type="button"
      className={classes.button}
      data-large={large || undefined}
      aria-label={label}
      data-tip={[`${label}${keys}`, whyNot ?? means].filter(Boolean).join('. ')}
      // Not `disabled`: the button must keep the focus while its run changes state.
      aria-disabled={whyNot !== null}
      onClick={() => whyNot === null && run(command)}
    >
      <Icon size={large ? 18 : 15} aria-hidden="true" />
    </button>
  );
}
