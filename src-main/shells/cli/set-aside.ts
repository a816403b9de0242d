import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { IngotError } from '../../../src-shared/errors';
import type { Logger } from '../../observability/logger';
import { databaseTargetOf } from '../../settings/database-target';
import type { Settings } from '../../settings/schema';
import { copyAside } from '../../storage/copy-aside';
import { readMark } from '../../storage/high-water';
import type { Clock } from '../../time/clock';
import { EXIT, type ExitCode, withHint } from '../process/failure';
import { confirm } from './confirm';
import { openChosenDatabase } from './open-chosen-database';

export interface CommandTools {
  readonly settings: Settings;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * Sets a database that cannot be opened aside, whole, after asking, and makes an empty one in its place: what
 * the window offers as well.
 *
 * @param refusal why it cannot be opened.
 * @throws `refusal` if it is none that this would help with, or Ingot has no record of having opened the directory;
 *   IngotError as `copyAside`.
 */
export async function replaceUnopenable(
  refusal: unknown,
  { settings, clock, logger }: CommandTools,
  { yes }: { readonly yes: boolean },
): Promise<ExitCode> {
  const target = databaseTargetOf(settings);
  if (target.kind !== 'data-dir' || !isBeyondOpening(refusal)) throw refusal;
  const { dataDir } = target;
  // Whoever keeps a server's files in a folder of that name must not lose them to a mistyped path.
  if ((await readMark(dataDir)) === null) {
    throw withHint(
      refusal,
      `Nothing says that Ingot made it. If it is yours to set aside, rename ${join(dataDir, 'pg')} and begin again.`,
    );
  }
  process.stderr.write(
    `${refusal.message}\nNo backup can be made of it. This sets it aside, whole, under another name beside it, and begins with an empty one.\n`,
  );
  if (!yes && !(await confirm())) {
    process.stderr.write('Nothing was changed.\n');
    return EXIT.interrupted;
  }
  const aside = await copyAside(dataDir, clock.now());
  // Its files may have been gone.
  const keptAt = existsSync(aside) ? aside : null;
  logger.child({ component: 'cli' }).info({ dataDir, keptAt }, 'database set aside');
  if (keptAt !== null) process.stderr.write(`What was there is kept in ${keptAt}\n`);
  const database = await openChosenDatabase(settings, { clock, logger });
  await database.close();
  process.stderr.write('Done: the database is empty.\n');
  return EXIT.done;
}

/** Not one that another program holds, that this one may not write to, or that is none. */
function isBeyondOpening(error: unknown): error is IngotError {
  if (!(error instanceof IngotError)) return false;
  const { trouble } = error.details;
  return trouble === 'damaged' || trouble === 'postgres_version';
}
