import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Database, Statement } from '../database/database';

const findServer: Statement = {
  name: 'find_server_place',
  deadline: 'read',
  text: `
    SELECT (SELECT system_identifier FROM pg_control_system()) || ' ' || oid AS place
    FROM pg_database WHERE datname = current_database()`,
};

/**
 * Names the place of a database, so that a copy of it is another place: of a directory the number of its files' folder on the
 * disk, which moving it keeps; of a database on a server its own and that of the server.
 */
export async function findPlace(database: Database): Promise<string> {
  if (database.kind === 'postgres') {
    const { rows } = await database.query<{ place: string }>(findServer);
    return `server ${rows[0]?.place}`;
  }
  const folder = await stat(join(database.location, 'pg'), { bigint: true }).catch(() => null);
  return folder ? `folder ${folder.ino}` : 'memory';
}
