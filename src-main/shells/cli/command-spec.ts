import { join } from 'node:path';
import type { LoadedSettings } from '../../settings/load-settings';
import type { SettingKey } from '../../settings/schema';
import type { ExitCode } from '../process/failure';

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
