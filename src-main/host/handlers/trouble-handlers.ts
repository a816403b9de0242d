import { readdir, stat } from 'node:fs/promises';
import { isAbsolute, join, resolve } from 'node:path';
import { IngotError } from '../../../src-shared/errors';
import type { DatabaseTarget } from '../../storage/open-database';
import { restoreBackup } from '../../storage/restore-backup';
import type { Clock } from '../../time/clock';
import type { Backups } from '../backups';
import type { SomeHandlers } from '../dispatch';
import type { Session } from '../session';

export interface TroubleDeps {
  readonly session: Session;
  readonly backups: Backups;
  readonly clock: Pick<Clock, 'now'>;
  /** The system's dialog for a directory. Null: this shell has none. */
  readonly chooseDirectory: (() => Promise<string | null>) | null;
  /** Puts what is in a data directory aside, whole and under a new name; gives where it is now. */
  readonly copyAside: (dataDir: string) => Promise<string>;
  /** Every window hears it. */
  readonly tell: (message: string) => void;
}

/** What can be done while the database cannot be opened. */
export function createTroubleHandlers({
  session,
  backups,
  clock,
  chooseDirectory,
  copyAside,
  tell,
}: TroubleDeps): SomeHandlers {
  /** What a person chose in the system's dialog: the only directories that the page may name where there is one. */
  const chosen = new Set<string>();

  return {
    'database.state': async () => session.state(),
    'database.tryAgain': () => session.openAgain(),
    async 'database.startAfresh'({ backupId }) {
      // Looked up first: nothing is moved for a backup that is not there.
      const backup = backupId === null ? null : await backups.pathOf(backupId);
      let keptAt = '';
      await session.openAgain(async (target) => {
        const state = session.state();
        if (target.kind !== 'data-dir' || (state.phase === 'trouble' && !state.trouble.canStartAfresh)) {
          throw new IngotError('conflict', 'This database cannot be begun anew from here.');
        }
        keptAt = await copyAside(target.dataDir);
        return target;
      });
      tell(`The database that could not be opened was set aside in ${keptAt}.`);
      if (backup !== null && session.state().phase === 'open') {
        await session.replaceContent('restored', (database) => restoreBackup(database, backup, clock.now()));
      }
      return { keptAt, state: session.state() };
    },
    async 'database.chooseDirectory'() {
      if (!chooseDirectory) {
        throw new IngotError('invalid_input', 'There is no dialog here.', { hint: 'Type the path.' });
      }
      const dataDir = await chooseDirectory();
      if (dataDir !== null) chosen.add(dataDir);
      return dataDir;
    },
    'database.openOther': ({ dataDir }) =>
      session.openAgain(async (): Promise<DatabaseTarget> => {
        if (chooseDirectory && !chosen.has(dataDir)) {
          throw new IngotError('forbidden', 'This directory was not chosen in the dialog.', {
            hint: 'Press Choose… and choose it there.',
          });
        }
        await checkDirectory(dataDir);
        return { kind: 'data-dir', dataDir: resolve(dataDir) };
      }),
  };
}

/**
 * The rule for a directory to open, chosen or typed: a whole path, of a directory that belongs to the user who runs Ingot
 * and that holds a database of Ingot's, or nothing. A mistyped path must not become a new, empty database, and a page
 * that was taken over must not make one in a directory of other files, or open one that another user has put somewhere.
 * @throws IngotError `invalid_input`.
 */
async function checkDirectory(dataDir: string): Promise<void> {
  const refuse = (message: string, hint: string) => new IngotError('invalid_input', message, { hint });
  if (!isAbsolute(dataDir) || dataDir.includes('\0')) {
    throw refuse('A directory is named by its whole path.', 'Begin with the root of the disk.');
  }
  const found = await stat(dataDir).catch(() => null);
  if (!found?.isDirectory()) {
    throw refuse(`There is no directory ${dataDir}.`, 'Check its path, or make it first.');
  }
  // Windows has no such owner.
  const user = process.geteuid?.();
  if (user !== undefined && user !== 0 && found.uid !== user) {
    throw refuse(`${dataDir} belongs to another user.`, 'Choose a directory of your own.');
  }
  const entries = await readdir(dataDir).catch((error: unknown) => {
    throw new IngotError('invalid_input', `The directory ${dataDir} cannot be read.`, {}, error);
  });
  const hasDatabase = await stat(join(dataDir, 'pg')).then(
    (entry) => entry.isDirectory(),
    () => false,
  );
  if (entries.length > 0 && !hasDatabase) {
    throw refuse(
      `${dataDir} holds other files, and no database of Ingot’s.`,
      'Choose a directory that Ingot made, or an empty one.',
    );
  }
}
