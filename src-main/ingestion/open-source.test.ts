import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openSource } from './open-source';
import type { SourceRecord } from './record';
import { collect, openPieces, readPieces, recordText, streamOf } from './testing/reading';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'ingot-source-'));
});
afterEach(async () => {
  await rm(directory, { recursive: true, force: true });
});

async function writeSource(name: string, content: string | Uint8Array): Promise<string> {
  const path = join(directory, name);
  await writeFile(path, content);
  return path;
}

async function readFile(path: string): Promise<SourceRecord[]> {
  const source = await openSource({ kind: 'file', path });
  return await collect(source.chunks());
}

const FIRST = recordText({ id: '"a"', data: '{ "big": 18446744073709551615, "price": 1.10 }' });
const SECOND = recordText({ id: '"b"', tokens: '18446744073709551615', version: '"7"' });
const BOTH: SourceRecord[] = [
  {
    record: 0,
    kind: 'update',
    update: {
      id: 'a',
      accountType: 'mint',
      tokens: '1',
      version: '1',
      callbackTimeMs: 0,
      data: '{ "big": 18446744073709551615, "price": 1.10 }',
    },
  },
  {
    record: 1,
    kind: 'update',
    update: {
      id: 'b',
      accountType: 'mint',
      tokens: '18446744073709551615',
      version: '7',
      callbackTimeMs: 0,
      data: '{}',
    },
  },
];

const LAYOUTS = {
  'an array in one line': `[${FIRST},${SECOND}]`,
  'an array over many lines': `\n[\n  ${FIRST},\n  ${SECOND}\n]\n\n`,
  'an array with a byte order mark and CRLF': `\uFEFF[\r\n${FIRST},\r\n${SECOND}\r\n]\r\n`,
  NDJSON: `${FIRST}\n${SECOND}\n`,
  'NDJSON without a last line end': `${FIRST}\n${SECOND}`,
  'NDJSON with a byte order mark, CRLF and blank lines': `\uFEFF\r\n${FIRST}\r\n\r\n \t${SECOND}\r\n\r\n`,
  'objects with nothing between them': `${FIRST}${SECOND}`,
};

for (const [layout, text] of Object.entries(LAYOUTS)) {
  test(`reads ${layout}, from a file whose name says nothing`, async () => {
    expect(await readFile(await writeSource('updates.bin', text))).toEqual(BOTH);
  });

  test(`reads ${layout}, gzipped, from a file whose name says nothing`, async () => {
    expect(await readFile(await writeSource('updates.bin', gzipSync(text)))).toEqual(BOTH);
  });
}

test('says what it found in a file', async () => {
  const text = gzipSync(LAYOUTS.NDJSON);
  const source = await openSource({ kind: 'file', path: await writeSource('updates.json', text) });
  expect(source).toMatchObject({
    name: 'updates.json',
    bytesTotal: text.length,
    format: 'ndjson',
    compression: 'gzip',
    fieldMap: 'canonical',
  });
  await source.close();
});

test('goes by the given name rather than the name of the file', async () => {
  const source = await openSource({ kind: 'file', path: await writeSource('4f2a', '[]'), name: 'mine.json' });
  expect(source.name).toBe('mine.json');
  await source.close();
});

test('says what it found in a stream, of which the size cannot be known', async () => {
  const source = await openSource({
    kind: 'stream',
    name: 'stdin',
    stream: Readable.from([Buffer.from('[]')]),
  });
  expect(source).toMatchObject({
    name: 'stdin',
    bytesTotal: null,
    format: 'json-array',
    compression: 'none',
  });
  await source.close();
});

test('an empty array is a source without records', async () => {
  expect(await readPieces(' [ ] ')).toEqual({ records: [], error: undefined });
});

test('a record that is not an object is rejected, and reading continues', async () => {
  const { records, error } = await readPieces(`[5,"x",null,[{}],${SECOND}]`);
  expect(error).toBeUndefined();
  expect(records.slice(0, 4)).toEqual(
    ['5', '"x"', 'null', '[{}]'].map((excerpt, record) => ({
      record,
      kind: 'reject',
      field: 'record',
      reason: 'record: must be an object',
      excerpt,
    })),
  );
  expect(records[4]).toMatchObject({ record: 4, kind: 'update' });
});

test('a later line of NDJSON that is no object is rejected, also a bare number at the very end', async () => {
  const { records, error } = await readPieces(`${FIRST}\n5\n"x"\n${SECOND}\ntrue\n-1.5e3`);
  expect(error).toBeUndefined();
  expect(records.map((record) => (record.kind === 'reject' ? record.excerpt : record.kind))).toEqual([
    'update',
    '5',
    '"x"',
    'update',
    'true',
    '-1.5e3',
  ]);
});

test.each([
  [
    '\r\n',
    'test.json has 2 bytes that are no gzip after the end of its gzip stream: passed over, as zcat does.',
  ],
  ['x', 'test.json has 1 byte that is no gzip after the end of its gzip stream: passed over, as zcat does.'],
  ['', undefined],
])('%j after a gzip stream is no damage: every record is read, and a note says so', async (after, note) => {
  const source = await openPieces(Buffer.concat([gzipSync(LAYOUTS.NDJSON), Buffer.from(after)]));
  expect(await collect(source.chunks())).toEqual(BOTH);
  expect(source.notes).toEqual(note === undefined ? [] : [note]);
});

