import fc from 'fast-check';
import { expect, test } from 'vitest';
import { openSource } from './open-source';
import { deepRecord, readAll } from './testing/read-all';
import { collect, cutEvery, openPieces, recordText, streamOf } from './testing/reading';
import { cutAt, cuts, ndjsonSource, spoiled, tokenSoup } from './testing/source-texts';

const A = recordText({ id: '"a"' });
const B = recordText({ id: '"b"' });
const read = (text: string | Uint8Array) => readAll('ndjson', [Buffer.from(text)], true);

test.each<[what: string, line: string | Uint8Array, reason: string]>([
  [
    'a word where a name belongs',
    '{"id":"x", oops}',
    'is not valid JSON: expected a field name in double quotes, found "o", at byte',
  ],
  [
    'an object that is not closed',
    '{"id":"x","data":{"n":1}',
    'is not valid JSON: expected "," or "}", found "{", at byte',
  ],
  [
    'a list that is not closed',
    '{"id":"x","data":[',
    'is not valid JSON: expected "," or "]", found "{", at byte',
  ],
  [
    'a text that is not closed',
    '{"id":"x',
    'is not valid JSON: expected an escape instead of a control character, found byte 0x0',
  ],
  ['a comment', '# exported', 'is not valid JSON: expected a value, found "#", at byte'],
  ['Latin-1', Buffer.from('{"id":"é"}', 'latin1'), 'is not valid UTF-8, at byte'],
  ['zeros', Buffer.from('{"id"\0\0:1}'), 'is not valid JSON: expected ":", found byte 0x00, at byte'],
  ['a record too deep', deepRecord(600), 'is nested deeper than 512 levels, at byte'],
  ['a byte order mark', `\uFEFF${A}`, 'has a byte order mark in the middle of its text, at byte'],
])('%s costs its own line', (_, line, reason) => {
  for (const lineEnd of ['\n', '\r\n']) {
    const text = Buffer.concat([A, lineEnd, line, lineEnd, B, lineEnd, A].map((part) => Buffer.from(part)));
    const { records, fault } = read(text);
    expect(fault).toBeUndefined();
    expect(records.map(({ record }) => record)).toEqual([0, 1, 2, 3]);
    expect(records.map(({ kind }) => kind)).toEqual(['update', 'reject', 'update', 'update']);
    const shown = Buffer.from(line).toString().replaceAll('\0', '\ufffd').slice(0, 512);
    expect(records[1]).toMatchObject({ field: 'record', excerpt: shown });
    expect(records[1]?.kind === 'reject' && records[1].reason).toMatch(/^record: .* at byte \d+$/);
    expect(records[1]?.kind === 'reject' && records[1].reason).toContain(reason);
    expect(readAll('ndjson', cutEvery(text, 1), true)).toEqual(read(text));
  }
});

test('a comma after each record costs no record', () => {
  const { records } = read(`${A},\n${B},\n`);
  expect(records.map(({ kind }) => kind)).toEqual(['update', 'reject', 'update', 'reject']);
});

test('a last line that breaks off is rejected', () => {
  const { records, fault } = read(`${A}\n{"id":"b`);
  expect(fault).toBeUndefined();
  expect(records[1]).toMatchObject({ reason: `record: breaks off, at byte ${A.length + 9}` });
});

test('a source may begin with a broken line, and is refused if it has no record', async () => {
  const open = (text: string) =>
    openSource({ kind: 'stream', name: 'test.json', stream: streamOf(text) }, { skipBrokenLines: true });
  const source = await open(`# exported\n${A}\n`);
  expect((await collect(source.chunks())).map(({ kind }) => kind)).toEqual(['reject', 'update']);
  await expect(open('id,tokens\na,1\n')).rejects.toMatchObject({
    code: 'source_unreadable',
    message: 'test.json looks like CSV: values between commas, semicolons or tabs.',
  });
});

test('of a list nothing is skipped, and the error of NDJSON says how to skip', async () => {
  const list = await openSource(
    { kind: 'stream', name: 'test.json', stream: streamOf(`[${A},oops]`) },
    { skipBrokenLines: true },
  );
  await expect(collect(list.chunks())).rejects.toMatchObject({ code: 'source_broken' });
  const hintOf = async (text: string) => {
    const { chunks } = await openPieces(text);
    const error = await collect(chunks()).catch((cause: unknown) => cause);
    return (error as { details: { hint: string } }).details.hint;
  };
  expect(await hintOf(`${A}\noops\n`)).toContain('--skip-broken-lines');
  expect(await hintOf(`[${A},oops]`)).not.toContain('--skip-broken-lines');
});

test('a broken line without an end is read through a bounded window, and what follows it is read', async () => {
  const length = 200 * 1024 * 1024;
  async function* long() {
    yield Buffer.from(`${A}\n{"id":"`);
    const piece = Buffer.alloc(128 * 1024, 'x');
    for (let given = 0; given < length; given += piece.length) yield piece;
    yield Buffer.from(`\n${B}\n`);
  }
  const before = process.memoryUsage.rss();
  const source = await openSource(
    { kind: 'stream', name: 'long', stream: long() },
    { skipBrokenLines: true },
  );
  const records = await collect(source.chunks());
  expect(process.memoryUsage.rss() - before).toBeLessThan(150 * 1024 * 1024);
  expect(records.map(({ kind }) => kind)).toEqual(['update', 'reject', 'update']);
  expect(records[1]).toMatchObject({
    reason: `record: is longer than 16 MiB, or never ends, at byte ${A.length + 1}`,
    excerpt: `{"id":"${'x'.repeat(505)}`,
  });
});

test('however the text is cut into pieces, records are the same, and nothing ends the reading', () => {
  fc.assert(
    fc.property(fc.oneof(spoiled(ndjsonSource), spoiled(tokenSoup)), cuts, (bytes, fractions) => {
      const whole = readAll('ndjson', [bytes], true);
      expect(whole.fault).toBeUndefined();
      expect(readAll('ndjson', cutAt(bytes, fractions), true)).toEqual(whole);
      expect(readAll('ndjson', cutEvery(bytes, 1), true)).toEqual(whole);
    }),
    { numRuns: 1500 },
  );
});

test('every sound line is read and every broken one rejected, in order, whatever stands between', () => {
  const broken = fc.oneof(
    fc.integer({ min: 1, max: A.length - 1 }).map((length) => A.slice(0, length)),
    fc.constantFrom('#', 'oops', '"x', '{"id" "x"}', '{"data":[', '{]', ',', '{"id":01}', 'nul', '\uFEFF{}'),
  );
  const sound = fc.integer({ min: 0, max: 99 }).map((n) => recordText({ id: `"sound${n}"` }));
  const line = fc.oneof(
    sound.map((text) => ({ text, isSound: true })),
    broken.map((text) => ({ text, isSound: false })),
  );
  fc.assert(
    fc.property(
      fc.array(line, { maxLength: 12 }),
      fc.constantFrom('\n', '\r\n', '\n\n'),
      (lines, lineEnd) => {
        const { records, fault } = read(lines.map(({ text }) => text).join(lineEnd));
        expect(fault).toBeUndefined();
        expect(records.map((record) => (record.kind === 'update' ? record.update.id : 'broken'))).toEqual(
          lines.map(({ text, isSound }) => (isSound ? (JSON.parse(text) as { id: string }).id : 'broken')),
        );
      },
    ),
    { numRuns: 1500 },
  );
});
