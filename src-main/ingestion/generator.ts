import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { z } from 'zod';
import type { Outcome } from '../../src-shared/update';
import { type GeneratedUpdate, generateLateUpdate, generateUpdate, LATE_PER_SLOT } from './generated-update';

/** Shares that add up to 1 may exceed it slightly in binary. */
const ROUNDING = 1e-9;

const ratio = z.number().min(0).max(1);

/** The same options give the same bytes. */
export const generatorOptionsSchema = z
  .strictObject({
    records: z.int().min(1).max(1_000_000_000).default(1000),
    /** Each takes eight bytes of memory. */
    accounts: z.int().min(1).max(50_000_000).default(100),
    /** An unsigned 32-bit integer. */
    seed: z.int().min(0).max(0xffff_ffff).default(1),
    /** Share of records that come after a newer version of their account. */
    stale: ratio.default(0.1),
    /** Share of records that repeat an earlier one. */
    duplicate: ratio.default(0.02),
    /** Share of records with other content for an earlier version. */
    conflict: ratio.default(0.01),
    /** Share of invalid records. */
    invalid: ratio.default(0.01),
    /** One record per line, without an array around them. */
    ndjson: z.boolean().default(false),
  })
  .refine(
    ({ stale, duplicate, conflict, invalid }) => stale + duplicate + conflict + invalid <= 1 + ROUNDING,
    {
      message: 'stale, duplicate, conflict and invalid must not come to more than 1 together',
    },
  );
export type GeneratorOptions = z.infer<typeof generatorOptionsSchema>;

/** A record with the outcome it will have in an empty database. */
export interface GeneratedRecord {
  readonly outcome: Outcome;
  /** JSON, in one line. */
  readonly text: string;
}

/** How often to look for an account that allows the wanted outcome. */
const TRIES = 16;
/** Slots before an account's first version, for updates that come too late. */
const FIRST_SLOT = 2;
const CHUNK_LENGTH = 64 * 1024;

/**
 * The text of a source, in chunks of about 64 KiB.
 *
 * @throws ZodError if the options are invalid.
 */
export async function* generateUpdates(
  options: z.input<typeof generatorOptionsSchema>,
): AsyncGenerator<string> {
  const { ndjson } = generatorOptionsSchema.parse(options);
  let chunk = ndjson ? '' : '[';
  let separator = ndjson ? '' : '\n';
  for (const { text } of generateRecords(options)) {
    chunk += separator + text;
    separator = ndjson ? '\n' : ',\n';
    if (chunk.length >= CHUNK_LENGTH) {
      yield chunk;
      chunk = '';
    }
  }
  yield `${chunk}${ndjson ? '' : '\n]'}\n`;
}

/**
 * The records one by one. Per account it keeps how many versions it took and how many came too late. Accounts start in order, so
 * the active ones are always the first.
 *
 * If no account allows the wanted outcome, the record is a plain update. So shares are met as far as possible: with one account,
 * no more can be stale than versions were skipped.
 */
export function* generateRecords(
  options: z.input<typeof generatorOptionsSchema>,
): Generator<GeneratedRecord> {
  const { records, accounts, seed, stale, duplicate, conflict, invalid } =
    generatorOptionsSchema.parse(options);
  const random = xoroshiro128plus(seed);
  const taken = new Uint32Array(accounts);
  const late = new Uint32Array(accounts);
  let inPlay = 0;

  const latestSlot = (account: number) => FIRST_SLOT + (taken[account] ?? 0) - 1;
  const lateCount = (account: number) => late[account] ?? 0;

  function drawOutcome(): Outcome {
    const drawn = uniformFloat64(random);
    if (drawn < invalid) return 'rejected';
    if (drawn < invalid + stale) return 'stale';
    if (drawn < invalid + stale + duplicate) return 'duplicate';
    if (drawn < invalid + stale + duplicate + conflict) return 'conflict';
    return 'indexed';
  }

  function takeNext(): GeneratedUpdate {
    let account = uniformInt(random, 0, accounts - 1);
    if (account >= inPlay) account = inPlay++;
    taken[account] = (taken[account] ?? 0) + 1;
    return generateUpdate(seed, account, latestSlot(account));
  }

  function takeLate(): GeneratedUpdate | undefined {
    for (let attempt = 0; attempt < TRIES && inPlay > 0; attempt++) {
      const account = uniformInt(random, 0, inPlay - 1);
      const index = lateCount(account);
      if (index < LATE_PER_SLOT * latestSlot(account)) {
        late[account] = index + 1;
        return generateLateUpdate(seed, account, index);
      }
    }
    return undefined;
  }

  function repeatLatest(): GeneratedUpdate | undefined {
    if (inPlay === 0) return undefined;
    const account = uniformInt(random, 0, inPlay - 1);
    return generateUpdate(seed, account, latestSlot(account));
  }

  for (let record = 0; record < records; record++) {
    const outcome = drawOutcome();
    if (outcome === 'rejected') {
      const account = uniformInt(random, 0, accounts - 1);
      const spoil = SPOILERS[uniformInt(random, 0, SPOILERS.length - 1)] ?? withoutVersion;
      yield { outcome, text: spoil(generateUpdate(seed, account, uniformInt(random, 0, 9))) };
      continue;
    }
    const update = outcome === 'stale' ? takeLate() : outcome === 'indexed' ? undefined : repeatLatest();
    if (update === undefined) yield { outcome: 'indexed', text: writeUpdate(takeNext()) };
    else yield { outcome, text: writeUpdate(outcome === 'conflict' ? contradict(update) : update) };
  }
}

/** Other tokens for the same version. */
function contradict(update: GeneratedUpdate): GeneratedUpdate {
  return { ...update, tokens: update.tokens === 0n ? 1n : update.tokens - 1n };
}

type Members = Record<keyof GeneratedUpdate, string>;

function writeMembers({ id, accountType, tokens, callbackTimeMs, data, version }: GeneratedUpdate): Members {
  return {
    id: JSON.stringify(id),
    accountType: JSON.stringify(accountType),
    tokens: String(tokens),
    callbackTimeMs: String(callbackTimeMs),
    data: JSON.stringify(data),
    version: String(version),
  };
}

function joinMembers(members: Partial<Members>): string {
  return `{${Object.entries(members)
    .map(([name, value]) => `"${name}":${value}`)
    .join(',')}}`;
}

function writeUpdate(update: GeneratedUpdate): string {
  return joinMembers(writeMembers(update));
}

/** Realistic faults; most often the version is missing. */
const SPOILERS: readonly Spoiler[] = [
  withoutVersion,
  withoutVersion,
  withoutVersion,
  (update) => joinMembers({ ...writeMembers(update), version: 'null' }),
  (update) => joinMembers({ ...writeMembers(update), tokens: `-${update.tokens + 1n}` }),
  (update) => joinMembers({ ...writeMembers(update), tokens: '"many"' }),
  (update) => joinMembers({ ...writeMembers(update), callbackTimeMs: '0.5' }),
  (update) => joinMembers({ ...writeMembers(update), id: '""' }),
  (update) => joinMembers({ ...writeMembers(update), accountType: '7' }),
  () => 'null',
];
type Spoiler = (update: GeneratedUpdate) => string;

function withoutVersion(update: GeneratedUpdate): string {
  const { version: _, ...rest } = writeMembers(update);
  return joinMembers(rest);
}
