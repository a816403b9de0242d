import { join } from 'node:path';
import type { LoadedSettings } from '../../settings/load-settings';
import type { SettingKey } from '../../settings/schema';
import { EXIT, type ExitCode } from '../process/failure';

/** What a person typed after a command's name. */
export interface Given {
  readonly argument: string | undefined;
  /** The second argument. */
  readonly other: string | undefined;
  readonly flags: Readonly<Record<string, string | boolean | undefined>>;
  /** The settings in force. @throws IngotError `invalid_input` */
  readonly load: () => Promise<LoadedSettings>;
}

export interface CommandSpec {
  readonly name: string;
  readonly argument?: readonly [name: string, about: string];
  readonly other?: readonly [name: string, about: string];
  readonly summary: string;
  readonly description: string;
  readonly options?: readonly (readonly [flags: string, about: string])[];
  /** The settings that have a flag here. */
  readonly keys?: readonly SettingKey[];
  /** Command lines to begin with, each with what it is for. */
  readonly examples: readonly (readonly [line: string, meaning: string])[];
  readonly more?: string;
  /** Loads what the command needs, so that `--help` is quick. */
  readonly run: (given: Given) => Promise<ExitCode>;
}

/** Beside `out/main`, where this is built into. */
export const SAMPLE_PATH = join(import.meta.dirname, '../../data/sample.json');

export const DATABASE_KEYS = ['dataDir', 'database', 'space', 'readOnly'] as const;
export const LOG_KEYS = ['logLevel', 'logDir', 'logFileLevel'] as const;

export const EXIT_CODES_HELP = `
Exit codes:
  ${EXIT.done}    done
  ${EXIT.failed}    the run failed, or every record was rejected
  ${EXIT.misused}    wrong usage, or a source that cannot be read
  ${EXIT.interrupted}  interrupted; pending callbacks stay pending in the database
`;

/** The mapping that is named, if it is one that a person saved or a file. */
export async function withMapping(loaded: LoadedSettings): Promise<LoadedSettings> {
  const { settings } = loaded;
  if (settings.mapping === null) return loaded;
  const { chooseMapping } = await import('./formats');
  return { ...loaded, settings: await chooseMapping(loaded) };
}
