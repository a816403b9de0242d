import { IngotError } from '../../../src-shared/errors';
import { toPrintable } from '../../../src-shared/printable';
import type { ThreadWatch } from '../../database/thread-watch';
import type { Logger } from '../../observability/logger';
import { databaseTargetOf } from '../../settings/database-target';
import type { LoadedSettings } from '../../settings/load-settings';
import { maskPassword } from '../../settings/mask-password';
import type { Settings } from '../../settings/schema';
import { type OpenedDatabase, openDatabase } from '../../storage/open-database';
import { describeSetback } from '../../storage/setback';
import type { Clock } from '../../time/clock';

/**
 * Opens the database that the settings name, and says on standard error if it came back without some of what
 * it had acknowledged. Throws as `openDatabase` does.
 */
export async function openChosenDatabase(
  settings: Settings,
  {
    clock,
    logger,
    migrated = true,
    onlyReads = false,
    watch,
    onLost,
  }: {
    readonly clock: Clock;
    readonly logger: Logger;
    readonly migrated?: boolean;
    /** On a server it needs no lock then: another Ingot may be at work. */
    readonly onlyReads?: boolean;
    readonly watch?: ThreadWatch | undefined;
    /** Called once if it is lost while it is open. */
    readonly onLost?: () => void;
  },
): Promise<OpenedDatabase> {
  const own = logger.child({ component: 'cli' });
  const chosen = databaseTargetOf(settings);
  if (settings.readOnly && !onlyReads) {
    throw new IngotError(
      'invalid_input',
      'This command writes to the database, and --read-only forbids it.',
      {
        hint: 'Leave it out, and INGOT_READ_ONLY and "readOnly" in the configuration file as well.',
      },
    );
  }
  const target = onlyReads && chosen.kind === 'server' ? { ...chosen, readOnly: true } : chosen;
  const database = await openDatabase(target, {
    program: 'ingot',
    nowMs: clock.now(),
    migrated,
    watch,
    logger,
    onLost: (error) => {
      own.error({ err: error }, 'the database was lost');
      onLost?.();
    },
  });
  if (database.cameBackEarlier) {
    process.stderr.write(
      `${describeSetback(database.cameBackEarlier)} "ingot restore" puts a backup in its place, "ingot resume" takes up runs that were cut off.\n`,
    );
  }
  return database;
}

/** What to type to do something else with the same database: as much of it as was typed to choose it. */
export function composeCommand(
  { settings, originOf }: LoadedSettings,
  command: 'reset' | 'resume' | 'report',
  argument?: string,
): string {
  const words = argument === undefined ? `ingot ${command}` : `ingot ${command} ${argument}`;
  if (originOf('dataDir').source === 'flag')
    return `${words} --data-dir ${quoteWord(settings.dataDir ?? '')}`;
  if (originOf('database').source === 'flag') {
    return `${words} --database ${quoteWord(maskPassword(settings.database ?? ''))}`;
  }
  return words;
}

/** For a shell. */
export function quoteWord(raw: string): string {
  const text = toPrintable(raw);
  return /^[\w./:@%+-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
