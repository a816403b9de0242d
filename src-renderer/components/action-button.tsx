import type { Icon } from '@tabler/icons-react';
import type { ButtonHTMLAttributes, ReactNode, Ref } from 'react';
import type { CommandId } from '../../src-shared/commands';
import classes from './action-button.module.css';
import { Chord } from './chord';

interface ActionButtonProps extends Omit<ButtonHTMLAttributes<HTMLButtonElement>, 'disabled'> {
  /** `main` is the primary action; `danger` deletes something. */
  readonly tone?: 'plain' | 'main' | 'danger' | 'quiet';
  /** `small`: within a line of text. */
  readonly size?: 'usual' | 'small';
  readonly icon?: Icon;
  readonly 'data-tip'?: string | undefined;
  /** Why it is disabled, shown on hover; null if enabled. */
  readonly whyNot?: string | null;
  readonly command?: CommandId;
  readonly children?: ReactNode;
  readonly ref?: Ref<HTMLButtonElement>;
}

export function ActionButton({
  tone = 'plain',
  size = 'usual',
  icon: Icon,
  'data-tip': tip,
  command,
  whyNot = null,
  children,
  ref,
  onClick,
  ...rest
}: ActionButtonProps) {
  return (
    <button
      type="button"
      ref={ref}
      {...rest}
      // Not `disabled`: such a button has no hover, so it could not show the reason.
      aria-disabled={whyNot !== null || undefined}
      data-tip={whyNot ?? tip}
      onClick={(event) => {
        if (whyNot === null) onClick?.(event);
        else event.preventDefault();
      }}
      className={classes.button}
      data-tone={tone}
      data-size={size}
      data-icon-only={children === undefined || undefined}
    >
      {Icon && <Icon size={size === 'small' ? 12 : 15} stroke={1.75} aria-hidden="true" />}
      {children}
      {command && <Chord command={command} />}
    </button>
  );
}
