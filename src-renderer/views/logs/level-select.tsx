import { IconChevronDown } from '@tabler/icons-react';
import { useId } from 'react';
import type { LogLevel } from '../../../src-shared/logs';
import classes from './logs-view.module.css';

interface LevelSelectProps<Level extends LogLevel> {
  readonly label: string;
  readonly tip: string;
  readonly value: Level;
  readonly levels: readonly Level[];
  readonly onChange: (level: Level) => void;
}

export function LevelSelect<Level extends LogLevel>({
  label,
  tip,
  value,
  levels,
  onChange,
}: LevelSelectProps<Level>) {
  const id = useId();
  return (
    <span className={classes.levelSelect} data-tip={tip}>
      <label htmlFor={id}>{label}</label>
      <select
        id={id}
        value={value}
        onChange={({ currentTarget }) => {
          const chosen = levels.find((level) => level === currentTarget.value);
          if (chosen !== undefined) onChange(chosen);
        }}
      >
        {levels.map((level) => (
          <option key={level} value={level}>
            {level}
          </option>
        ))}
      </select>
      <IconChevronDown size={13} stroke={2} aria-hidden="true" />
    </span>
  );
}
