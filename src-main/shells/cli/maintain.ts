import { existsSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { groupDigits } from '../../../src-shared/amounts';
import { IngotError } from '../../../src-shared/errors';
import {
  backUp,
  bringUpToDate,
  checkBackup,
  findUnopenable,
  openToReset,
  openToRestore,
  type ReplaceableDatabase,
  type RowCounts,
  requireDatabase,
  withHint,
} from '../../host/maintain';
import type { LoadedSettings } from '../../settings/load-settings';
import { EXIT, type ExitCode } from '../process/failure';
import { openTools, refuseMemory } from './command';
import { writeOut } from './write-out';

export const say = (text: string) => void process.stderr.write(`${text}\n`);

/**
 * Writes everything to one file and prints its path on standard output.
 * @throws IngotError `invalid_input` if there is nothing to back up or the place is taken; else as `backUp`.
 */
export async function backup(loaded: LoadedSettings, out: string | undefined): Promise<ExitCode> {
  refuseMemory(loaded, 'is empty at every start: nothing to back up.');
  requireDatabase(loaded.settings);
  const place = out === undefined ? null : choosePlace(out);
  const made = await backUp(loaded.settings, await openTools(loaded), place);
  const megabytes = (made.sizeBytes / 1e6).toFixed(1);
  say(
    `Backed up ${made.location}: ${formatRowCounts(made.rows)}, ${megabytes} MB. Read back and found whole.`,
  );
  await writeOut(`${made.path}\n`);
  return EXIT.done;
}

function choosePlace(out: string): { readonly kind: 'file' | 'directory'; readonly path: string } {
  const path = resolve(out);
  if (/[\\/]$/.test(out)) return { kind: 'directory', path };
  if (!existsSync(path)) return { kind: 'file', path };
  if (statSync(path).isDirectory()) return { kind: 'directory', path };
  throw new IngotError('invalid_input', `--out ${out} is there already: it is not overwritten.`, {
    hint: 'Choose another name, or a directory.',
  });
}

/**
 * Puts a backup in the place of everything in the database, after checking the whole backup, saying what
 * will be replaced, asking, and making a backup of it.
 * @throws IngotError `source_unreadable` if the file is not there; else as `checkBackup`, `openToRestore` and
 *   `ReplaceableDatabase`: nothing was changed then.
 */
export async function restore(
  file: string,
  loaded: LoadedSettings,
  { yes }: { readonly yes: boolean },
): Promise<ExitCode> {
  refuseMemory(loaded, 'ends with the program: nothing to restore into.');
  requireAnswerer(yes, 'restore');
  if (!existsSync(resolve(file))) throw new IngotError('source_unreadable', `${file} is not there.`);
  const checked = await checkBackup(resolve(file));
  const database = await openToRestore(loaded.settings, await openTools(loaded));
  try {
    const restored = formatRowCounts(checked.rows);
    say(`The backup of ${new Date(checked.madeAtMs).toISOString()} is whole: ${restored}.`);
    const { location, rows } = database;
    if (rows === null || isEmpty(rows)) {
      say(`${location} is empty.`);
    } else {
      say(`It replaces what is in ${location}: ${formatRowCounts(rows)}.`);
      if (!yes && !(await confirm())) return EXIT.interrupted;
      say(`What is there now is kept in ${await database.keepBackup('before restore')}`);
    }
    const pending = await database.restore(checked);
    const waiting =
      pending === 0 ? '' : ` Pending callbacks (${groupDigits(pending)}) wait until you resume their runs.`;
    say(`Done: ${restored}.${waiting}`);
    return EXIT.done;
  } finally {
    await database.close();
  }
}

export interface ResetOptions {
  /** Do not ask. */
  readonly yes: boolean;
  /** Make a backup first, if there is anything in it. */
  readonly backup: boolean;
}

/**
 * Empties the database, after saying what will be lost, asking, and making a backup. A directory that cannot
 * be opened is set aside instead, whole.
 * @throws IngotError `invalid_input` if nobody can be asked, or nothing that lasts can be emptied;
 *   `schema_mismatch` if it is another program's; as `writeBackup`, and then nothing was changed.
 */
export async function reset(loaded: LoadedSettings, options: ResetOptions): Promise<ExitCode> {
  const { settings } = loaded;
  refuseMemory(loaded, 'is empty at every start: nothing to reset.');
  requireAnswerer(options.yes, 'reset');
  requireDatabase(settings);
  const tools = await openTools(loaded);
  let database: ReplaceableDatabase;
  try {
    database = await openToReset(settings, tools);
  } catch (error) {
    const unopenable = await findUnopenable(error, settings, tools);
    say(
      `${unopenable.message}\nNo backup can be made of it. This sets it aside, whole, under another name beside it, and begins with an empty one.`,
    );
    if (!options.yes && !(await confirm())) return EXIT.interrupted;
    const keptAt = await unopenable.setAside();
    if (keptAt !== null) say(`What was there is kept in ${keptAt}`);
    await bringUpToDate(settings, tools);
    say('Done: the database is empty.');
    return EXIT.done;
  }
  try {
    return await empty(database, options);
  } finally {
    await database.close();
  }
}

async function empty(database: ReplaceableDatabase, { yes, backup }: ResetOptions): Promise<ExitCode> {
  const { location, rows, whyNoBackup } = database;
  say(describeLoss(location, rows, backup ? whyNoBackup : null));
  if (!yes && !(await confirm())) return EXIT.interrupted;
  if (backup && whyNoBackup === null && !(rows && isEmpty(rows))) {
    const kept = await database.keepBackup('before reset').catch((error: unknown) => {
      // A full disk, for one, says what to do about it.
      if (!(error instanceof IngotError) || error.details.hint !== undefined) throw error;
      throw withHint(
        error,
        'No backup can be made of it, so it was not emptied. To empty it without one, add --no-backup.',
      );
    });
    say(`What is there now is kept in ${kept}`);
  }
  await database.empty();
  say('Done: the database is empty.');
  return EXIT.done;
}

/**
 * @param rows null if they cannot be counted.
 * @param whyNoBackup why none can be made; null if one can, or none is wanted.
 */
export function describeLoss(location: string, rows: RowCounts | null, whyNoBackup: string | null): string {
  const lost = rows === null ? 'everything that Ingot keeps there' : formatRowCounts(rows);
  const loss = `This empties ${location}: ${lost} will be lost.`;
  if (whyNoBackup === null) return loss;
  return `${loss}\nNo backup can be made of it. ${whyNoBackup} The version of Ingot that made it can make one.`;
}

/** `1 account, 2 updates, 1 run and 0 rejected records`. */
function formatRowCounts(rows: RowCounts): string {
  const count = (value: number, one: string, many: string) =>
    `${groupDigits(value)} ${value === 1 ? one : many}`;
  const parts = [
    count(rows.accounts, 'account', 'accounts'),
    count(rows.accountUpdates, 'update', 'updates'),
    count(rows.runs, 'run', 'runs'),
    count(rows.rejects, 'rejected record', 'rejected records'),
  ];
  return `${parts.slice(0, -1).join(', ')} and ${parts.at(-1)}`;
}

const isEmpty = (rows: RowCounts) => Object.values(rows).every((count) => count === 0);

/** @throws IngotError `invalid_input` without a terminal to ask on and without `--yes`. */
export function requireAnswerer(yes: boolean, what: string): void {
  if (yes || process.stdin.isTTY) return;
  throw new IngotError(
    'invalid_input',
    `There is no terminal to ask on. To ${what} without asking, add --yes.`,
  );
}

/** Anything but a clear yes is a no: an empty line, Ctrl-C, Ctrl-D. A no is confirmed in words. */
export async function confirm(): Promise<boolean> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  const leaving = new AbortController();
  terminal.on('SIGINT', () => leaving.abort());
  terminal.on('close', () => leaving.abort());
  const answer = await terminal
    .question('Type "yes" to go on: ', { signal: leaving.signal })
    .catch(() => null)
    .finally(() => terminal.close());
  if (answer === null) process.stderr.write('\n');
  if (answer?.trim().toLowerCase() === 'yes') return true;
  say('Nothing was changed.');
  return false;
}
