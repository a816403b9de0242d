import { IngotError } from '../../../src-shared/errors';
import type { Logs } from '../../observability/open-logs';
import type { SomeHandlers } from '../dispatch';

/** What a host knows of the log of its process. */
export type HostLogs = Pick<Logs, 'ring' | 'info' | 'setLevel'>;

export interface LogDeps {
  readonly logs: HostLogs;
  /** Shows a directory in the system's own window for files. Null: this shell cannot. */
  readonly showDirectory: ((directory: string) => Promise<void>) | null;
}

/** Answered whatever state the database is in: the log is where one looks then. */
export function createLogHandlers({ logs, showDirectory }: LogDeps): SomeHandlers {
  const { ring } = logs;
  return {
    async 'logs.page'({ from, limit }) {
      const slice = from.side === 'after' ? ring.after(from.seq, limit) : ring.before(from.seq, limit);
      return { ...slice, level: logs.info().level };
    },
    'logs.info': async () => logs.info(),
    async 'logs.setLevel'({ level }) {
      logs.setLevel(level);
      return logs.info();
    },
    async 'logs.openFolder'() {
      const { directory } = logs.info();
      if (directory === null) throw new IngotError('not_found', 'No log files are written.');
      if (!showDirectory) {
        throw new IngotError('invalid_input', 'A folder cannot be opened from here.', {
          hint: 'Copy its path.',
        });
      }
      await showDirectory(directory);
      return null;
    },
  };
}
