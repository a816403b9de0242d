import type { Icon } from '@tabler/icons-react';
import type { ButtonHTMLAttributes, ReactNode, Ref } from 'react';
import type { CommandId } from '../stores/commands';
import classes from './action-button.module.css';
import { Chord } from './chord';

interface ActionButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  /** `main` is the one thing to do here; `danger` loses something. */
  readonly tone?: 'plain' | 'main' | 'danger' | 'quiet';
  readonly icon?: Icon;
  /** Shows its keys. */
  readonly command?: CommandId;
  readonly children?: ReactNode;
  readonly ref?: Ref<HTMLButtonElement>;
}

export function ActionButton({
  tone = 'plain',
  icon: Icon,
  command,
  children,
  ref,
  ...rest
}: ActionButtonProps) {
  return (
    <button
      type="button"
      ref={ref}
      {...rest}
      className={classes.button}
      data-tone={tone}
      data-icon-only={children === undefined || undefined}
    >
      {Icon && <Icon size={15} stroke={1.75} aria-hidden="true" />}
      {children}
      {command && <Chord command={command} />}
    </button>
  );
}
