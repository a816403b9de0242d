import { formatTable } from '../../../src-shared/report-text';
import { plainValue } from '../../settings/format-value';
import type { LoadedSettings } from '../../settings/load-settings';
import { describeOrigin, type Origin } from '../../settings/origin';
import { SETTING_KEYS } from '../../settings/schema';
import { EXIT, type ExitCode } from '../process/failure';
import { outputColors } from '../process/terminal';
import { writeOut } from './write-out';

/** Prints the settings in force. */
export async function showConfig(loaded: LoadedSettings): Promise<ExitCode> {
  await writeOut(loaded.settings.json ? formatConfigJson(loaded) : formatConfigTable(loaded));
  return EXIT.done;
}

function formatConfigTable({ settings, originOf, configFile }: LoadedSettings): string {
  const colors = outputColors();
  const rows = SETTING_KEYS.map((key) => {
    const origin = originOf(key);
    const from = origin.source === 'file' ? 'file' : describeOrigin(origin);
    return [key, String(plainValue(settings, key) ?? '-'), from];
  });
  return `${formatTable(['Setting', 'Value', 'From'], rows, { paint: colors.bold })}\n\nConfiguration file: ${configFile}\n`;
}

/** One object, by setting key: the value, and where it came from. */
function formatConfigJson({ settings, originOf }: LoadedSettings): string {
  const entries = SETTING_KEYS.map((key) => {
    const origin: Origin = originOf(key);
    return [key, { value: plainValue(settings, key), ...origin }];
  });
  return `${JSON.stringify(Object.fromEntries(entries), null, 2)}\n`;
}
