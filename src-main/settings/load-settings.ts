import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import envPaths from 'env-paths';
import { IngotError } from '../../src-shared/errors';
import { readConfigFile } from './config-file';
import { maskPassword } from './mask-password';
import { CONFIG_VARIABLE, flagOf, variableOf } from './names';
import { describeOrigin, type Origin } from './origin';
import {
  DIRECTORY_KEYS,
  isSettingKey,
  noteOf,
  PLACE_KEYS,
  SETTING_KEYS,
  type SettingKey,
  type Settings,
  settingsSchema,
} from './schema';

export interface SettingsSources {
  /** Given flags, by setting key, as text or switch. */
  readonly flags: Readonly<Partial<Record<SettingKey, unknown>>>;
  /** The environment; only variables that begin with `INGOT_` count. */
  readonly variables: Readonly<Record<string, string | undefined>>;
  /** From `--config`; otherwise `INGOT_CONFIG`, then `ingot.yaml` in the user's configuration directory. */
  readonly configFile?: string | undefined;
  /** Called with a sentence if a default configuration file is skipped. Default: standard error. */
  readonly warn?: (message: string) => void;
}

export interface LoadedSettings {
  readonly settings: Settings;
  originOf(key: SettingKey): Origin;
  /** Whether or not it exists. */
  readonly configFile: string;
}

interface Given {
  readonly raw: unknown;
  readonly origin: Origin;
}
type Level = ReadonlyMap<SettingKey, Given>;

/**
 * Defaults, then the file, then variables, then flags: a later source wins, key by key. Only the database's place is chosen as a
 * whole, so that `--memory` overrides a `dataDir` in the file.
 * @throws IngotError `invalid_input`, naming every unknown key and invalid value, its source and what is allowed.
 */
export async function loadSettings(sources: SettingsSources): Promise<LoadedSettings> {
  const paths = envPaths('ingot', { suffix: '' });
  const named = sources.configFile ?? sources.variables[CONFIG_VARIABLE];
  if (named === '') {
    const name = sources.configFile === undefined ? CONFIG_VARIABLE : '--config';
    throw new IngotError('invalid_input', `${name} is "": it must be a file.`);
  }
  const configFile = resolve(named ?? join(paths.config, 'ingot.yaml'));
  const { warn = (message) => process.stderr.write(`ingot: ${message}\n`) } = sources;
  const inFile = await readConfigFile(configFile, { required: named !== undefined, warn });

  const problems: string[] = [];
  const won = new Map<SettingKey, Given>();
  for (const level of [
    collectFile(inFile, configFile, problems),
    collectVariables(sources.variables, problems),
    collectFlags(sources.flags),
  ]) {
    const places = choosePlaces(level);
    if (places.length > 1) {
      const names = places.map((given) => describeOrigin(given.origin));
      problems.push(`${names.join(' and ')} exclude each other: set one of them.`);
    }
    if (places.length > 0) for (const key of PLACE_KEYS) won.delete(key);
    for (const [key, given] of level) {
      for (const fault of findFault(key, given)) problems.push(fault);
      won.set(key, given);
    }
  }
  const [place] = choosePlaces(won);
  const readOnly = won.get('readOnly');
  if (readOnly && isOn('readOnly', readOnly) && !won.has('database')) {
    problems.push(
      `${describeOrigin(readOnly.origin)} needs a Postgres server, named by --database: only one process at a time can open a data directory, even for reading.`,
    );
  }
  if (problems.length > 0) throw new IngotError('invalid_input', problems.join('\n'));

  const raw = Object.fromEntries([...won].map(([key, given]) => [key, given.raw]));
  const settings = settingsSchema.parse(place ? raw : { ...raw, dataDir: paths.data });
  return {
    configFile,
    settings: { ...settings, logDir: chooseLogDir(settings, paths.log, won.has('dataDir')) },
    originOf(key) {
      const given = won.get(key);
      if (given) return given.origin;
      return key === 'dataDir' && place ? { source: 'unused', instead: place.origin } : { source: 'default' };
    },
  };
}

