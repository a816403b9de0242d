import { type Command, Option } from 'commander';
import { plainValue } from '../../settings/format-value';
import { type LoadedSettings, loadSettings } from '../../settings/load-settings';
import { CONFIG_VARIABLE, flagOf } from '../../settings/names';
import { noteOf, type SettingKey, settingsSchema } from '../../settings/schema';
import { showStacksAt } from './failure';

/** Adds the flags of these settings to a command, and `--config`. */
export function addSettingOptions(command: Command, keys: readonly SettingKey[]): void {
  const defaults = settingsSchema.parse({});
  for (const key of keys) {
    const { about, aboutFlag, placeholder } = noteOf(key);
    const flags = placeholder === undefined ? flagOf(key) : `${flagOf(key)} <${placeholder}>`;
    const value = plainValue(defaults, key);
    const isWorthTelling = value !== null && typeof value !== 'boolean';
    command.addOption(
      new Option(flags, `${aboutFlag ?? about}${isWorthTelling ? ` (default: ${value})` : ''}`),
    );
  }
  command.option(
    '--config <FILE>',
    `read settings from this YAML file; the variable ${CONFIG_VARIABLE} may name it too`,
  );
}

/** The effective settings of a command. */
export async function readSettings(command: Command, keys: readonly SettingKey[]): Promise<LoadedSettings> {
  const given: Record<string, unknown> = command.opts();
  // For a flag such as --no-wait, commander assumes a default for its opposite.
  const flags = keys.filter((key) => command.getOptionValueSource(key) === 'cli');
  const configFile = given.config;
  const loaded = await loadSettings({
    flags: Object.fromEntries(flags.map((key) => [key, given[key]])),
    variables: process.env,
    configFile: typeof configFile === 'string' ? configFile : undefined,
  });
  showStacksAt(loaded.settings.logLevel);
  return loaded;
}
