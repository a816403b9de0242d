import { IconDice5 } from '@tabler/icons-react';
import { countOf } from '../../src-shared/amounts';

import type { ReadForm, SettingsForm } from '../stores/settings-form';
import { ActionButton } from './action-button';
import { ChoiceBar, Field, TextInput } from './field';
import classes from './run-settings-form.module.css';
import { Toggle } from './toggle';

interface RunSettingsFormProps {
  readonly form: SettingsForm;
  readonly errors: ReadForm['errors'];
  readonly onChange: (form: SettingsForm) => void;
  /** Only NDJSON lines can be skipped. */
  readonly isNdjson: boolean;
  /** In the database. */
  readonly pending: number;
}

const ARRIVAL_CHOICES = [
  { value: 'sequential', label: 'Sequential' },
  { value: 'scatter', label: 'Scatter' },
  { value: 'recorded', label: 'As recorded' },
  { value: 'none', label: 'No waiting' },
] as const;
const ARRIVAL_HINTS = {
  sequential: 'Before each update a random wait out of the delay.',
  scatter: 'Each update at its own random instant within the delay, so versions arrive out of order.',
  recorded: 'With the gaps that it had when Ingot recorded it.',
  none: 'As fast as it goes.',
} as const;
const SPEEDS = ['1', '5', '20', '100'] as const;

export function RunSettingsForm({ form, errors, onChange, isNdjson, pending }: RunSettingsFormProps) {
  const change = (part: Partial<SettingsForm>) => onChange({ ...form, ...part });
  return (
    <div className={classes.form}>
      <Field label="Arrival" hint={ARRIVAL_HINTS[form.arrival]}>
        {() => (
          <ChoiceBar
            label="Arrival"
            value={form.arrival}
            choices={ARRIVAL_CHOICES}
            onChange={(arrival) => change({ arrival })}
          />
        )}
      </Field>
      {form.arrival !== 'none' && form.arrival !== 'recorded' && (
        <Field label="Delay" error={errors.delay ?? null} hint="Milliseconds: a range, or one value.">
          {({ id, describedBy }) => (
            <TextInput
              id={id}
              describedBy={describedBy}
              value={form.delay}
              wrong={errors.delay !== undefined}
              onChange={(delay) => change({ delay })}
            />
          )}
        </Field>
      )}
      <Field
        label="Clock"
        hint={form.simulate ? 'Same events, as fast as the machine goes. It has no speed.' : undefined}
      >
        {() => (
          <ChoiceBar
            label="Clock"
            value={form.simulate ? 'virtual' : 'real'}
            choices={[
              { value: 'real', label: 'Real time' },
              { value: 'virtual', label: 'Virtual' },
            ]}
            onChange={(clock) => change({ simulate: clock === 'virtual' })}
          />
        )}
      </Field>
      {form.simulate && (pending > 0 || !form.wait) && (
        <p className={classes.note} role="note">
          {pending > 0 &&
            `${countOf(pending, 'callback')} of other runs ${pending === 1 ? 'waits' : 'wait'} in the database. A newer version in this source cancels the callback of its account, whichever run it is of. `}
          Callbacks that are pending when this run ends are frozen: you can fire or cancel them by hand.
        </p>
      )}
      {!form.simulate && (
        <Field
          label="Speed"
          error={errors.speed ?? null}
          hint="Gaps and callback delays are this many times as fast."
        >
          {({ id, describedBy }) => (
            <div className={classes.speed}>
              <TextInput
                id={id}
                describedBy={describedBy}
                value={form.speed}
                wrong={errors.speed !== undefined}
                onChange={(speed) => change({ speed })}
                width={80}
              />
              {SPEEDS.map((speed) => (
                <ActionButton
                  key={speed}
                  tone="quiet"
                  aria-label={`Speed ${speed}`}
                  data-active={form.speed === speed || undefined}
                  onClick={() => change({ speed })}
                >
                  ×{speed}
                </ActionButton>
              ))}
            </div>
          )}
        </Field>
      )}
      {form.arrival !== 'none' && (
        <Field label="Seed" error={errors.seed ?? null} hint="The same seed gives the same arrivals.">
          {({ id, describedBy }) => (
            <div className={classes.speed}>
              <TextInput
                id={id}
                describedBy={describedBy}
                value={form.seed}
                wrong={errors.seed !== undefined}
                onChange={(seed) => change({ seed })}
              />
              <ActionButton
                tone="quiet"
                icon={IconDice5}
                aria-label="Another seed"
                data-tip="Another seed"
                onClick={() => change({ seed: String(crypto.getRandomValues(new Uint32Array(1))[0] ?? 1) })}
              />
            </div>
          )}
        </Field>
      )}
      <div className={classes.wait}>
        <Toggle on={form.wait} onChange={(wait) => change({ wait })}>
          Wait for all callbacks before the run completes
        </Toggle>
        {isNdjson && (
          <Toggle on={form.skipBrokenLines} onChange={(skipBrokenLines) => change({ skipBrokenLines })}>
            Skip broken lines: reject them and continue
          </Toggle>
        )}
      </div>
    </div>
  );
}
