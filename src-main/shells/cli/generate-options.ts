import { type Command, Option } from 'commander';
import { z } from 'zod';
import { IngotError } from '../../../src-shared/errors';
import { type GeneratorOptions, generatorOptionsSchema } from '../../ingestion/generator';
import { numberFromText } from '../../settings/number-from-text';

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

export function addGenerateOptions(command: Command): void {
  const defaults = generatorOptionsSchema.parse({});
  for (const [key, placeholder, about] of NUMBERS) {
    command.addOption(new Option(`--${key} <${placeholder}>`, `${about} (default: ${defaults[key]})`));
  }
  command
    .option('--ndjson', 'one record a line, without an array around them')
    .option('--out <FILE>', 'write to this file (default: standard output)');
}

/** @throws IngotError `invalid_input` that names the flag. */
export function readGenerateOptions(command: Command): {
  readonly options: GeneratorOptions;
  readonly file: string | undefined;
} {
  const { out, ...given }: Record<string, unknown> = command.opts();
  const raw: Record<string, unknown> = { ...given };
  for (const [key] of NUMBERS) if (raw[key] !== undefined) raw[key] = numberFromText(raw[key]);
  const parsed = generatorOptionsSchema.safeParse(raw);
  if (!parsed.success) {
    const faulty = new Set(parsed.error.issues.map(({ path }) => path[0]));
    const faults = NUMBERS.flatMap(([key]) => (faulty.has(key) ? [describeFault(key, given[key])] : []));
    // What each number is has come first: the shares come to too much only where each of them is one.
    throw new IngotError('invalid_input', faults.length > 0 ? faults.join('\n') : describeShares(raw));
  }
  return { options: parsed.data, file: typeof out === 'string' ? out : undefined };
}

function describeFault(key: (typeof NUMBERS)[number][0], value: unknown): string {
  const { type, minimum, maximum } = z.toJSONSchema(generatorOptionsSchema.shape[key]);
  const kind = type === 'integer' ? 'a whole number' : 'a number';
  return `--${key} is "${value}": it must be ${kind} from ${minimum} to ${maximum}.`;
}

/** The shares in force: those that nobody gave are part of the sum. */
function describeShares(given: Readonly<Record<string, unknown>>): string {
  const defaults = generatorOptionsSchema.parse({});
  const shares = NUMBERS.filter(([, placeholder]) => placeholder === 'R').map(([key]) =>
    given[key] === undefined ? `--${key} ${defaults[key]} (default)` : `--${key} ${given[key]}`,
  );
  return `${shares.slice(0, -1).join(', ')} and ${shares.at(-1)} must not come to more than 1 together.`;
}
