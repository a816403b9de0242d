import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { startTestPostgres } from '../../src-main/database/testing/test-postgres';
import { IngotError } from '../../src-shared/errors';
import type { Program } from '../drive/program';
import { readBackup } from '../drive/stored';

/** The requested database. */
export type PlaceChoice =
  | { readonly kind: 'memory' }
  /** Null: temporary ones, removed afterwards. */
  | { readonly kind: 'data-dir'; readonly dataDir: string | null }
  /** Null: a server started for the test. */
  | { readonly kind: 'server'; readonly url: string | null };

/** An empty database for one run. */
export interface Place {
  readonly flags: readonly string[];
  /** Writes its content to a file by a new process; null in memory, where it ends with its program. */
  readonly backUp: ((path: string) => Promise<void>) | null;
}

export interface Places {
  readonly about: string;
  /** An empty database: the previous one emptied, or another one. */
  next(): Promise<Place>;
  close(): Promise<void>;
}

export interface PlaceDeps {
  readonly program: Program;
  readonly folder: string;
}

/** @throws IngotError `invalid_input` if the database is not empty: its content is checked to the last row. */
export async function openPlaces(choice: PlaceChoice, deps: PlaceDeps): Promise<Places> {
  switch (choice.kind) {
    case 'memory':
      return {
        about: 'embedded, in memory',
        next: async () => ({ flags: ['--memory'], backUp: null }),
        close: async () => {},
      };
    case 'data-dir':
      return choice.dataDir === null ? temporaryDirectories(deps) : givenDirectory(choice.dataDir, deps);
    case 'server':
      return choice.url === null ? ownServer(deps) : await givenServer(choice.url, deps);
  }
}

function notEmpty(message: string, hint: string): IngotError {
  return new IngotError('invalid_input', `${message} ${hint}`);
}

function placeAt({ program }: PlaceDeps, flags: readonly string[]): Place {
  return {
    flags,
    async backUp(path) {
      const { code, stderr } = await program.run(['backup', ...flags, '--out', path]);
      if (code !== 0) throw new Error(`what was stored cannot be read: ${stderr.trim()}`);
    },
  };
}

function temporaryDirectories(deps: PlaceDeps): Places {
  let dataDir: string | null = null;
  let count = 0;
  return {
    about: 'embedded, in a data directory',
    async next() {
      if (dataDir) rmSync(dataDir, { recursive: true, force: true });
      count += 1;
      dataDir = join(deps.folder, `data-${count}`);
      return placeAt(deps, ['--data-dir', dataDir]);
    },
    close: async () => {},
  };
}

function givenDirectory(dataDir: string, deps: PlaceDeps): Places {
  if (existsSync(dataDir) && readdirSync(dataDir).length > 0)
    throw notEmpty(`${dataDir} is not empty.`, 'Name a directory that is, or leave it out.');
  const emptied = emptyBetween(deps, ['--data-dir', dataDir]);
  return { about: `embedded, in ${dataDir}`, next: emptied, close: async () => {} };
}

async function givenServer(url: string, deps: PlaceDeps): Promise<Places> {
  const flags = ['--database', url];
  const path = join(deps.folder, 'before.ndjson.gz');
  await placeAt(deps, flags).backUp?.(path);
  const { updates, runs } = await readBackup(path);
  if (updates.length > 0 || runs.length > 0)
    throw notEmpty('There are runs in this database already.', 'Name one that is empty.');
  return { about: 'a Postgres server', next: emptyBetween(deps, flags), close: async () => {} };
}

async function ownServer(deps: PlaceDeps): Promise<Places> {
  const server = await startTestPostgres();
  return {
    about: 'a Postgres server, which does not sync',
    next: emptyBetween(deps, ['--database', server.url]),
    close: () => server.stop(),
  };
}

/** One database, emptied before each run except the first. The content of the last run stays. */
function emptyBetween(deps: PlaceDeps, flags: readonly string[]): () => Promise<Place> {
  let used = false;
  return async () => {
    if (used) {
      const { code, stderr } = await deps.program.run(['reset', '--yes', '--no-backup', ...flags]);
      if (code !== 0) throw new Error(`the database cannot be emptied: ${stderr.trim()}`);
    }
    used = true;
    return placeAt(deps, flags);
  };
}
