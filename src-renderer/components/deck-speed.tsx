import { Popover } from '@mantine/core';
import { IconChevronUp } from '@tabler/icons-react';
import { useState } from 'react';
import { isActive } from '../../src-shared/run-actions';
import { runSettingsSchema } from '../../src-shared/run-settings';
import { useLive, useModel, useReadOnly } from '../bindings/window-context';
import { SPEEDS } from '../stores/run-control';
import classes from './deck-speed.module.css';
import fieldClasses from './field.module.css';

export const formatSpeed = (speed: number) => `×${speed.toLocaleString('en', { maximumFractionDigits: 3 })}`;

/** The clock's speed; a menu while a real-time run is active. */
export function Speed() {
  const speed = useLive(({ status }) => status?.speed ?? 1);
  const simulated = useLive(({ status }) => status?.simulated === true);
  const readOnly = useReadOnly();
  const active = useLive(({ status }) => status !== null && isActive(status.state));
  if (simulated) {
    return (
      <span className={classes.fixed} data-tip="The run’s clock jumps from one event to the next">
        virtual clock
      </span>
    );
  }
  return active && readOnly === null ? (
    <SpeedMenu speed={speed} />
  ) : (
    <span className={classes.fixed}>{formatSpeed(speed)}</span>
  );
}

function SpeedMenu({ speed }: { readonly speed: number }) {
  const { client, fail } = useModel();
  const [opened, setOpened] = useState(false);
  const [typed, setTyped] = useState('');
  const entered = runSettingsSchema.shape.speed.safeParse(typed.trim() === '' ? Number.NaN : Number(typed));
  const wrong = typed.trim() !== '' && !entered.success;
  const change = (next: number) => {
    setOpened(false);
    setTyped('');
    client.call('run.setSpeed', { speed: next }).catch(fail);
  };
  return (
    <Popover opened={opened} onChange={setOpened} position="top-start">
      <Popover.Target>
        <button
          type="button"
          className={classes.button}
          aria-label={`Speed ${formatSpeed(speed)}`}
          aria-expanded={opened}
          aria-haspopup="dialog"
          data-tip="Change how fast the run’s clock goes"
          onClick={() => setOpened(!opened)}
        >
          {formatSpeed(speed)}
          <IconChevronUp size={12} stroke={2} aria-hidden="true" />
        </button>
      </Popover.Target>
      <Popover.Dropdown className={classes.dropdown}>
        <fieldset className={classes.speeds}>
          <legend className="visually-hidden">Speed of the run</legend>
          {SPEEDS.map((each) => (
            <button
              key={each}
              type="button"
              className={classes.speed}
              aria-pressed={each === speed}
              data-autofocus={each === speed || undefined}
              onClick={() => change(each)}
            >
              {formatSpeed(each)}
            </button>
          ))}
        </fieldset>
        <form
          onSubmit={(event) => {
            event.preventDefault();
            if (entered.success) change(entered.data);
          }}
        >
          <input
            className={fieldClasses.input}
            aria-label="Another speed"
            placeholder="Another"
            inputMode="decimal"
            autoComplete="off"
            value={typed}
            aria-invalid={wrong}
            aria-describedby={wrong ? 'speed-wrong' : undefined}
            onChange={(event) => setTyped(event.currentTarget.value)}
          />
          {wrong && (
            <p id="speed-wrong" className={classes.wrong}>
              A number from 0.001 to 1,000,000
            </p>
          )}
        </form>
      </Popover.Dropdown>
    </Popover>
  );
}
