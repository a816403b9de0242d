import { deflateSync, gzipSync } from 'node:zlib';
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
  },
);

const bytes = (...values: (number | string)[]) =>
  Buffer.concat(
    values.map((value) => (typeof value === 'number' ? Buffer.from([value]) : Buffer.from(value))),
  );
const tar = Buffer.concat([
  Buffer.from('updates.json'.padEnd(257, '\0')),
  Buffer.from('ustar\0'),
  Buffer.alloc(249),
]);
const utf16 = Buffer.from(`[${RECORD}]`, 'utf16le');

const FOREIGN: [what: string, content: string | Uint8Array, said: string][] = [
  ['nothing', '', 'is empty'],
  ['white space only', '\uFEFF \r\n\t', 'is empty'],
  ['a gzip stream of nothing', gzipSync(''), 'is empty'],
  ['UTF-16 with a byte order mark', Buffer.from('\uFEFF[{}]', 'utf16le'), 'is UTF-16 text'],
  ['UTF-16 without', utf16, 'is UTF-16 text'],
  ['UTF-16, big-endian', Buffer.from(utf16).swap16(), 'is UTF-16 text'],
  ['UTF-32', bytes(0, 0, 0xfe, 0xff, 0, 0, 0, '['), 'is UTF-32 text'],
  ['a file of zeros', Buffer.alloc(5000), 'holds nothing but zeros'],
  ['ZIP', bytes('PK', 3, 4, 0x14, 0, 0, 0), 'is a ZIP archive'],
  ['xz', bytes(0xfd, '7zXZ', 0, 0, 4), 'is compressed with xz'],
  ['bzip2', bytes('BZh91AY&SY', 0x9a, 0xb3, 0xff), 'is compressed with bzip2'],
  ['LZ4', bytes(4, '"M', 0x18, 0x64, 0x40, 0xa7), 'is compressed with LZ4'],
  ['zlib', deflateSync(RECORD), 'is compressed with zlib (deflate)'],
  ['7-Zip', bytes('7z', 0xbc, 0xaf, 0x27, 0x1c, 0, 4), 'is a 7-Zip archive'],
  ['tar', tar, 'is a tar archive'],
  ['a gzipped tar', gzipSync(tar), 'is a tar archive'],
  ['SQLite', bytes('SQLite format 3', 0, 16, 0, 1, 1), 'is a SQLite database'],
  ['Parquet', bytes('PAR1', 0x15, 4, 0x15, 0x80), 'is a Parquet file'],
  ['an Arrow stream', bytes(255, 255, 255, 255, 0xf8, 0, 0, 0, 0x10, 0), 'looks like an Arrow stream'],
  ['ORC', bytes('ORC', 0x11, 0, 0, 0x0a), 'is an ORC file'],
  ['LZMA', bytes(0x5d, 0, 0, 0x80, 0, 0xff, 0xff), 'is compressed with LZMA'],
  ['a dump of Postgres', bytes('PGDMP', 1, 0x0e, 0, 4, 8), 'is a dump of a Postgres database'],
  ['a form feed', `\f${RECORD}`, 'begins with neither "[" nor "{"'],
  ['PDF', '%PDF-1.7\n', 'is a PDF document'],
  [
    'a picture',
    bytes(0x89, 'PNG\r\n', 0x1a, '\n', 0, 0, 0, 13, 'IHDR', 0, 0, 0, 1),
    'looks like a file of the type image/png',
  ],
  [
    'noise',
    bytes(0xc1, 0x92, 0x03, 0xee, 0xb7, 0x40, 0x9b, 0xfa, 0x11),
    'is a binary file, or text that is not UTF-8',
  ],
  ['gzip within gzip', gzipSync(gzipSync('[]')), 'is compressed with gzip twice'],
  [
    'a gzip stream that is none',
    bytes(0x1f, 0x8b, 9, 9, 9, 9),
    'has a damaged gzip stream, before any record',
  ],
  ['an error page', '<!DOCTYPE html>\n<title>502</title>', 'is an HTML page'],
  ['an error page without its type', '\n\n<HTML><body>', 'is an HTML page'],
  ['XML', '<?xml version="1.0"?>\n<updates/>', 'is XML or HTML'],
  ['an HTTP answer', 'HTTP/1.1 200 OK\r\n\r\n[]', 'is an HTTP answer with its headers'],
  [
    'an LFS pointer',
    'version https://git-lfs.github.com/spec/v1\noid sha256:00\n',
    'is a Git LFS pointer, not the file itself',
  ],
  [
    'a JSON text sequence',
    `\x1e${RECORD}\n\x1e${RECORD}\n`,
    'is a JSON text sequence: record separators (0x1E) stand before its records',
  ],
  ['server-sent events', `event: update\ndata: ${RECORD}\n\n`, 'is a stream of server-sent events'],
  ['a log', '2026-01-01 12:00:00 [main] ready\n', 'looks like lines of a log'],
  ['a log in brackets', '[2026-01-01 12:00:00] ready\n', 'looks like lines of a log'],
  ['a log by levels', '[INFO] ready\n', 'looks like lines of a log'],
  ['a comment', `# exported\n${RECORD}\n`, 'begins with a comment, which JSON does not have'],
  ['SQL', 'INSERT INTO accounts VALUES (1);\n', 'looks like SQL'],
  ['YAML', '- id: a\n', 'looks like YAML'],
  ['CSV', 'id,tokens\na,1\n', 'looks like CSV: values between commas, semicolons or tabs'],
  ['CSV of numbers', '12,5\n13,6\n', 'looks like CSV: values between commas, semicolons or tabs'],
  ['CSV in quotes', '"id","tokens"\n"a","1"\n', 'looks like CSV: values between commas, semicolons or tabs'],
  [
    'CSV with blanks',
    'Account Id,Account Type, Tokens\na,b, 1\n',
    'looks like CSV: values between commas, semicolons or tabs',
  ],
  ['a guard before JSON', `)]}',\n[${RECORD}]`, 'begins with neither "[" nor "{"'],
  ['values between tabs', 'id\ttokens\n', 'looks like CSV: values between commas, semicolons or tabs'],
  [
    'a PEM file',
    '-----BEGIN PRIVATE KEY-----\nMC4C\n',
    'is a PEM file: a certificate, or perhaps a private key',
  ],
  [
    'a key in base58',
    `${'5Kd3NBUAdUnhyzenEwVLy9pBKxSwXvE9FMPyR4UKZvpe'.repeat(2)}\n`,
    'looks like a secret key in base58',
  ],
  [
    'a key in base58, quoted',
    `"${'5Kd3NBUAdUnhyzenEwVLy9pBKxSwXvE9FMPyR4UKZvpe'.repeat(2)}"`,
    'looks like a secret key in base58',
  ],
  ['prose', 'true story\n', 'begins with neither "[" nor "{"'],
  ['more prose', 'Hello, world\n', 'begins with neither "[" nor "{"'],
  ['a numbered list', '1. one\n2. two\n', 'begins with neither "[" nor "{"'],
  ['a word that goes on', 'nullable\n', 'begins with neither "[" nor "{"'],
  ['a number cut off', '12.', 'begins with neither "[" nor "{"'],
  ['a quote that is not closed', `"${'x'.repeat(5000)}`, 'begins with neither "[" nor "{"'],
  ['two byte order marks', '\uFEFF\uFEFF[]', 'begins with neither "[" nor "{"'],
  ['Latin-1', Buffer.from('prénom;nom\n', 'latin1'), 'is a binary file, or text that is not UTF-8'],
];
for (const [what, content, said] of FOREIGN) {
  test(`${what} is refused before the run, with what it is and what to do, however it arrives`, async () => {
    const refused = {
      code: 'source_unreadable',
      message: `test.json ${said}.`,
      details: { hint: expect.stringMatching(/\S/) },
    };
    await expect(openPieces(content)).rejects.toMatchObject(refused);
    const whole = Buffer.from(content);
    await expect(openPieces(...cutEvery(whole, 1))).rejects.toMatchObject(refused);
    if (whole.length > 0 && whole[0] !== 0x1f)
      await expect(openPieces(gzipSync(whole))).rejects.toMatchObject(refused);
  });
}
