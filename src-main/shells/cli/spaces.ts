import { countOf, groupDigits } from '../../../src-shared/amounts';
import { IngotError } from '../../../src-shared/errors';
import { toPrintable } from '../../../src-shared/printable';
import { formatTable } from '../../../src-shared/report-text';
import { openSpaces, requireDatabase } from '../../host/maintain';
import type { LoadedSettings } from '../../settings/load-settings';
import { EXIT, type ExitCode } from '../process/failure';
import { outputColors } from '../process/terminal';
import { openTools, refuseMemory } from './command';
import { confirm, requireAnswerer, say } from './maintain';
import { writeOut } from './write-out';

/** Prints the spaces beside the main one. */
export async function showSpaces(loaded: LoadedSettings): Promise<ExitCode> {
  const { settings } = loaded;
  refuseMemory(loaded, 'has no spaces that last.');
  requireDatabase(settings);
  const opened = await openSpaces(settings, { ...(await openTools(loaded)), onlyReads: true });
  try {
    const spaces = await opened.list();
    if (settings.json) {
      await writeOut(spaces.map((space) => `${JSON.stringify(space)}\n`).join(''));
    } else if (spaces.length === 0) {
      await writeOut('There is no space but main.\n');
    } else {
      const rows = spaces.map(({ name, runs, updates, sizeBytes, source }) => [
        name,
        groupDigits(runs),
        groupDigits(updates),
        `${(sizeBytes / 1e6).toFixed(1)} MB`,
        toPrintable(source ?? ''),
      ]);
      const head = ['Space', 'Runs', 'Updates', 'Size', 'First source'];
      await writeOut(`${formatTable(head, rows, { right: [1, 2, 3], paint: outputColors().bold })}\n`);
    }
    return EXIT.done;
  } finally {
    await opened.close();
  }
}

/**
 * Deletes a space with everything in it, after saying what will be lost and asking.
 * @throws IngotError `invalid_input` if there is no terminal to ask on, `not_found` if there is no such space.
 */
export async function dropSpace(
  loaded: LoadedSettings,
  name: string,
  { yes }: { readonly yes: boolean },
): Promise<ExitCode> {
  refuseMemory(loaded, 'has no spaces that last.');
  requireAnswerer(yes, 'delete it');
  requireDatabase(loaded.settings);
  const opened = await openSpaces(loaded.settings, await openTools(loaded));
  try {
    const space = (await opened.list()).find((one) => one.name === name);
    if (!space) {
      throw new IngotError('not_found', `There is no space ${name}.`, {
        hint: '"ingot spaces" shows those there are.',
      });
    }
    say(
      `This deletes the space ${name}: ${countOf(space.updates, 'update')} of ${countOf(space.runs, 'run')} will be lost.`,
    );
    if (!yes && !(await confirm())) return EXIT.interrupted;
    await opened.remove(name);
    say(`Done: the space ${name} is deleted.`);
    return EXIT.done;
  } finally {
    await opened.close();
  }
}
