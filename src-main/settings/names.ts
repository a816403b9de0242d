import { isSwitch, type SettingKey, settingsSchema } from './schema';

/** The only variable that is not a setting: the path of the configuration file. */
export const CONFIG_VARIABLE = 'INGOT_CONFIG';

/** `dataDir` -> `data-dir`, `data_dir`. Both other names follow from this rule. */
function splitWords(key: SettingKey, between: string): string {
  return key.replace(/[A-Z]/g, (letter) => between + letter.toLowerCase());
}

/** `dataDir` -> `INGOT_DATA_DIR`. */
export function variableOf(key: SettingKey): string {
  return `INGOT_${splitWords(key, '_').toUpperCase()}`;
}

/** `dataDir` -> `--data-dir`. A switch that is on by default has the flag that turns it off: `--no-wait`. */
export function flagOf(key: SettingKey): string {
  const turnsOff = isSwitch(key) && settingsSchema.shape[key].parse(undefined) === true;
  return `--${turnsOff ? 'no-' : ''}${splitWords(key, '-')}`;
}
