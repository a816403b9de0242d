import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { TextFault } from './source-faults';
import { deepRecord, type Format, readAll, readText } from './testing/read-all';
import { cutEvery, recordText } from './testing/reading';
import { arraySource, cutAt, cuts, ndjsonSource, spoiled, tokenSoup } from './testing/source-texts';

const anySource = fc.oneof(
  fc.tuple(fc.constant<Format>('json-array'), spoiled(arraySource)),
  fc.tuple(fc.constant<Format>('ndjson'), spoiled(ndjsonSource)),
  fc.tuple(fc.constantFrom<Format>('json-array', 'ndjson'), spoiled(tokenSoup)),
);

test('however the text is cut into pieces, records and faults are the same', () => {
  fc.assert(
    fc.property(anySource, cuts, ([format, bytes], fractions) => {
      const whole = readAll(format, [bytes]);
      expect(readAll(format, cutAt(bytes, fractions))).toEqual(whole);
      expect(readAll(format, cutEvery(bytes, 1))).toEqual(whole);
    }),
    { numRuns: 2000 },
  );
});

function parse(text: string): { value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) };
  } catch {
    return undefined;
  }
}

test('what JSON.parse takes for an array is read with equal values, and nothing else is', () => {
  fc.assert(
    fc.property(fc.oneof(spoiled(arraySource), spoiled(tokenSoup)), (bytes) => {
      const text = bytes.toString();
      // The decoder changes invalid UTF-8; other tests cover that.
      fc.pre(Buffer.from(text).equals(bytes));
      const parsed = parse(text);
      fc.pre(parsed === undefined || Array.isArray(parsed.value));
      const { records, fault } = readText('json-array', text);
      expect(fault === undefined).toBe(parsed !== undefined);
      if (parsed === undefined) return;
      const values = parsed.value as unknown[];
      expect(records.length).toBe(values.length);
      records.forEach((record, index) => {
        expect(record.record).toBe(index);
        if (record.kind === 'reject') return;
        const value = values[index] as Record<string, unknown>;
        const { data = {} } = value;
        expect(record.update.id).toBe(value.id);
        expect(JSON.parse(record.update.data)).toEqual(
          'parentProgramSubType' in value ? expect.anything() : data,
        );
      });
    }),
    { numRuns: 3000 },
  );
});

const A = recordText({ id: '"a"' });
const B = recordText({ id: '"b"' });

interface Case {
  what: string;
  format?: Format;
  text: string | Buffer;
  records: number;
  fault: Partial<TextFault>;
}