const NO_DIRECTORY = 'none';

/**
 * The directory for log files: the setting, otherwise beside a database whose directory was given, otherwise the system's usual
 * directory for logs. A database in memory leaves nothing behind, nor does its log.
 */
function chooseLogDir(
  { logDir, memory, dataDir }: Settings,
  usual: string,
  dataDirIsNamed: boolean,
): string | null {
  if (logDir !== null) return logDir === NO_DIRECTORY ? null : logDir;
  if (memory) return null;
  return dataDirIsNamed && dataDir !== null ? join(dataDir, 'logs') : usual;
}

function collectFile(values: Readonly<Record<string, unknown>>, path: string, problems: string[]): Level {
  const level = new Map<SettingKey, Given>();
  for (const [key, raw] of Object.entries(values)) {
    if (isSettingKey(key)) {
      const value = resolveDirectory(key, raw, dirname(path));
      level.set(key, { raw: value, origin: { source: 'file', path, key } });
    } else {
      problems.push(`${key} in ${path} is not a setting. There are: ${SETTING_KEYS.join(', ')}.`);
    }
  }
  return level;
}

function collectVariables(variables: SettingsSources['variables'], problems: string[]): Level {
  const level = new Map<SettingKey, Given>();
  const known = new Map(SETTING_KEYS.map((key) => [variableOf(key), key]));
  for (const [name, text] of Object.entries(variables)) {
    // What connections and targets show to others is no setting.
    if (!name.startsWith('INGOT_') || name === CONFIG_VARIABLE || name.startsWith('INGOT_SECRET_')) continue;
    const key = known.get(name);
    if (key) {
      const raw = resolveDirectory(key, text, process.cwd());
      level.set(key, { raw, origin: { source: 'variable', name } });
    } else {
      problems.push(`${name} is not a setting. There are: ${[...known.keys(), CONFIG_VARIABLE].join(', ')}.`);
    }
  }
  return level;
}

function collectFlags(flags: SettingsSources['flags']): Level {
  const level = new Map<SettingKey, Given>();
  for (const key of SETTING_KEYS) {
    const value = flags[key];
    if (value === undefined) continue;
    const raw = resolveDirectory(key, value, process.cwd());
    level.set(key, { raw, origin: { source: 'flag', name: flagOf(key) } });
  }
  return level;
}

/** A directory may be relative to where it was written, or begin with `~/`; other settings are unchanged. */
function resolveDirectory(key: SettingKey, raw: unknown, from: string): unknown {
  if (!DIRECTORY_KEYS.has(key) || typeof raw !== 'string' || raw === '') return raw;
  if (key === 'logDir' && raw === NO_DIRECTORY) return raw;
  return resolve(from, raw.replace(/^~(?=$|[\\/])/, homedir()));
}

/** The places for the database that one level names; `memory: false` names none. */
function choosePlaces(level: Level): Given[] {
  return PLACE_KEYS.flatMap((key) => {
    const given = level.get(key);
    return given && isOn(key, given) ? [given] : [];
  });
}

const isOn = (key: SettingKey, { raw }: Given) => settingsSchema.shape[key].safeParse(raw).data !== false;

function findFault(key: SettingKey, { raw, origin }: Given): string[] {
  // Inside the program null means "no value", but a person who writes a key means a value.
  if (raw !== null && settingsSchema.shape[key].safeParse(raw).success) return [];
  return [`${describeOrigin(origin)} is ${describeValue(raw)}: it must be ${noteOf(key).allowed}.`];
}

/** For a person. No setting is a list or a mapping, so their content is not shown. */
function describeValue(raw: unknown): string {
  if (typeof raw === 'string') return JSON.stringify(maskPassword(raw));
  if (typeof raw !== 'object' || raw === null) return String(raw);
  return Array.isArray(raw) ? 'a list' : 'a mapping';
}
