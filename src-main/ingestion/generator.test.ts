import { readFile } from 'node:fs/promises';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { OUTCOMES, type Outcome, type Update } from '../../src-shared/update';
import { type GeneratorOptions, generateRecords, generateUpdates, generatorOptionsSchema } from './generator';
import { openSource } from './open-source';
import { collect } from './testing/reading';

async function textOf(options: Partial<GeneratorOptions>): Promise<string> {
  let text = '';
  for await (const chunk of generateUpdates(options)) text += chunk;
  return text;
}

async function readGenerated(options: Partial<GeneratorOptions>) {
  async function* bytes() {
    for await (const chunk of generateUpdates(options)) yield Buffer.from(chunk);
  }
  const source = await openSource({ kind: 'stream', name: 'generated', stream: bytes() });
  return { source, records: await collect(source.chunks()) };
}

/** The expected outcome of each record in an empty database, by plain maps. */
function createModel() {
  const seen = new Map<string, string>();
  const latest = new Map<string, bigint>();
  return (update: Update): Outcome => {
    const key = `${update.id} ${update.version}`;
    const content = JSON.stringify(update);
    const known = seen.get(key);
    if (known !== undefined) return known === content ? 'duplicate' : 'conflict';
    seen.set(key, content);
    const version = BigInt(update.version);
    const before = latest.get(update.id);
    if (before !== undefined && version < before) return 'stale';
    latest.set(update.id, version);
    return 'indexed';
  };
}

function count(outcomes: Iterable<Outcome>): Record<Outcome, number> {
  const counts = { indexed: 0, stale: 0, duplicate: 0, conflict: 0, rejected: 0 };
  for (const outcome of outcomes) counts[outcome]++;
  return counts;
}

const outcomesOf = (options: Partial<GeneratorOptions>) =>
  Array.from(generateRecords(options), ({ outcome }) => outcome);

const anyOptions: fc.Arbitrary<Partial<GeneratorOptions>> = fc
  .record({
    records: fc.integer({ min: 1, max: 300 }),
    accounts: fc.integer({ min: 1, max: 60 }),
    seed: fc.integer({ min: 0, max: 0xffff_ffff }),
    shares: fc.array(fc.nat(100), { minLength: 5, maxLength: 5 }),
    ndjson: fc.boolean(),
  })
  .map(({ records, accounts, seed, shares, ndjson }) => {
    const whole = shares.reduce((sum, share) => sum + share, 1);
    const [stale = 0, duplicate = 0, conflict = 0, invalid = 0] = shares.map((share) => share / whole);
    return { records, accounts, seed, stale, duplicate, conflict, invalid, ndjson };
  });

test('every record comes to the outcome that it was generated for', async () => {
  await fc.assert(
    fc.asyncProperty(anyOptions, async (options) => {
      const planned = outcomesOf(options);
      // A list without any object is refused as a whole.
      fc.pre(planned.some((outcome) => outcome !== 'rejected'));
      const { source, records } = await readGenerated(options);
      expect(source.format).toBe(options.ndjson ? 'ndjson' : 'json-array');
      const model = createModel();
      const found = records.map((record) => (record.kind === 'update' ? model(record.update) : 'rejected'));
      expect(found).toEqual(planned);
    }),
    { numRuns: 300 },
  );
});

test('the shares that were asked for are met', () => {
  const options = {
    records: 20_000,
    accounts: 500,
    stale: 0.2,
    duplicate: 0.1,
    conflict: 0.05,
    invalid: 0.03,
  };
  const counts = count(outcomesOf(options));
  for (const [outcome, share] of [
    ['stale', options.stale],
    ['duplicate', options.duplicate],
    ['conflict', options.conflict],
    ['rejected', options.invalid],
  ] as const) {
    expect(counts[outcome] / options.records).toBeCloseTo(share, 1);
    expect(counts[outcome]).toBeGreaterThan(0.8 * share * options.records);
    expect(counts[outcome]).toBeLessThan(1.2 * share * options.records);
  }
});

test('same options give the same bytes, another seed gives others', async () => {
  const options = { records: 500, accounts: 20, seed: 5 };
  const text = await textOf(options);
  expect(await textOf(options)).toBe(text);
  expect(await textOf({ ...options, seed: 6 })).not.toBe(text);
});

test('no two accounts have the same id, and each is a key of 32 bytes in base58', async () => {
  const { records } = await readGenerated({
    records: 20_000,
    accounts: 1_000_000,
    stale: 0,
    duplicate: 0,
    conflict: 0,
  });
  const ids = records.flatMap((record) => (record.kind === 'update' ? [record.update.id] : []));
  expect(new Set(ids).size).toBeGreaterThan(19_000);
  expect(ids.filter((id) => !/^[1-9A-HJ-NP-Za-km-z]{32,44}$/.test(id))).toEqual([]);
});

test('values are like those of the stream, 64-bit extremes among them', async () => {
  const { records } = await readGenerated({ records: 5000, accounts: 300, invalid: 0 });
  const updates = records.flatMap((record) => (record.kind === 'update' ? [record.update] : []));
  expect(updates.length).toBe(5000);
  expect(new Set(updates.map(({ accountType }) => accountType)).size).toBe(7);
  expect(updates.some(({ tokens }) => BigInt(tokens) > 2n ** 63n)).toBe(true);
  expect(updates.some(({ version }) => BigInt(version) > 2n ** 53n)).toBe(true);
  const small = updates.filter(({ tokens }) => BigInt(tokens) < 1000n);
  expect(small.length).toBeGreaterThan(4500);
  const isUsual = ({ callbackTimeMs }: Update) => callbackTimeMs % 100 === 0 && callbackTimeMs <= 10_000;
  expect(updates.filter((update) => !isUsual(update))).toEqual([]);
});

test.each([
  [{ stale: -0.1 }, 'stale'],
  [{ duplicate: 1.5 }, 'duplicate'],
  [{ accounts: 0 }, 'accounts'],
  [{ seed: -1 }, 'seed'],
  [{ records: 1.5 }, 'records'],
  [{ records: 0 }, 'records'],
  [{ stale: 0.6, invalid: 0.6 }, 'must not come to more than 1 together'],
])('%j is refused', (options, named) => {
  expect(JSON.stringify(generatorOptionsSchema.safeParse(options).error?.issues)).toContain(named);
});

/** `npm run --silent generate -- --records 400 --accounts 40 --seed 7 > data/sample.json` writes it again. */
const SAMPLE = { records: 400, accounts: 40, seed: 7 };

test('data/sample.json is what the generator makes of its options, with every outcome in it', async () => {
  const sample = await readFile(new URL('../../data/sample.json', import.meta.url), 'utf8');
  expect(await textOf(SAMPLE)).toBe(sample);
  const counts = count(outcomesOf(SAMPLE));
  for (const outcome of OUTCOMES) expect(counts[outcome], outcome).toBeGreaterThan(0);
});
