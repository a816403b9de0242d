import { basename } from 'node:path';
import { IngotError } from '../../../src-shared/errors';
import { countRows } from '../../accounts/views/describe-database';
import type { FileSpec } from '../../ingestion/open-source';
import { sumOf } from '../../storage/backup-format';
import { landedMigrations } from '../../storage/landed-migrations';
import { recreateSchema } from '../../storage/migrate';
import { readBackupHeader } from '../../storage/read-backup';
import { restoreBackup } from '../../storage/restore-backup';
import type { Clock } from '../../time/clock';
import type { Backups } from '../backups';
import type { SomeHandlers } from '../dispatch';
import type { Session } from '../session';
import type { SourceAccess } from '../source-access';
import type { Uploads } from '../uploads';
import { grantFile } from './source-handlers';

export interface DatabaseDeps {
  readonly session: Session;
  readonly backups: Backups;
  readonly access: SourceAccess;
  readonly uploads: Uploads;
  readonly clock: Pick<Clock, 'now'>;
  /** The system's open dialog for a backup. Null: this shell has none. */
  readonly chooseBackup: (() => Promise<string | null>) | null;
}

export function createDatabaseHandlers(deps: DatabaseDeps): SomeHandlers {
  const { session, backups, access, uploads, clock, chooseBackup } = deps;
  const restoreFrom = (path: string) =>
    session.replaceContent('restored', async (database) => {
      if (!(await isEmpty(database))) await backups.make(database, 'before restore');
      await restoreBackup(database, path, clock.now());
    });
  return {
    async 'database.info'() {
      const { database, views } = session.current();
      return {
        kind: database.kind,
        location: database.location,
        schemaVersion: landedMigrations.length,
        ...(await views.databaseFacts()),
      };
    },
    'database.backups': () => backups.list(),
    'database.backup': () => session.holdStill((database) => backups.make(database, 'asked')),
    async 'database.restore'({ backupId }) {
      await restoreFrom(await backups.pathOf(backupId));
      return null;
    },
    async 'database.chooseBackup'() {
      if (!chooseBackup) {
        throw new IngotError('invalid_input', 'There is no open dialog here.', { hint: 'Upload the file.' });
      }
      const path = await chooseBackup();
      return path === null ? null : grantFile(access, path);
    },
    async 'database.readBackup'({ source }) {
      const file = await access.specOf(source);
      const { madeAtMs, rows } = await readBackupHeader(file.path).catch(nameAs(file));
      return { name: nameOf(file), madeAtMs, rows: sumOf(rows) };
    },
    async 'database.restoreFile'({ source }) {
      const file = await access.specOf(source);
      await restoreFrom(file.path).catch(nameAs(file));
      if (source.kind === 'upload') await uploads.discard(source.uploadId);
      return null;
    },
    'database.reset': () =>
      session.replaceContent('reset', async (database) => {
        const backup = (await isEmpty(database)) ? null : await backups.make(database, 'before reset');
        await recreateSchema(database);
        return { backup };
      }),
  };
}

async function isEmpty(database: Parameters<typeof countRows>[0]): Promise<boolean> {
  return Object.values(await countRows(database)).every((count) => count === 0);
}

const nameOf = ({ name, path }: FileSpec) => name ?? basename(path);

/** An upload lies under a name that its person has never seen. */
function nameAs(file: FileSpec): (error: unknown) => never {
  return (error) => {
    if (!(error instanceof IngotError)) throw error;
    const message = error.message
      .replaceAll(file.path, nameOf(file))
      .replaceAll(basename(file.path), nameOf(file));
    throw new IngotError(error.code, message, error.details, error);
  };
}