const arrayEnd = `[${A}`.length;
const BROKEN: Case[] = [
  {
    what: 'an array that is not closed',
    text: `[${A},${B}`,
    records: 2,
    fault: { kind: 'cut', byteOffset: `[${A},${B}`.length },
  },
  {
    what: 'an array cut off after a comma',
    text: `[${A},\n`,
    records: 1,
    fault: { kind: 'cut', byteOffset: arrayEnd + 2 },
  },
  {
    what: 'an array cut off in a record',
    text: `[${A},{"id":"b`,
    records: 1,
    fault: { kind: 'cut', byteOffset: arrayEnd + 9 },
  },
  {
    what: 'an array cut off in a character',
    text: Buffer.from(`[${A},{"id":"€`).subarray(0, -1),
    records: 1,
    fault: { kind: 'cut', byteOffset: arrayEnd + 10 },
  },
  {
    what: 'an array cut off in an escape',
    text: `[${A},{"id":"\\u00`,
    records: 1,
    fault: { kind: 'cut', byteOffset: arrayEnd + 12 },
  },
  {
    what: 'an array cut off in a number',
    text: `[${A},12`,
    records: 1,
    fault: { kind: 'cut', byteOffset: arrayEnd + 3 },
  },
  {
    what: 'NDJSON cut off in a record',
    format: 'ndjson',
    text: `${A}\n{"id":tr`,
    records: 1,
    fault: { kind: 'cut', byteOffset: A.length + 9 },
  },
  {
    what: 'NDJSON cut off in a bare number',
    format: 'ndjson',
    text: `${A}\n12.`,
    records: 1,
    fault: { kind: 'cut', byteOffset: A.length + 4 },
  },
  {
    what: 'a missing comma',
    text: `[${A} ${B}]`,
    records: 1,
    fault: { kind: 'syntax', byteOffset: arrayEnd + 1, expected: '"," or "]"', found: 0x7b },
  },
  {
    what: 'a comma too many at the end',
    text: `[${A},]`,
    records: 1,
    fault: { kind: 'syntax', byteOffset: arrayEnd + 1, expected: 'a value', found: 0x5d },
  },
  {
    what: 'two commas',
    text: `[${A},,${B}]`,
    records: 1,
    fault: { kind: 'syntax', byteOffset: arrayEnd + 1, found: 0x2c },
  },
  { what: 'a comma at the start', text: `[,${A}]`, records: 0, fault: { kind: 'syntax', byteOffset: 1 } },
  {
    what: 'text after the array',
    text: `[${A}]\n x`,
    records: 1,
    fault: { kind: 'trailing', byteOffset: arrayEnd + 3, found: 0x78 },
  },
  {
    what: 'a second array',
    text: `[${A}][]`,
    records: 1,
    fault: { kind: 'trailing', byteOffset: arrayEnd + 1 },
  },
  {
    what: 'a comma after a line',
    format: 'ndjson',
    text: `${A},\n${B}`,
    records: 1,
    fault: { kind: 'syntax', byteOffset: A.length, found: 0x2c },
  },
  {
    what: 'a broken line',
    format: 'ndjson',
    text: `${A}\n{"id" "b"}\n${B}`,
    records: 1,
    fault: { kind: 'syntax', byteOffset: A.length + 7, expected: '":"' },
  },
  {
    what: 'a line that is not closed',
    format: 'ndjson',
    text: `${A}\n{"id":"b\n${B}`,
    records: 1,
    fault: { kind: 'syntax', byteOffset: A.length + 9, found: 0x0a },
  },
  {
    what: 'bare values that touch',
    format: 'ndjson',
    text: `${A}\ntruefalse`,
    records: 2,
    fault: { kind: 'syntax', byteOffset: A.length + 5, expected: 'a new line' },
  },
  {
    what: 'a leading zero',
    text: `[${A},{"id":01}]`,
    records: 1,
    fault: { kind: 'syntax', byteOffset: arrayEnd + 8, found: 0x31 },
  },
  {
    what: 'a raw zero byte',
    text: `[${A},{"id":"\0"}]`,
    records: 1,
    fault: { kind: 'syntax', byteOffset: arrayEnd + 8, found: 0 },
  },
  {
    what: 'a tab inside a string',
    text: `[${A},{"id":"\t"}]`,
    records: 1,
    fault: { kind: 'syntax', byteOffset: arrayEnd + 8, found: 9 },
  },
  {
    what: 'an unknown escape',
    text: `[${A},{"id":"\\x"}]`,
    records: 1,
    fault: { kind: 'syntax', byteOffset: arrayEnd + 9, found: 0x78 },
  },
  {
    what: 'a byte that is no UTF-8',
    text: Buffer.concat([Buffer.from(`[${A},{"id":"`), Buffer.from([0xff]), Buffer.from('"}]')]),
    records: 1,
    fault: { kind: 'utf8', byteOffset: arrayEnd + 8 },
  },
  {
    what: 'half a surrogate pair in UTF-8',
    text: Buffer.concat([Buffer.from(`[${A},{"i`), Buffer.from([0xed, 0xa0, 0x80]), Buffer.from('":1}]')]),
    records: 1,
    fault: { kind: 'utf8', byteOffset: arrayEnd + 4 },
  },
  {
    what: 'single quotes',
    text: `[${A},{'id':1}]`,
    records: 1,
    fault: { kind: 'syntax', byteOffset: arrayEnd + 2, expected: 'a field name in double quotes' },
  },
  {
    what: 'NaN',
    text: `[${A},{"tokens":NaN}]`,
    records: 1,
    fault: { kind: 'syntax', byteOffset: arrayEnd + 11, expected: 'a value', found: 0x4e },
  },
  {
    what: 'a record too deep',
    text: `[${A},${deepRecord(513)}]`,
    records: 1,
    fault: { kind: 'depth', byteOffset: arrayEnd + 1 + 8 + 511 },
  },
];

for (const { what, format = 'json-array', text, records, fault } of BROKEN) {
  test(`${what}: the records before it are handed out, and the fault is located`, () => {
    const outcome = readAll(format, [Buffer.from(text)]);
    expect(outcome.records.length).toBe(records);
    expect(outcome.fault).toMatchObject({ record: records, ...fault });
  });
}
