import { join } from 'node:path';
import { toPrintable } from '../../../src-shared/printable';
import { formatTable } from '../../../src-shared/report-text';
import { MAPPINGS_FILE, openMappings, readMappingFile } from '../../host/mappings';
import type { LoadedSettings } from '../../settings/load-settings';
import type { Settings } from '../../settings/schema';
import { EXIT, type ExitCode } from '../process/failure';
import { outputColors } from '../process/terminal';
import { openTools } from './command';
import { writeOut } from './write-out';

const mappingsOf = async (loaded: LoadedSettings) => {
  const { dataDir } = loaded.settings;
  return openMappings(
    dataDir === null ? null : join(dataDir, MAPPINGS_FILE),
    (await openTools(loaded)).logger,
  );
};

/** The settings with the mapping that they name. @throws IngotError `invalid_input` if there is none. */
export async function chooseMapping(loaded: LoadedSettings): Promise<Settings> {
  return readMappingFile(await (await mappingsOf(loaded)).resolve(loaded.settings));
}

/** Prints the formats that can be read: a table, or one object a line. */
export async function showFormats(loaded: LoadedSettings): Promise<ExitCode> {
  const { known, saved } = await (await mappingsOf(loaded)).list();
  if (loaded.settings.json) {
    const lines = [
      ...known.map((format) => ({ ...format, saved: false })),
      ...saved.map((one) => ({ ...one, saved: true })),
    ];
    await writeOut(lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
    return EXIT.done;
  }
  const rows = [
    ...known.map(({ name, title, asks, url }) => [name, title, asks.join(', '), url]),
    ...saved.map(({ name, title, url }) => [
      name,
      toPrintable(title || 'Saved by you'),
      '',
      toPrintable(url ?? ''),
    ]),
  ];
  const head = ['Name', 'What', 'Asks for', 'Described at'];
  await writeOut(`${formatTable(head, rows, { paint: outputColors().bold })}\n`);
  return EXIT.done;
}
