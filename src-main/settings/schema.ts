import { z } from 'zod';
import { IngotError } from '../../src-shared/errors';
import { LOG_LEVELS } from '../../src-shared/logs';
import { mappingNameSchema, mappingSchema } from '../../src-shared/mapping';
import {
  ARRIVALS,
  OVERDUE,
  parseDelayRange,
  type RunSettings,
  runSettingsSchema,
} from '../../src-shared/run-settings';
import { spaceNameSchema } from '../../src-shared/spaces';
import { numberFromText } from './number-from-text';

export interface SettingNote {
  /** For `--help`. */
  readonly about: string;
  /** For a flag that negates its key: `--no-wait`. */
  readonly aboutFlag?: string;
  /** For an error: read after "must be". */
  readonly allowed: string;
  /** How `--help` shows the value; a switch has none. */
  readonly placeholder?: string;
}

const settingNotes = z.registry<SettingNote>();

const run = runSettingsSchema.shape;
const aSwitch = 'true or false';
const oneOf = (words: readonly string[]) => `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`;

function switchFromText(value: unknown): unknown {
  if (value === 'true') return true;
  return value === 'false' ? false : value;
}

/** Ranges are text everywhere outside. */
function delayFromText(value: unknown): unknown {
  if (value === undefined) return value;
  const written = numberFromText(value);
  return typeof written === 'string' || typeof written === 'number' ? parseDelayRange(String(written)) : null;
}

/** `slot=5; keys=A,B` */
function answersFromText(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  const parts = value.split(';').filter((part) => part.trim() !== '');
  const answers = parts.map((part) => /^\s*([^=]+?)\s*=\s*(.*?)\s*$/s.exec(part));
  return answers.includes(null)
    ? value
    : Object.fromEntries(answers.map((match) => [match?.[1], match?.[2]]));
}

/**
 * All settings. The key is the name in the configuration file; variable and flag follow from it (see `names.ts`), help and errors
 * from the note.
 */
