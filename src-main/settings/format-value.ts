import { formatDelayRange } from '../../src-shared/run-settings';
import { maskPassword } from './mask-password';
import type { SettingKey, Settings } from './schema';

/** As written in the configuration file, with the database's password masked. */
export function plainValue(settings: Settings, key: SettingKey): string | number | boolean | null {
  if (key === 'delay') return formatDelayRange(settings.delay);
  if (key === 'database') return settings.database && maskPassword(settings.database);
  if (key === 'mapping')
    return typeof settings.mapping === 'string' ? settings.mapping : (settings.mapping?.name ?? null);
  if (key === 'answers') {
    const answers = Object.entries(settings.answers);
    return answers.length === 0 ? null : answers.map(([name, value]) => `${name}=${value}`).join(';');
  }
  return settings[key];
}
