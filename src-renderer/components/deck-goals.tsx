import { useState } from 'react';
import { type CommandId, whyNotNow } from '../../src-shared/commands';
import { parseGoal, type RunGoal } from '../../src-shared/run-goal';
import { OUTCOMES } from '../../src-shared/update';
import { useControlled } from '../bindings/use-run-now';
import { useModel, useWindow } from '../bindings/window-context';
import { ActionButton } from './action-button';
import { Chord } from './chord';
import classes from './deck-goals.module.css';
import { ChoiceBar } from './field';
import fieldClasses from './field.module.css';

const STEPS = [
  { command: 'run.step', label: 'Record' },
  { command: 'run.stepFired', label: 'Callback' },
  { command: 'run.stepCancelled', label: 'Cancel' },
  { command: 'run.stepConflict', label: 'Conflict' },
  { command: 'run.stepRejected', label: 'Reject' },
] as const satisfies readonly { readonly command: CommandId; readonly label: string }[];

const KINDS = [
  { value: 'record', label: 'Record', placeholder: '120', wrong: 'A number, counted from 0' },
  { value: 'time', label: 'Time', placeholder: '12.5s', wrong: 'A time of the run, such as 12.5s or 1m03s' },
  { value: 'account', label: 'Account', placeholder: 'Its id', wrong: 'An id of 1 to 128 characters' },
  { value: 'type', label: 'Type', placeholder: 'mint', wrong: 'A type of at most 64 characters' },
  { value: 'outcome', label: 'Outcome', placeholder: '', wrong: '' },
] as const;
type Kind = (typeof KINDS)[number]['value'];

const ENDINGS = [...OUTCOMES, 'fired', 'cancelled'] as const;

/** Where a run can step to, and what it can run until. */
export function DeckGoals({ onDone }: { readonly onDone: () => void }) {
  const { run } = useWindow();
  const controlled = useControlled();
  return (
    <>
      <h2 className={classes.title}>Step to the next</h2>
      <div className={classes.steps}>
        {STEPS.map(({ command, label }) => {
          const whyNot = whyNotNow(command, controlled);
          return (
            <button
              key={command}
              type="button"
              className={classes.step}
              aria-disabled={whyNot !== null}
              data-tip={whyNot ?? undefined}
              onClick={() => {
                if (whyNot !== null) return;
                run(command);
                onDone();
              }}
            >
              {label}
              <Chord command={command} />
            </button>
          );
        })}
      </div>
      <h2 className={classes.title}>
        Run until <Chord command="run.until" />
      </h2>
      <UntilForm onDone={onDone} />
    </>
  );
}

function UntilForm({ onDone }: { readonly onDone: () => void }) {
  const { client, fail } = useModel();
  const [kind, setKind] = useState<Kind>('record');
  const [typed, setTyped] = useState('');
  const [ending, setEnding] = useState<(typeof ENDINGS)[number]>('conflict');
  const [isAsked, setAsked] = useState(false);
  const { placeholder, wrong } = KINDS.find(({ value }) => value === kind) ?? KINDS[0];
  const goal = goalOf(kind, kind === 'outcome' ? ending : typed.trim());
  const isWrong = goal === null && isAsked;
  return (
    <form
      className={classes.form}
      onSubmit={(event) => {
        event.preventDefault();
        setAsked(true);
        if (goal === null) return;
        onDone();
        client.call('run.until', { goal }).catch(fail);
      }}
    >
      <ChoiceBar
        label="Run until"
        value={kind}
        choices={KINDS}
        onChange={(next) => {
          setKind(next);
          setAsked(false);
        }}
      />
      <div className={classes.line}>
        {kind === 'outcome' ? (
          <select
            className={fieldClasses.input}
            aria-label="Outcome"
            value={ending}
            onChange={({ currentTarget }) => setEnding(ENDINGS[currentTarget.selectedIndex] ?? ending)}
          >
            {ENDINGS.map((each) => (
              <option key={each} value={each}>
                {each === 'fired' || each === 'cancelled' ? `callback ${each}` : each}
              </option>
            ))}
          </select>
        ) : (
          <input
            className={fieldClasses.input}
            aria-label={KINDS.find(({ value }) => value === kind)?.label}
            placeholder={placeholder}
            autoComplete="off"
            spellCheck={false}
            data-autofocus
            value={typed}
            aria-invalid={isWrong}
            aria-describedby={isWrong ? 'until-wrong' : undefined}
            onChange={({ currentTarget }) => setTyped(currentTarget.value)}
          />
        )}
        <ActionButton type="submit" tone="main">
          Run
        </ActionButton>
      </div>
      {isWrong && (
        <p id="until-wrong" className={classes.wrong}>
          {wrong}
        </p>
      )}
    </form>
  );
}

/** Null if it is none. */
function goalOf(kind: Kind, value: string): RunGoal | null {
  try {
    const goal = parseGoal(kind === 'time' || kind === 'outcome' ? value : `${kind}:${value}`);
    return kind === 'time' && goal.kind !== 'time' ? null : goal;
  } catch {
    return null;
  }
}
