import { expect, test } from 'vitest';
import { MAX_RECORD_BYTES } from './limits';
import { createRecordReader } from './record-reader';
import { deepRecord, readAll, readText } from './testing/read-all';
import { cutEvery, recordText } from './testing/reading';

const A = recordText({ id: '"a"' });
const B = recordText({ id: '"b"' });
const arrayEnd = `[${A}`.length;

test('a record may be as deep as the limit', () => {
  expect(readText('json-array', `[${deepRecord(512)}]`)).toMatchObject({
    fault: undefined,
    records: [{ record: 0 }],
  });
});

test('a record may be as long as the limit, and not a byte longer', () => {
  const longest = (extra: number) => {
    const empty = recordText({ data: '""' });
    return recordText({ data: `"${'x'.repeat(MAX_RECORD_BYTES - empty.length + extra)}"` });
  };
  for (const pieceBytes of [1 << 16, MAX_RECORD_BYTES + 1, 2 * MAX_RECORD_BYTES]) {
    const fits = readAll('json-array', cutEvery(Buffer.from(`[${A},${longest(0)},${B}]`), pieceBytes));
    expect(fits.fault).toBeUndefined();
    expect(fits.records.length).toBe(3);
    const tooLong = readAll('json-array', cutEvery(Buffer.from(`[${A},${longest(1)},${B}]`), pieceBytes));
    expect(tooLong.records.length).toBe(1);
    expect(tooLong.fault).toMatchObject({ kind: 'long', record: 1, byteOffset: arrayEnd + 1 });
  }
});

test('a bare number may be as long as the limit, and only what follows it says that it ends there', () => {
  const digits = '7'.repeat(MAX_RECORD_BYTES);
  const fits = readAll('ndjson', [Buffer.from(`${A}\n${digits}`), Buffer.from('\n')]);
  expect(fits).toMatchObject({ fault: undefined, records: [{}, { kind: 'reject' }] });
  expect(readAll('ndjson', [Buffer.from(`${A}\n${digits}`), Buffer.from('7\n')]).fault).toMatchObject({
    kind: 'long',
  });
});

test('a fault counts up to the last byte within the limit', () => {
  const filler = 'x'.repeat(MAX_RECORD_BYTES - 2);
  const start = arrayEnd + 1;
  expect(readText('json-array', `[${A},"${filler}\n`).fault).toMatchObject({
    kind: 'syntax',
    byteOffset: start + MAX_RECORD_BYTES - 1,
  });
  expect(readText('json-array', `[${A},"x${filler}\n`).fault).toMatchObject({
    kind: 'long',
    byteOffset: start,
  });
});

test('a fault beyond the limit on length is not looked at', () => {
  const text = Buffer.from(`[${A},"${'x'.repeat(MAX_RECORD_BYTES)}\n"]`);
  for (const pieceBytes of [1 << 16, text.length]) {
    expect(readAll('json-array', cutEvery(text, pieceBytes)).fault).toMatchObject({
      kind: 'long',
      byteOffset: arrayEnd + 1,
    });
  }
});

test('a bare number without end fails at the limit too', () => {
  const reader = createRecordReader({ format: 'ndjson', offset: 0 });
  reader.read(Buffer.from(`${A}\n`));
  const digits = Buffer.alloc(1 << 20, '7');
  let pieces = 0;
  while (reader.fault === undefined && pieces < 100) {
    reader.read(digits);
    pieces++;
  }
  expect(reader.fault).toMatchObject({ kind: 'long', record: 1, byteOffset: A.length + 1 });
  expect(pieces).toBe(17);
});
