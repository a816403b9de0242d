import { createHash } from 'node:crypto';
import { IngotError } from '../../src-shared/errors';

export interface Migration {
  /** From 1, without gaps. */
  readonly version: number;
  /** The file's name, such as `0001_accounts_and_runs.sql`. */
  readonly name: string;
  readonly sql: string;
  /** Of the file's text with `\n` line ends, in hex, so a checkout on Windows has the same hash. */
  readonly sha256: string;
}

/** From `migrations/`, built into the program. */
export const landedMigrations: readonly Migration[] = readMigrations(
  import.meta.glob<string>(['../../migrations/*.sql', '!../../migrations/schema.sql'], {
    query: '?raw',
    eager: true,
    import: 'default',
  }),
);

const schemaFiles = import.meta.glob<string>('../../migrations/schema.sql', {
  query: '?raw',
  import: 'default',
});

/**
 * The whole schema as one script: the result of all landed migrations, without the rows of `schema_migrations`. A test compares
 * the two. Loaded on demand, because only a new database needs it.
 */
export async function loadLandedSchema(): Promise<string> {
  const texts = await Promise.all(Object.values(schemaFiles).map((load) => load()));
  return texts.join('\n');
}

/**
 * Migrations from file texts by path, ordered by number.
 *
 * @throws IngotError `internal` if a name is not `NNNN_words.sql`, or a number is missing or repeated.
 */
export function readMigrations(files: Readonly<Record<string, string>>): readonly Migration[] {
  const byName = Object.entries(files).map(([path, text]) => ({
    name: path.slice(path.lastIndexOf('/') + 1),
    text,
  }));
  byName.sort((a, b) => (a.name < b.name ? -1 : 1));
  return byName.map(({ name, text }, index) => {
    const version = index + 1;
    if (!/^\d{4}_[a-z0-9]+(_[a-z0-9]+)*\.sql$/.test(name)) {
      throw new IngotError('internal', `The migration ${name} is not named like 0001_what_it_does.sql.`);
    }
    if (Number(name.slice(0, 4)) !== version) {
      const expected = String(version).padStart(4, '0');
      throw new IngotError('internal', `The migration ${name} should have the number ${expected}.`);
    }
    const sql = text.replaceAll('\r\n', '\n');
    return { version, name, sql, sha256: createHash('sha256').update(sql).digest('hex') };
  });
}
