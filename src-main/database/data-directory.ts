import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { IngotError } from '../../src-shared/errors';
import { syncDirectory, syncNames } from './durable-files';
import { faultError, faultOf } from './faults';
import { makeDirectory } from './make-directory';

/** Postgres' files depend on the major version; PGlite 0.5 is Postgres 18. */
const POSTGRES_MAJOR_VERSION = '18';

export const HOW_TO_REPLACE =
  '"ingot reset" sets it aside, whole, and "ingot restore" then brings a backup back; or choose another directory with --data-dir.';

/** For a failure that is not known to be damage. */
export const TRY_AGAIN =
  'Start again; if that does not help, choose another directory with --data-dir, and "ingot restore" brings a backup back there.';

export interface PreparedDirectory {
  /** `<dataDir>/pg`: Postgres' own files. The lock is beside it. */
  readonly postgresDirectory: string;
  /** It contains no database yet. */
  readonly isNew: boolean;
  /** Call this once the database was opened: its files are complete. */
  markComplete(): Promise<void>;
}

/**
 * Checks whether a data directory can be opened, and creates it if missing. Never changes a database that was ever complete: only
 * the remains of an interrupted first start are removed.
 *
 * @param beforeNew called before a new database is created in an empty directory; throwing refuses it.
 * @throws IngotError `database_unusable`, or `disk_full`.
 */
export async function prepareDirectory(
  dataDir: string,
  beforeNew?: () => Promise<void>,
): Promise<PreparedDirectory> {
  const postgresDirectory = join(dataDir, 'pg');
  // Marks a new database from before its first file until it was opened once. PGlite writes the files one by one, and a process
  // that ends in between leaves what looks like a damaged database.
  const unfinished = join(dataDir, 'pg.unfinished');
  try {
    makeDirectory(dataDir);
    if ((await readIfThere(unfinished)) !== null) {
      await rm(postgresDirectory, { recursive: true, force: true });
    }
    const entries = await listIfThere(postgresDirectory);
    const isNew = entries.length === 0;
    if (isNew) {
      await beforeNew?.();
      await writeFile(unfinished, 'The first start of this database has not come to its end.\n');
      await syncNames(dataDir);
    } else {
      checkVersion(dataDir, entries, await readIfThere(join(postgresDirectory, 'PG_VERSION')));
    }
    return {
      postgresDirectory,
      isNew,
      async markComplete() {
        if (!isNew) return;
        try {
          // In this order: after a power cut there is either the mark, or a complete database without it.
          await syncDirectory(postgresDirectory);
          await rm(unfinished);
          await syncNames(dataDir);
          await syncNames(dirname(dataDir));
        } catch (error) {
          throw unusableDirectory(dataDir, error);
        }
      },
    };
  } catch (error) {
    if (error instanceof IngotError) throw error;
    throw unusableDirectory(dataDir, error);
  }
}

/** Why a data directory cannot be created, read or written. */
export function unusableDirectory(dataDir: string, error: unknown): IngotError {
  const fault = faultOf(error);
  if (fault) return faultError(fault, dataDir, { cause: error });
  const { code } = error as NodeJS.ErrnoException;
  return new IngotError(
    'database_unusable',
    `The data directory ${dataDir} cannot be used: ${reasonOf(code)}.`,
    {
      hint: 'Choose another directory with --data-dir, or make this one readable and writable.',
      trouble: 'not_writable',
    },
    error,
  );
}

function checkVersion(dataDir: string, entries: readonly string[], text: string | null): void {
  const postgresDirectory = join(dataDir, 'pg');
  if (text === null && entries.includes('global') && entries.includes('base')) {
    throw new IngotError(
      'database_unusable',
      `The database in ${dataDir} is damaged: ${join(postgresDirectory, 'PG_VERSION')} is missing. It was not changed.`,
      { hint: HOW_TO_REPLACE, trouble: 'damaged' },
    );
  }
  if (text === null) {
    throw new IngotError(
      'database_unusable',
      `${postgresDirectory} holds files, but no database. It was not changed.`,
      {
        hint: 'Choose another directory with --data-dir, or move these files away.',
        trouble: 'not_a_database',
      },
    );
  }
  const version = text.trim();
  if (version === POSTGRES_MAJOR_VERSION) return;
  throw new IngotError(
    'database_unusable',
    `The database in ${dataDir} was made by Postgres ${version}; this program reads Postgres ${POSTGRES_MAJOR_VERSION} only. It was not changed.`,
    {
      hint: 'Open it with the version of Ingot that made it, or choose another directory with --data-dir. "ingot reset" moves it aside and starts with an empty database.',
      trouble: 'postgres_version',
    },
  );
}

function reasonOf(code: string | undefined): string {
  switch (code) {
    case 'EEXIST':
    case 'ENOTDIR':
      return 'there is a file in its place';
    case 'ENOENT':
      return 'nothing can be made there';
    default:
      return code ?? 'unknown reason';
  }
}

async function readIfThere(path: string): Promise<string | null> {
  return readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
}

async function listIfThere(path: string): Promise<string[]> {
  return readdir(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
}