test('counts progress in stored bytes and in the text', async () => {
  const text = `${LAYOUTS.NDJSON}\n\n`;
  const stored = gzipSync(text);
  const source = await openSource({ kind: 'file', path: await writeSource('updates.gz', stored) });
  expect(source.progress().byteOffset).toBe(0);
  for await (const _ of source.chunks()) {
    expect(source.progress().byteOffset).toBe(text.trimEnd().length);
  }
  expect(source.progress()).toEqual({
    bytesRead: stored.length,
    byteOffset: text.trimEnd().length,
    expectedRecords: 2,
  });
});

test('expects as many records as the part that is read has, and none from a stream without a size', async () => {
  const line = `${LAYOUTS.NDJSON.split('\n')[0]}\n`;
  const records = 4_000;
  const source = await openSource({
    kind: 'file',
    path: await writeSource('many.ndjson', line.repeat(records)),
  });
  expect(source.progress().expectedRecords).toBeNull();
  const expected: (number | null)[] = [];
  for await (const _ of source.chunks()) expected.push(source.progress().expectedRecords);
  expect(expected.length).toBeGreaterThan(2);
  for (const each of expected) expect(Math.abs((each ?? 0) - records)).toBeLessThan(records / 4);
  expect(source.progress().expectedRecords).toBe(records);

  const stream = await openPieces(Buffer.from(LAYOUTS.NDJSON));
  await collect(stream.chunks());
  expect(stream.progress().expectedRecords).toBeNull();
});

test('hands a record of a live stream out before the next one comes', async () => {
  const stream = new PassThrough();
  stream.write(`${FIRST}\n`);
  const source = await openSource({ kind: 'stream', name: 'stdin', stream });
  const chunks = source.chunks()[Symbol.asyncIterator]();
  expect((await chunks.next()).value).toEqual([BOTH[0]]);
  stream.write(`${SECOND}\n`);
  expect((await chunks.next()).value).toEqual([BOTH[1]]);
  stream.end();
  expect((await chunks.next()).done).toBe(true);
});

test('closing ends the reading, also while it waits for a stream that gives nothing', async () => {
  const stream = new PassThrough();
  stream.write(`${FIRST}\n`);
  const source = await openSource({ kind: 'stream', name: 'stdin', stream });
  const chunks = source.chunks()[Symbol.asyncIterator]();
  await chunks.next();
  const waiting = chunks.next();
  await source.close();
  await source.close();
  expect((await waiting).done).toBe(true);
  if (!stream.closed) await once(stream, 'close');
});

test('closing ends the reading of a generator that gives nothing more and cannot be stopped', async () => {
  async function* stuck() {
    yield Buffer.from(`${FIRST}\n`);
    await new Promise(() => undefined);
  }
  const source = await openSource({ kind: 'stream', name: 'stdin', stream: stuck() });
  const chunks = source.chunks()[Symbol.asyncIterator]();
  await chunks.next();
  const waiting = chunks.next();
  await source.close();
  expect((await waiting).done).toBe(true);
});

test('leaving the loop closes the source', async () => {
  const stream = new PassThrough();
  stream.write(`${FIRST}\n`);
  const source = await openSource({ kind: 'stream', name: 'stdin', stream });
  for await (const _ of source.chunks()) break;
  expect(stream.destroyed).toBe(true);
});

test('a source can be read only once', async () => {
  const source = await openPieces('[]');
  await collect(source.chunks());
  await expect(collect(source.chunks())).rejects.toThrow('test.json can be read only once.');
});

test('a file that is not there is unreadable', async () => {
  const path = join(directory, 'none.json');
  await expect(openSource({ kind: 'file', path })).rejects.toMatchObject({
    code: 'source_unreadable',
    message: `${path} was not found.`,
    details: { hint: 'Check the path.' },
  });
});

test('a directory without JSON files is unreadable', async () => {
  const path = join(directory, 'empty');
  await mkdir(path);
  await expect(openSource({ kind: 'file', path })).rejects.toMatchObject({
    code: 'source_unreadable',
    message: `${path} is a directory, not a file, and has no JSON files.`,
  });
});

test('a file without read permission is unreadable', async () => {
  const path = await writeSource('secret.json', '[]');
  await chmod(path, 0o000);
  // Root may read everything, so drop to another user.
  const user = process.geteuid?.();
  await chmod(directory, 0o711);
  if (user === 0) process.seteuid?.(65_534);
  try {
    await expect(openSource({ kind: 'file', path })).rejects.toMatchObject({
      code: 'source_unreadable',
      message: `${path} may not be read: permission denied.`,
    });
  } finally {
    if (user === 0) process.seteuid?.(0);
  }
});

test('a stream that fails is broken where it failed, after everything before it', async () => {
  async function* failing() {
    yield* streamOf(`${FIRST}\n${SECOND}\n{"id"`);
    throw Object.assign(new Error('no'), { code: 'ECONNRESET' });
  }
  const source = await openSource({ kind: 'stream', name: 'upload', stream: failing() });
  const records: SourceRecord[] = [];
  const reading = (async () => {
    for await (const chunk of source.chunks()) records.push(...chunk);
  })();
  const byteOffset = FIRST.length + SECOND.length + 2 + 5;
  await expect(reading).rejects.toMatchObject({
    code: 'source_broken',
    message: `upload could not be read further (ECONNRESET), in record 2 at byte ${byteOffset}.`,
    details: { record: 2, byteOffset },
  });
  expect(records).toEqual(BOTH);
});
