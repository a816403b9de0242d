import { Popover } from '@mantine/core';
import { IconChevronDown } from '@tabler/icons-react';
import { type ReactNode, useState } from 'react';
import { toPrintable } from '../../src-shared/printable';
import classes from './filter-menu.module.css';

export interface Choice<Value extends string> {
  readonly value: Value;
  /** Omitted for a value from a source, which is then shown itself. */
  readonly label?: ReactNode;
  readonly count?: ReactNode;
}

interface FilterMenuProps<Value extends string> {
  readonly label: string;
  readonly choices: readonly Choice<Value>[];
  readonly chosen: readonly Value[];
  readonly onChoose: (chosen: readonly Value[]) => void;
}

/** A button with the number of chosen values, and a list of checkboxes. */
export function FilterMenu<Value extends string>({
  label,
  choices,
  chosen,
  onChoose,
}: FilterMenuProps<Value>) {
  const toggle = (value: Value) =>
    onChoose(chosen.includes(value) ? chosen.filter((one) => one !== value) : [...chosen, value]);
  return (
    <FilterPopover
      label={label}
      summary={
        chosen.length === 0 ? null : chosen.length === 1 ? toPrintable(chosen[0] ?? '') : `${chosen.length}`
      }
    >
      <fieldset className={classes.list}>
        <legend className="visually-hidden">{label}</legend>
        {choices.map(({ value, label: text, count }) => (
          <label key={value} className={classes.choice}>
            <input
              type="checkbox"
              className={classes.box}
              checked={chosen.includes(value)}
              onChange={() => toggle(value)}
            />
            <bdi className={classes.choiceLabel}>{text ?? toPrintable(value)}</bdi>
            {count !== undefined && <span className={classes.choiceCount}>{count}</span>}
          </label>
        ))}
        {choices.length === 0 && <p className={classes.none}>Nothing to choose from yet.</p>}
      </fieldset>
      <button
        type="button"
        className={classes.clear}
        disabled={chosen.length === 0}
        onClick={() => onChoose([])}
      >
        Clear
      </button>
    </FilterPopover>
  );
}

interface FilterPopoverProps {
  readonly label: string;
  /** The chosen values in short; null without a filter. */
  readonly summary: ReactNode;
  readonly children: ReactNode;
}

export function FilterPopover({ label, summary, children }: FilterPopoverProps) {
  const [opened, setOpened] = useState(false);
  return (
    <Popover opened={opened} onChange={setOpened} position="bottom-end">
      <Popover.Target>
        <button
          type="button"
          className={classes.button}
          data-on={summary !== null || undefined}
          aria-expanded={opened}
          aria-haspopup="dialog"
          onClick={() => setOpened(!opened)}
        >
          {label}
          {summary !== null && <bdi className={classes.summary}>{summary}</bdi>}
          <IconChevronDown size={13} stroke={2} aria-hidden="true" />
        </button>
      </Popover.Target>
      <Popover.Dropdown className={classes.dropdown} aria-label={label}>
        {children}
      </Popover.Dropdown>
    </Popover>
  );
}
