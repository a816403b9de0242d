import { notifications } from '@mantine/notifications';
import { useEffect } from 'react';
import { toPrintableText } from '../../src-shared/printable';
import { useSession } from './session-context';

const STAYS_MS = { info: 5_000, success: 2_500, warning: 9_000, error: 12_000 } as const;

export function useMessages(): void {
  const { messages } = useSession();
  useEffect(
    () =>
      messages.listen(({ level, text, hint }) => {
        notifications.show({
          // It may contain file names and ids from a source.
          message: toPrintableText(hint === undefined ? text : `${text} ${hint}`),
          autoClose: STAYS_MS[level],
          withBorder: false,
          closeButtonProps: { 'aria-label': 'Dismiss message' },
          'data-level': level,
          role: level === 'error' || level === 'warning' ? 'alert' : 'status',
        });
      }),
    [messages],
  );
}
