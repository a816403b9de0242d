import { createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { z } from 'zod';
import { IngotError } from '../../../src-shared/errors';
import { type GeneratorOptions, generateUpdates, generatorOptionsSchema } from '../../host/generated-updates';
import { numberFromText } from '../../settings/number-from-text';
import { EXIT, type ExitCode } from '../process/failure';
import { writeOut } from './write-out';

/** The flag of each option of the generator, in the order of the help. */
const NUMBERS = [
  ['records', 'N', 'how many records'],
  ['accounts', 'N', 'over how many accounts, at most'],
  ['seed', 'N', 'the same seed gives the same bytes'],
  ['stale', 'R', 'share of records that come too late, 0 to 1'],
  ['duplicate', 'R', 'share of records that say the same again, 0 to 1'],
  ['conflict', 'R', 'share of records that contradict an earlier one, 0 to 1'],
  ['invalid', 'R', 'share of records that are not valid, 0 to 1'],
] as const satisfies readonly (readonly [keyof GeneratorOptions, string, string])[];

const DEFAULTS = generatorOptionsSchema.parse({});

export const GENERATE_OPTIONS: readonly (readonly [string, string])[] = [
  ...NUMBERS.map(
    ([key, value, about]) => [`--${key} <${value}>`, `${about} (default: ${DEFAULTS[key]})`] as const,
  ),
  ['--ndjson', 'one record a line, without an array around them'],
  ['--out <FILE>', 'write to this file (default: standard output)'],
];

/** @throws IngotError `invalid_input` that names the flag. */
export function readGenerateOptions({ out, ...given }: Readonly<Record<string, unknown>>): {
  readonly options: GeneratorOptions;
  readonly file: string | undefined;
} {
  const raw: Record<string, unknown> = { ...given };
  for (const [key] of NUMBERS) if (raw[key] !== undefined) raw[key] = numberFromText(raw[key]);
  const parsed = generatorOptionsSchema.safeParse(raw);
  if (!parsed.success) {
    const faulty = new Set(parsed.error.issues.map(({ path }) => path[0]));
    const faults = NUMBERS.flatMap(([key]) => (faulty.has(key) ? [describeFault(key, given[key])] : []));
    // A number that is wrong by itself comes first: then their sum says nothing.
    throw new IngotError('invalid_input', faults.length > 0 ? faults.join('\n') : describeShares(raw));
  }
  return { options: parsed.data, file: typeof out === 'string' ? out : undefined };
}

function describeFault(key: (typeof NUMBERS)[number][0], value: unknown): string {
  const { type, minimum, maximum } = z.toJSONSchema(generatorOptionsSchema.shape[key]);
  const kind = type === 'integer' ? 'a whole number' : 'a number';
  return `--${key} is "${value}": it must be ${kind} from ${minimum} to ${maximum}.`;
}

/** The shares in force, defaults included: they are part of the sum. */
function describeShares(given: Readonly<Record<string, unknown>>): string {
  const shares = NUMBERS.filter(([, placeholder]) => placeholder === 'R').map(([key]) =>
    given[key] === undefined ? `--${key} ${DEFAULTS[key]} (default)` : `--${key} ${given[key]}`,
  );
  return `${shares.slice(0, -1).join(', ')} and ${shares.at(-1)} must not come to more than 1 together.`;
}

/**
 * Writes made-up updates to a file, or to standard output as fast as they are taken.
 * @throws IngotError `invalid_input` if the file cannot be written.
 */
export async function generate(options: GeneratorOptions, file: string | undefined): Promise<ExitCode> {
  if (file === undefined || file === '-') {
    await writeOut(generateUpdates(options));
    return EXIT.done;
  }
  try {
    await pipeline(generateUpdates(options), createWriteStream(file));
  } catch (error) {
    if (error instanceof Error && 'code' in error) {
      throw new IngotError('invalid_input', `--out ${file} cannot be written: ${error.code}.`, {}, error);
    }
    throw error;
  }
  return EXIT.done;
}