export const settingsSchema = z.strictObject({
  arrival: run.arrival.register(settingNotes, {
    about: 'when each update enters the system',
    allowed: oneOf(ARRIVALS),
    placeholder: ARRIVALS.join('|'),
  }),
  delay: z
    .preprocess(delayFromText, run.delay.unwrap())
    .default(run.delay.parse(undefined))
    .register(settingNotes, {
      about: 'wait before each update, or the window to scatter over, in milliseconds',
      allowed: 'a range such as 0-1000 or one number such as 500, in whole milliseconds up to 86400000',
      placeholder: 'A-B|A',
    }),
  speed: z
    .preprocess(numberFromText, run.speed.unwrap())
    .default(run.speed.parse(undefined))
    .register(settingNotes, {
      about: "how many times as fast the run's clock goes",
      allowed: 'a number from 0.001 to 1000000',
      placeholder: 'N',
    }),
  seed: z
    .preprocess(numberFromText, run.seed.unwrap())
    .default(run.seed.parse(undefined))
    .register(settingNotes, {
      about: 'the same seed gives the same arrivals',
      allowed: 'a whole number from 0 to 4294967295',
      placeholder: 'N',
    }),
  simulate: z
    .preprocess(switchFromText, run.simulate.unwrap())
    .default(run.simulate.parse(undefined))
    .register(settingNotes, {
      about: 'run on a virtual clock: the same events, as fast as the machine goes',
      allowed: aSwitch,
    }),
  wait: z
    .preprocess(switchFromText, run.wait.unwrap())
    .default(run.wait.parse(undefined))
    .register(settingNotes, {
      about: 'after the last record, wait until no callback is pending',
      aboutFlag: 'end after the last record; callbacks stay pending in the database',
      allowed: aSwitch,
    }),
  skipBrokenLines: z
    .preprocess(switchFromText, run.skipBrokenLines.unwrap())
    .default(run.skipBrokenLines.parse(undefined))
    .register(settingNotes, {
      about: 'reject lines of NDJSON that are not JSON, and continue',
      allowed: aSwitch,
    }),
  mapping: z
    .union([z.string().min(1).max(4096), mappingSchema])
    .nullable()
    .default(null)
    .register(settingNotes, {
      about: 'how to read a source of another shape: a name that "ingot formats" lists, or a file',
      allowed: 'a name of up to 64 letters, digits, hyphens and underscores, or a file',
      placeholder: 'NAME|FILE',
    }),
  tokens: run.tokens.register(settingNotes, {
    about: 'what tokens are, for accounts of the chain: source, lamports, amount, supply or decoded:PATH',
    allowed: 'source, lamports, amount, supply or decoded:PATH',
    placeholder: 'WHAT',
  }),
  accountType: run.accountType.register(settingNotes, {
    about: 'what the type is, for accounts of the chain: source, owner, mint, parsed, or one type for all',
    allowed: 'source, owner, mint, parsed, or a type of up to 64 characters',
    placeholder: 'WHAT',
  }),
  callbackTimeMs: z
    .preprocess(numberFromText, run.callbackTimeMs.unwrap())
    .default(run.callbackTimeMs.parse(undefined))
    .register(settingNotes, {
      about: 'when callbacks are due that the source says nothing of, in milliseconds after their update',
      allowed: 'a whole number from 0 to 9007199254740991',
      placeholder: 'N',
    }),
  answers: z
    .preprocess(answersFromText, run.answers.unwrap())
    .default(run.answers.parse(undefined))
    .register(settingNotes, {
      about:
        'what the source does not contain, such as "slot=250000000" or "keys=KEY,KEY"; semicolons between them',
      allowed: 'NAME=VALUE, with semicolons between several',
      placeholder: 'NAME=VALUE',
    }),
  idl: z.string().min(1).nullable().default(null).register(settingNotes, {
    about: 'decode accounts of the chain by the Anchor or Codama IDLs in this file or folder too',
    allowed: 'a file or a folder',
    placeholder: 'FILE|DIR',
  }),
  overdue: z
    .enum(OVERDUE)
    .default('fire')
    .register(settingNotes, {
      about: 'callbacks that fell due while Ingot was not running: fire them, marked late, or cancel them',
      allowed: oneOf(OVERDUE),
      placeholder: OVERDUE.join('|'),
    }),
  dataDir: z.string().min(1).nullable().default(null).register(settingNotes, {
    about: 'directory of the embedded database; "ingot config" shows the usual one',
    allowed: 'a directory',
    placeholder: 'DIR',
  }),
  memory: z.preprocess(switchFromText, z.boolean()).default(false).register(settingNotes, {
    about: 'keep the database in memory: it is lost at the end, with its pending callbacks',
    allowed: aSwitch,
  }),
  database: z
    .string()
    .regex(/^postgres(ql)?:\/\/./)
    .nullable()
    .default(null)
    .register(settingNotes, {
      about: 'use a Postgres server instead of the embedded database',
      allowed: 'an address such as postgres://user@host:5432/name',
      placeholder: 'URL',
    }),
  space: spaceNameSchema.nullable().default(null).register(settingNotes, {
    about: 'use a space of its own in the database, apart from everything else',
    allowed: 'a name of up to 40 lower-case letters, digits and underscores, a letter first; not main',
    placeholder: 'NAME',
  }),
  readOnly: z.preprocess(switchFromText, z.boolean()).default(false).register(settingNotes, {
    about: 'read a Postgres server while another Ingot holds its database: changes and fires nothing',
    allowed: aSwitch,
  }),
  json: z.preprocess(switchFromText, z.boolean()).default(false).register(settingNotes, {
    about: 'write JSON to standard output, one object a line',
    allowed: aSwitch,
  }),
  traceCallbacks: z
    .preprocess(numberFromText, z.int().min(0).max(100_000))
    .default(20)
    .register(settingNotes, {
      about: 'how many callbacks of one batch its trace shows at most',
      allowed: 'a whole number from 0 to 100000',
      placeholder: 'N',
    }),
  logLevel: z
    .enum(LOG_LEVELS)
    .default('warn')
    .register(settingNotes, {
      about: `how much to log to standard error: ${oneOf(LOG_LEVELS)}`,
      allowed: oneOf(LOG_LEVELS),
      placeholder: 'L',
    }),
  logDir: z.string().min(1).nullable().default(null).register(settingNotes, {
    about: 'directory of the log files: windows keep some unless it is "none", commands only if it is named',
    allowed: 'a directory, or none',
    placeholder: 'DIR',
  }),
  logFileLevel: z
    .enum(LOG_LEVELS)
    .default('info')
    .register(settingNotes, {
      about: 'how much to keep in log files and in the window: the same words',
      allowed: oneOf(LOG_LEVELS),
      placeholder: 'L',
    }),
  metricsPort: z
    .preprocess(numberFromText, z.int().min(1).max(65_535).nullable())
    .default(null)
    .register(settingNotes, {
      about: 'serve metrics and health on this port of 127.0.0.1: /metrics, /healthz, /readyz',
      allowed: 'a whole number from 1 to 65535',
      placeholder: 'N',
    }),
  updateFeed: z
    .string()
    .regex(/^https:\/\/[^/?#]|^http:\/\/(?:localhost|127\.0\.0\.1)[:/]/)
    .nullable()
    .default(null)
    .register(settingNotes, {
      about: 'where the desktop app looks for a newer version, and only if you ask it to',
      allowed: 'an address such as https://example.org/ingot/',
      placeholder: 'URL',
    }),
});

export type Settings = z.infer<typeof settingsSchema>;
export type SettingKey = keyof Settings;
/** In display order. */
export const SETTING_KEYS: readonly SettingKey[] = settingsSchema.keyof().options;

/** The place of the database: one of these at a time. */
export const PLACE_KEYS = ['dataDir', 'memory', 'database'] as const satisfies readonly SettingKey[];

/** Paths are relative to where they were written. */
export const DIRECTORY_KEYS: ReadonlySet<SettingKey> = new Set(['dataDir', 'logDir', 'idl']);

export function isSettingKey(name: string): name is SettingKey {
  return Object.hasOwn(settingsSchema.shape, name);
}

export function noteOf(key: SettingKey): SettingNote {
  const note = settingNotes.get(settingsSchema.shape[key]);
  if (!note) throw new Error(`the setting ${key} has no note`);
  return note;
}

/** As a flag, a switch takes no value. */
export function isSwitch(key: SettingKey): boolean {
  return noteOf(key).placeholder === undefined;
}

/**
 * The settings of a run started by a command.
 * @throws IngotError `invalid_input` if the mapping is a file: a command reads it before.
 */
export function runSettingsOf(settings: Settings): RunSettings {
  const { mapping } = settings;
  if (typeof mapping === 'string' && !mappingNameSchema.safeParse(mapping).success) {
    throw new IngotError(
      'invalid_input',
      `A window knows mappings by their names, and "${mapping}" is none.`,
      {
        hint: 'Save the mapping in the window first, or give the file to "ingot ingest".',
      },
    );
  }
  return runSettingsSchema.strip().parse(settings);
}
