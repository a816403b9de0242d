import { parseRunTime } from '../../src-shared/instant';
import type { Ask, Meaning, Reading, SourceReading } from '../../src-shared/mapping';

/** Why a source cannot be read yet, for a person; null if nothing is missing. */
export function whatIsMissing(reading: SourceReading | null): string | null {
  if (reading === null) return null;
  const open = reading.asks.filter(isOpen);
  if (open.length > 0) return `Still missing: ${open.map(({ label }) => label.toLowerCase()).join(', ')}`;
  const missing = missingFields(reading);
  return missing.length > 0 ? `No field is chosen yet for: ${missing.join(', ')}` : null;
}

/** Without an answer that can be used. */
export const isOpen = ({ error, isAnswered, isOptional }: Ask): boolean =>
  error !== null || !(isAnswered || isOptional);

/** An account on the chain has lamports and an owner; anything else needs tokens and a type, but for Ingot's own updates. */
function missingFields({ mapping: { fields } }: SourceReading): string[] {
  if (Object.keys(fields).length === 0) return [];
  const missing: string[] = fields.id === undefined ? ['id'] : [];
  if (fields.lamports !== undefined && fields.owner !== undefined) return missing;
  for (const name of ['accountType', 'tokens'] as const) if (fields[name] === undefined) missing.push(name);
  return missing;
}

/** The meaning in use: the one chosen, or the first that the source offers. */
export const meaningInUse = (offered: readonly Meaning[], chosen: string): string =>
  offered.some(({ value }) => value === chosen) ? chosen : (offered[0]?.value ?? chosen);

/** `90 s`, `5m`, `1h 30m`, `00:05:00`; a plain number is of milliseconds. Null: it is none of these. */
export function parseDelay(text: string): number | null {
  const plain = text.replaceAll(/[\s,]/g, '').toLowerCase();
  return parseRunTime(/^\d+$/.test(plain) ? `${plain}ms` : plain);
}

/** Text that `parseDelay` reads as the same: `5 m`. */
export function formatDelay(ms: number): string {
  for (const [unit, size] of UNITS) if (ms > 0 && ms % size === 0) return `${ms / size} ${unit}`;
  return `${ms} ms`;
}
const UNITS = [
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1000],
] as const;

/** What is stated of a run whose source did not hold Ingot's own updates. */
export function describeReading({
  tokens,
  accountType,
  callbackTimeMs,
  answers,
}: Reading): readonly string[] {
  return [
    `tokens: ${TOKENS[tokens] ?? `decoded ${tokens.slice('decoded:'.length)}`}`,
    `type: ${ACCOUNT_TYPES[accountType] ?? accountType}`,
    `callbacks after ${formatDelay(callbackTimeMs)} if it names no time`,
    ...Object.entries(answers).map(([name, answer]) =>
      answer.length <= MOST_SHOWN ? `${name} ${answer}` : `${name} given`,
    ),
  ];
}
/** One key. */
const MOST_SHOWN = 44;
const TOKENS: Readonly<Record<string, string>> = {
  source: 'as it says, otherwise lamports',
  lamports: 'lamports',
  amount: 'amount of a token account',
  supply: 'supply of a mint',
};
const ACCOUNT_TYPES: Readonly<Record<string, string>> = {
  source: 'as it says, otherwise the owner program',
  owner: 'owner program',
  mint: 'mint',
  parsed: 'kind of account',
};
