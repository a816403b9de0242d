import { formatDelayRange } from '../../src-shared/run-settings';
import { maskPassword } from './mask-password';
import type { SettingKey, Settings } from './schema';

/** A setting's value as it would be written in the configuration file, the database's password masked. */
export function plainValue(settings: Settings, key: SettingKey): string | number | boolean | null {
  if (key === 'delay') return formatDelayRange(settings.delay);
  if (key === 'database') return settings.database && maskPassword(settings.database);
  return settings[key];
}
