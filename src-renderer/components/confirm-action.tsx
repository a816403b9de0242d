import { modals } from '@mantine/modals';
import type { ReactNode } from 'react';
import { ActionButton } from './action-button';
import classes from './confirm-action.module.css';

interface Confirmation {
  readonly title: ReactNode;
  readonly text: string;
  /** A verb and its object: `Cancel callback`. */
  readonly confirm: string;
  /** `Cancel` by default. */
  readonly keep?: string;
  readonly onConfirm: () => void;
}

/** Asks before what cannot be undone. The focus starts on the button that does nothing. */
export function confirmAction({ title, text, confirm, keep = 'Cancel', onConfirm }: Confirmation): void {
  const id = modals.open({
    title,
    centered: true,
    size: 420,
    withCloseButton: false,
    children: (
      <>
        <p className={classes.text}>{text}</p>
        <div className={classes.buttons}>
          <ActionButton data-autofocus onClick={() => modals.close(id)}>
            {keep}
          </ActionButton>
          <ActionButton
            tone="danger"
            onClick={() => {
              modals.close(id);
              onConfirm();
            }}
          >
            {confirm}
          </ActionButton>
        </div>
      </>
    ),
  });
}
