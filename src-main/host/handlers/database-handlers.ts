import { countRows } from '../../accounts/views/describe-database';
import { landedMigrations } from '../../database/landed-migrations';
import { recreateSchema } from '../../database/migrate';
import { restoreBackup } from '../../database/restore-backup';
import type { Backups } from '../backups';
import type { SomeHandlers } from '../dispatch';
import type { Session } from '../session';

export function createDatabaseHandlers({
  session,
  backups,
}: {
  readonly session: Session;
  readonly backups: Backups;
}): SomeHandlers {
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
      const path = await backups.pathOf(backupId);
      await session.replaceContent('restored', async (database) => {
        if (!(await isEmpty(database))) await backups.make(database, 'before restore');
        await restoreBackup(database, path, landedMigrations.length);
      });
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
