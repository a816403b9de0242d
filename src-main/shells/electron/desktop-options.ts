import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import envPaths from 'env-paths';
import { IngotError } from '../../../src-shared/errors';
import type { Overdue, RunSettings } from '../../../src-shared/run-settings';
import type { LogLevel } from '../../observability/logger';
import { databaseTargetOf } from '../../settings/database-target';
import { loadSettings } from '../../settings/load-settings';
import { flagOf } from '../../settings/names';
import { isSwitch, runSettingsOf, SETTING_KEYS, type SettingKey } from '../../settings/schema';
import type { DatabaseTarget } from '../../storage/open-database';

export interface DesktopOptions {
  readonly target: DatabaseTarget;
  /** For preferences, backups and the window's position. */
  readonly homeDirectory: string;
  /** A file to open at start, as an absolute path. */
  readonly file: string | null;
  /** Show the file instead of ingesting it at once. */
  readonly preview: boolean;
  /** The settings for that file. */
  readonly run: RunSettings;
  readonly overdue: Overdue;
  readonly traceCallbacks: number;
  readonly logLevel: LogLevel;
  /** Null: no log files. */
  /** A file or folder; null: none. */
  readonly idl: string | null;
  readonly logDirectory: string | null;
  /** Null: metrics and health are not served. */
  readonly metricsPort: number | null;
  readonly logFileLevel: LogLevel;
  /** Where newer versions are announced; null: nowhere is looked. */
  readonly updateFeed: string | null;
}

/** `--json` is for programs. */
const KEYS = SETTING_KEYS.filter((key) => key !== 'json');
const FLAGS = new Map<string, SettingKey>(KEYS.map((key) => [flagOf(key).slice('--'.length), key]));

/**
 * Our part of a command line. In a packaged app, all of it; otherwise what follows the app's directory, because Electron's own
 * switches come before.
 */
export function argumentsOf(commandLine: readonly string[], appPath: string): readonly string[] {
  const [, ...args] = commandLine;
  return args.slice(args.findIndex((arg) => resolve(arg) === resolve(appPath)) + 1);
}

/**
 * @param args what follows the app's path on the command line.
 * @param directory the working directory, for relative file names.
 * @throws IngotError `invalid_input`, as `loadSettings`.
 */
export async function readDesktopOptions(
  args: readonly string[],
  variables: Readonly<Record<string, string | undefined>>,
  directory: string,
): Promise<DesktopOptions> {
  const { values, positionals } = parseArgs({
    args: [...args],
    options: {
      config: { type: 'string' },
      preview: { type: 'boolean' },
      ...Object.fromEntries(
        [...FLAGS].map(([name, key]) => [name, { type: isSwitch(key) ? 'boolean' : 'string' } as const]),
      ),
    },
    allowPositionals: true,
    // Chromium has hundreds of switches on the same command line.
    strict: false,
  });
  if (positionals.length > 1) {
    throw new IngotError('invalid_input', `One file can be opened at a time, not ${positionals.length}.`);
  }
  const flags = [...FLAGS].flatMap(([name, key]) => {
    const value = values[name];
    if (value === undefined) return [];
    return [[key, name.startsWith('no-') ? value !== true : value]];
  });
  const { settings } = await loadSettings({
    flags: Object.fromEntries(flags),
    variables,
    configFile: typeof values.config === 'string' ? resolve(directory, values.config) : undefined,
  });
  const target = databaseTargetOf(settings);
  const [file] = positionals;
  return {
    target,
    homeDirectory: target.kind === 'data-dir' ? target.dataDir : envPaths('ingot', { suffix: '' }).data,
    file: file === undefined ? null : resolve(directory, file),
    preview: values.preview === true,
    run: runSettingsOf(settings),
    overdue: settings.overdue,
    idl: settings.idl,
    traceCallbacks: settings.traceCallbacks,
    logLevel: settings.logLevel,
    logDirectory: settings.logDir,
    metricsPort: settings.metricsPort,
    logFileLevel: settings.logFileLevel,
    updateFeed: settings.updateFeed,
  };
}
