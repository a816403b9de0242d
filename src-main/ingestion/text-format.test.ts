import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { cutEvery, openPieces, readPieces, recordText } from './testing/reading';

const RECORD = recordText({ id: '"a"' });

test.each(['null', 'true', 'false', '-1.5e3', '12', '"x"', '"null, \\" and [1"'])(
  'NDJSON may begin with %s: that record is rejected, and the run goes on',
  async (value) => {
    for (const separator of ['\n', '\r\n', ' \n\n', '\t ', '']) {
      const text = `\uFEFF ${value}${separator}${RECORD}`;
      for (const pieces of [[text], [gzipSync(text)], cutEvery(Buffer.from(text), 1)]) {
        const { records, error } = await readPieces(...pieces);
        expect(error).toBeUndefined();
        expect(records).toMatchObject([{ kind: 'reject' }, { kind: 'update', update: { id: 'a' } }]);
      }
    }
    expect((await readPieces(value)).records).toMatchObject([{ kind: 'reject' }]);
  },
);

const UNREADABLE: [what: string, bytes: string | Uint8Array, message: string][] = [
  ['nothing', '', 'test.json is empty.'],
  ['white space only', '\uFEFF \r\n\t', 'test.json is empty.'],
  ['a gzip stream of nothing', gzipSync(''), 'test.json is empty.'],
  ['UTF-16 with a byte order mark', Buffer.from('\uFEFF[{}]', 'utf16le'), 'test.json is UTF-16 text.'],
  ['UTF-16 without', Buffer.from('[{}]', 'utf16le'), 'test.json is UTF-16 text or a binary file.'],
  [
    'UTF-16, big-endian',
    Buffer.from('[{}]', 'utf16le').swap16(),
    'test.json is UTF-16 text or a binary file.',
  ],
  ['a ZIP archive', Buffer.from('PK\x03\x04\x14\x00\x00\x00'), 'test.json is a ZIP archive.'],
  ['zstd', Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x24]), 'test.json is compressed with zstd.'],
  ['gzip within gzip', gzipSync(gzipSync('[]')), 'test.json is compressed with gzip twice.'],
  [
    'a gzip stream that is none',
    Buffer.from([0x1f, 0x8b, 9, 9, 9, 9]),
    'test.json has a damaged gzip stream, before any record.',
  ],
  ['CSV', 'id,tokens\na,1\n', 'test.json begins with neither "[" nor "{".'],
  ['CSV of numbers', '12,5\n13,6\n', 'test.json begins with neither "[" nor "{".'],
  ['CSV in quotes', '"id","tokens"\n"a","1"\n', 'test.json begins with neither "[" nor "{".'],
  ['prose', 'true story\n', 'test.json begins with neither "[" nor "{".'],
  ['a log', '2026-01-01 12:00:00 [main] ready\n', 'test.json begins with neither "[" nor "{".'],
  ['a numbered list', '1. one\n2. two\n', 'test.json begins with neither "[" nor "{".'],
  ['a word that goes on', 'nullable\n', 'test.json begins with neither "[" nor "{".'],
  ['a list of dashes', '- id: a\n', 'test.json begins with neither "[" nor "{".'],
  ['a number cut off', '12.', 'test.json begins with neither "[" nor "{".'],
  ['PDF', '%PDF-1.7\n', 'test.json begins with neither "[" nor "{".'],
  ['a quote that is not closed', `"${'x'.repeat(5000)}`, 'test.json begins with neither "[" nor "{".'],
  ['two byte order marks', '\uFEFF\uFEFF[]', 'test.json begins with neither "[" nor "{".'],
];
for (const [what, bytes, message] of UNREADABLE) {
  test(`${what} is unreadable`, async () => {
    await expect(openPieces(bytes)).rejects.toMatchObject({
      code: 'source_unreadable',
      message,
      details: { hint: expect.any(String) },
    });
  });
}
