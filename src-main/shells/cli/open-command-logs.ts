import { type Logs, openLogs } from '../../observability/open-logs';
import type { LoadedSettings } from '../../settings/load-settings';
import type { Clock } from '../../time/clock';
import { describeTerminal } from '../process/terminal';
import { watchProcess } from '../process/watch-process';

/** The log of a command: to standard error, and into files if somebody named a directory for them. */
export async function openCommandLogs(
  { settings, originOf }: LoadedSettings,
  { clock, destination }: { readonly clock: Clock; readonly destination?: { write(text: string): void } },
): Promise<Logs> {
  const { isTerminal, hasColors } = describeTerminal(process.stderr);
  const directory = originOf('logDir').source === 'default' ? null : settings.logDir;
  const logs = await openLogs({
    clock,
    terminal: {
      level: settings.logLevel,
      pretty: isTerminal,
      colors: hasColors,
      ...(destination && { destination }),
    },
    // Nobody looks at what is kept without a file.
    level: directory === null ? 'silent' : settings.logFileLevel,
    directory,
  });
  watchProcess(logs, 'cli');
  return logs;
}
