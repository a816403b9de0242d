import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { type Reading, readingFrom } from '../../../src-shared/mapping';
import { createLineReader } from '../live/line-reader';
import { openSource } from '../open-source';
import type { SlotDeath } from '../record';
import { cutEvery, streamOf } from '../testing/reading';
import { KNOWN_FORMATS } from './known-formats';

const SAMPLES = join(import.meta.dirname, '../../../data/formats');
const files = readdirSync(SAMPLES, { withFileTypes: true }).filter((entry) => entry.isFile());

const KEYS = ['BjecmA3hhW8zD7ToGsosrHA8FFwpovaXDErrFL9Xjuz7', 'nzHENicMc2BHfabPbMN3DJbzbqXeTA7zUZFPk6rANeL'];
const ANSWERS = {
  keys: [...KEYS, '9Bo2BCPd7QHd25PzZLxX9KhS81ydwb8uADTD2dvbxVVp'].join('\n'),
  key: KEYS[0] as string,
};

async function readAll(stream: AsyncIterable<Uint8Array>, reading: Partial<Reading> = { answers: ANSWERS }) {
  const source = await openSource({ kind: 'stream', name: 'sample', stream }, reading);
  const records = [];
  for await (const chunk of source.chunks()) records.push(...chunk);
  const { format, reading: described, skipped } = source;
  return { records, format, described, skipped };
}

/** Each is a frame of zstd that only wraps its bytes (RFC 8878, 3.1.1.2.2: raw blocks). */
function wrapInZstd(bytes: Uint8Array): Buffer {
  const blocks = cutEvery(bytes, 1000).map((part, at, parts) => {
    const header = Buffer.alloc(3);
    header.writeUIntLE(part.length * 8 + (at === parts.length - 1 ? 1 : 0), 0, 3);
    return Buffer.concat([header, part]);
  });
  return Buffer.concat([Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x38]), ...blocks]);
}

/** What each sample holds: how many updates and what else. `closed` are those of closed accounts. */
const EXPECTED: Record<
  string,
  { updates: number; skipped?: Record<string, number>; numbered?: true; closed?: number }
> = {
  'account-notifications-wscat.log': {
    updates: 4,
    closed: 1,
    skipped: { line: 2, request: 3, answer: 3, slot: 1 },
  },
  'account-notifications.ndjson': { updates: 4, closed: 1, skipped: { request: 3, answer: 3, slot: 1 } },
  'csv.csv': { updates: 3, numbered: true },
  'das-asset.json': { updates: 1 },
  'das-assets.json': { updates: 2 },
  'get-account-info.json': { updates: 1 },
  'get-multiple-accounts.json': { updates: 3, closed: 1 },
  'get-program-accounts-with-context.json': { updates: 4 },
  'get-program-accounts.json': { updates: 3 },
  'get-token-accounts.json': { updates: 2 },
  'geyser-kafka.ndjson': { updates: 3, numbered: true, skipped: { slot: 1 } },
  'geyser-postgres.csv': { updates: 3, numbered: true },
  'geyser-postgres.ndjson': { updates: 3, numbered: true },
  'program-notifications.ndjson': { updates: 3, skipped: { request: 1, answer: 1 } },
  'recorded-accounts.ndjson': { updates: 3, numbered: true, closed: 1, skipped: { slot: 1, gap: 1 } },
  'recorded-updates.ndjson': { updates: 3, numbered: true, skipped: { rejected: 1 } },
  'solana-account.json': { updates: 1 },
  'surfpool-export.json': { updates: 3 },
  'surfpool-snapshot.json': { updates: 3 },
  'yellowstone-json.ndjson': { updates: 2, numbered: true, skipped: { ping: 1, slot: 1, transaction: 1 } },
  'yellowstone-protobuf.bin': { updates: 2, numbered: true, skipped: { ping: 1, slot: 1, transaction: 1 } },
};

