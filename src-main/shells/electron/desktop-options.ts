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

/** What the desktop app was started with. */
export interface DesktopOptions {
  readonly target: DatabaseTarget;
  /** Holds what belongs to this database and its window: preferences, backups, the window's place. */
  readonly homeDirectory: string;
  /** A file to ingest at once, as a whole path. */
  readonly file: string | null;
  /** How that file is to be ingested. */
  readonly run: RunSettings;
  readonly overdue: Overdue;
  readonly traceCallbacks: number;
  readonly logLevel: LogLevel;
  /** Null: no log files. */
  readonly logDirectory: string | null;
  /** Where metrics and health are served; null: nowhere. */
  readonly metricsPort: number | null;
  readonly logFileLevel: LogLevel;
}

/** `--json` is for programs. */
const KEYS = SETTING_KEYS.filter((key) => key !== 'json');
const FLAGS = new Map<string, SettingKey>(KEYS.map((key) => [flagOf(key).slice('--'.length), key]));

/**
 * What was meant for us on a command line. Packaged, all of it; else only what follows the app's directory:
 * before that come Electron's own switches.
 */
export function argumentsOf(commandLine: readonly string[], appPath: string): readonly string[] {
  const [, ...args] = commandLine;
  return args.slice(args.findIndex((arg) => resolve(arg) === resolve(appPath)) + 1);
}

/**
 * @param args what follows the app's own path on the command line.
 * @param directory where it was started: file names are meant from there.
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
      ...Object.fromEntries(
        [...FLAGS].map(([name, key]) => [name, { type: isSwitch(key) ? 'boolean' : 'string' } as const]),
      ),
    },
    allowPositionals: true,
    // Chromium's own switches are on the same command line, and it knows hundreds.
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
    run: runSettingsOf(settings),
    overdue: settings.overdue,
    traceCallbacks: settings.traceCallbacks,
    logLevel: settings.logLevel,
    logDirectory: settings.logDir,
    metricsPort: settings.metricsPort,
    logFileLevel: settings.logFileLevel,
  };
}
