import { type Icon, IconAlertTriangle } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import type { WireError } from '../../src-shared/errors';
import { toPrintableText } from '../../src-shared/printable';
import { ActionButton } from './action-button';
import classes from './states.module.css';

interface EmptyProps {
  readonly icon: Icon;
  readonly title: string;
  readonly children?: ReactNode;
  readonly action?: ReactNode;
}

export function Empty({ icon: Icon, title, children, action }: EmptyProps) {
  return (
    <div className={classes.state}>
      <Icon size={28} stroke={1.25} className={classes.icon} aria-hidden="true" />
      <h2 className={classes.title}>{title}</h2>
      {children !== undefined && <p className={classes.text}>{children}</p>}
      {action !== undefined && <div className={classes.action}>{action}</div>}
    </div>
  );
}

export function Failed({ error, onRetry }: { readonly error: WireError; readonly onRetry?: () => void }) {
  return (
    <div className={classes.state} role="alert">
      <IconAlertTriangle size={28} stroke={1.25} className={classes.failed} aria-hidden="true" />
      <h2 className={classes.title}>{toPrintableText(error.message)}</h2>
      {error.details.hint !== undefined && (
        <p className={classes.text}>{toPrintableText(error.details.hint)}</p>
      )}
      {onRetry !== undefined && (
        <div className={classes.action}>
          <ActionButton onClick={onRetry}>Try again</ActionButton>
        </div>
      )}
    </div>
  );
}

/** Unobtrusive: most answers arrive before anyone would notice. */
export function Loading({ what }: { readonly what: string }) {
  return (
    <div className={classes.loading} role="status">
      <span className={classes.bar} aria-hidden="true" />
      <span className="visually-hidden">Loading {what}</span>
    </div>
  );
}