describe.each(files.map(({ name }) => name))('%s', (file) => {
  const bytes = readFileSync(join(SAMPLES, file));
  const name = file.replace(/(-wscat)?\.\w+$/, '');

  it('is recognised by its content and read whole', async () => {
    const { records, described, skipped } = await readAll(streamOf(bytes));
    const expected = EXPECTED[file];
    expect(described?.format?.name).toBe(name);
    expect(records.map(({ kind }) => kind)).toEqual(
      Array(expected?.updates).fill(expected?.numbered ? 'update' : 'unnumbered'),
    );
    expect(Object.fromEntries(skipped.map(({ name, records }) => [name, records]))).toEqual(
      expected?.skipped ?? {},
    );
    const types = records.flatMap((record) => (record.kind === 'reject' ? [] : record.update.accountType));
    expect(types.filter((type) => type === 'closed')).toHaveLength(expected?.closed ?? 0);
  });

  it('says of slots what its records then have', async () => {
    const { records, described } = await readAll(streamOf(bytes));
    const hasSlot = records.some(
      (record) =>
        record.kind !== 'reject' &&
        (record.kind === 'unnumbered' ? record.update.slot !== null : record.update.version.includes(':')),
    );
    expect(described?.hasSlots).toBe(hasSlot);
    const isNewerEachTime = records.some(
      (record) => record.kind === 'unnumbered' && record.update.slot === null,
    );
    expect(described?.warnings.join().includes('newer than the last')).toBe(isNewerEachTime);
  });

  it('is the same in pieces of any length, and compressed', async () => {
    const { records } = await readAll(streamOf(bytes));
    for (const pieces of [
      cutEvery(bytes, 1),
      cutEvery(bytes, 7),
      [gzipSync(bytes)],
      cutEvery(wrapInZstd(bytes), 5),
      [wrapInZstd(bytes), wrapInZstd(Buffer.from('\n'))].slice(0, file.endsWith('.bin') ? 1 : 2),
    ]) {
      expect((await readAll(streamOf(...pieces))).records).toEqual(records);
    }
  });
});

it.each([
  [
    'yellowstone-json.ndjson',
    '{"filters":["slots"],"slot":{"slot":"7","parent":"6","status":"SLOT_DEAD"}}',
    'slot',
  ],
  ['recorded-accounts.ndjson', '{"arrivalMs":5,"slot":{"slot":"7","status":"dead"}}', 'slot'],
  [
    'program-notifications.ndjson',
    '{"method":"slotsUpdatesNotification","params":{"result":{"type":"dead","slot":7},"subscription":3}}',
    'slot',
  ],
])('%s says that a slot is dead, in its place', async (file, line, name) => {
  const bytes = readFileSync(join(SAMPLES, file));
  const { records, skipped } = await readAll(streamOf(bytes));
  const stream = streamOf(...cutEvery(Buffer.concat([bytes, Buffer.from(`\n${line}\n`), bytes]), 99));
  const source = await openSource({ kind: 'stream', name: 'sample', stream });
  const deaths: SlotDeath[] = [];
  source.onDeath((death) => deaths.push(death));
  for await (const _ of source.chunks());
  expect(deaths).toEqual([expect.objectContaining({ slot: '7', after: records.length })]);
  const before = skipped.find((one) => one.name === name)?.records ?? 0;
  expect(source.skipped).toContainEqual({ name, records: 2 * before + 1 });
});

it('a format is offered for the lines of a connection if they can be read by it', () => {
  for (const { name, lines } of KNOWN_FORMATS) {
    const sample = files.find((file) => /json$/.test(file.name) && file.name.startsWith(`${name}.`));
    const read = () => {
      const reader = createLineReader(0, readingFrom({ mapping: name }));
      const bytes = readFileSync(join(SAMPLES, sample?.name ?? 'csv.csv'));
      const records = [...reader.read(bytes), ...reader.finish()].filter(({ kind }) => kind === 'record');
      return records.some((one) => one.kind === 'record' && one.record.kind !== 'reject');
    };
    if (sample) expect([name, read()]).toEqual([name, lines]);
    else {
      expect(lines).toBe(false);
      expect(read).toThrow('is not a format of lines of JSON');
    }
  }
});

it('each format that ships has a sample and its public description, and the other way round', () => {
  const names = files.map(({ name }) => name.replace(/(-wscat)?\.\w+$/, ''));
  expect(new Set(names)).toEqual(new Set(KNOWN_FORMATS.map(({ name }) => name)));
  // What Ingot records itself is described in docs/connections.md.
  for (const { name, url } of KNOWN_FORMATS)
    expect(url).toMatch(name.startsWith('recorded-') ? /^$/ : /^https:\/\//);
  expect(Object.keys(EXPECTED).sort()).toEqual(files.map(({ name }) => name).sort());
});
