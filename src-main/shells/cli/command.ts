import { IngotError } from '../../../src-shared/errors';
import { toPrintable } from '../../../src-shared/printable';
import type { ProgramTools } from '../../host/open-program';
import { type Logs, openLogs } from '../../observability/open-logs';
import type { LoadedSettings } from '../../settings/load-settings';
import { maskPassword } from '../../settings/mask-password';
import { type Clock, createSystemClock } from '../../time/clock';
import { describeTerminal } from '../process/terminal';
import { watchProcess } from '../process/watch-process';

/**
 * The log of a command, which goes to standard error, and into files if a directory for them was named.
 * @param note takes the lines instead of standard error.
 */
export async function openTools(
  { settings, originOf }: LoadedSettings,
  { clock = createSystemClock(), note }: { clock?: Clock; note?: (text: string) => void } = {},
): Promise<ProgramTools & { readonly logs: Logs }> {
  const { isTerminal, hasColors } = describeTerminal(process.stderr);
  const directory = originOf('logDir').source === 'default' ? null : settings.logDir;
  const logs = await openLogs({
    clock,
    terminal: {
      level: settings.logLevel,
      pretty: isTerminal,
      colors: hasColors,
      ...(note && { destination: { write: note } }),
    },
    // What is kept without a file, nobody can read.
    level: directory === null ? 'silent' : settings.logFileLevel,
    directory,
  });
  watchProcess(logs, 'cli');
  const tell = (setback: string) =>
    process.stderr.write(
      `${setback} "ingot restore" puts a backup in its place, "ingot resume" takes up runs that were cut off.\n`,
    );
  return { clock, logs, logger: logs.logger, tell };
}

/** @throws IngotError `invalid_input` for a database in memory. @param what cannot be done with it, and why. */
export function refuseMemory({ settings }: LoadedSettings, what: string): void {
  if (settings.memory) throw new IngotError('invalid_input', `A database in memory ${what}`);
}

/** What to type to do something else with the same database: as much of it as was typed to choose it. */
export function composeCommand(
  { settings, originOf }: LoadedSettings,
  command: 'reset' | 'resume' | 'report' | 'why',
  argument?: string,
): string {
  const words = argument === undefined ? `ingot ${command}` : `ingot ${command} ${argument}`;
  const space = originOf('space').source === 'flag' ? ` --space ${settings.space}` : '';
  if (originOf('dataDir').source === 'flag')
    return `${words} --data-dir ${quoteWord(settings.dataDir ?? '')}${space}`;
  if (originOf('database').source === 'flag') {
    return `${words} --database ${quoteWord(maskPassword(settings.database ?? ''))}${space}`;
  }
  return `${words}${space}`;
}

/** For a shell. */
export function quoteWord(raw: string): string {
  const text = toPrintable(raw);
  return /^[\w./:@%+-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
