import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { parquetMetadata, parquetReadObjects } from 'hyparquet';
import { expect, it } from 'vitest';
import { EXPORT_FORMATS, type ExportFormat } from '../../../src-shared/tables';
import type { Column } from './columns';
import { encodeRows } from './encode-rows';

interface Row {
  readonly id: string | null;
  readonly tokens: string | null;
  readonly change: string | null;
  readonly record: number | null;
  readonly rate: number | null;
  readonly atMs: number | null;
  readonly data: string | null;
}
const COLUMNS: readonly Column<Row>[] = [
  { name: 'id', kind: 'text', of: ({ id }) => id },
  { name: 'tokens', kind: 'u64', of: ({ tokens }) => tokens },
  { name: 'change', kind: 'signed', of: ({ change }) => change },
  { name: 'record', kind: 'count', of: ({ record }) => record },
  { name: 'rate', kind: 'real', of: ({ rate }) => rate },
  { name: 'at', kind: 'wall', of: ({ atMs }) => atMs },
  { name: 'data', kind: 'json', of: ({ data }) => data },
];
const MOST = '18446744073709551615';
const NOTHING: Row = {
  id: null,
  tokens: null,
  change: null,
  record: null,
  rate: null,
  atMs: null,
  data: null,
};
const LARGEST: Row = {
  id: 'a',
  tokens: MOST,
  change: `-${MOST}`,
  record: Number.MAX_SAFE_INTEGER,
  rate: 0.5,
  atMs: 1_700_000_000_123,
  data: `{"n": ${MOST}, "t": "a\\u2028b"}`,
};
const HOSTILE = [
  '=1+1',
  '+1',
  '-1',
  '@SUM(A1)',
  '\tx',
  '\rx',
  '＝1',
  'a,b',
  'a"b',
  'a\nb',
  'a\r\nb',
  "'a",
  '',
  '😀',
  'null',
];

async function encode(
  rows: readonly Row[],
  format: ExportFormat,
  options = {},
  pageRows = 2,
): Promise<Buffer> {
  async function* pages() {
    for (let at = 0; at < rows.length; at += pageRows) yield rows.slice(at, at + pageRows);
  }
  const pieces: Uint8Array[] = [];
  for await (const piece of encodeRows(pages(), COLUMNS, { format, ...options })) pieces.push(piece);
  return Buffer.concat(pieces);
}
const readCsv = async (rows: readonly Row[]): Promise<Record<string, string>[]> =>
  parse(await encode(rows, 'csv'), { columns: true });
async function readParquet(rows: readonly Row[], pageRows?: number) {
  const bytes = await encode(rows, 'parquet', {}, pageRows);
  const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;
  return { metadata: parquetMetadata(file), rows: await parquetReadObjects({ file }) };
}

it.each(EXPORT_FORMATS)('writes a valid file without rows as %s', async (format) => {
  const bytes = await encode([], format);
  const expected: Record<ExportFormat, unknown> = { csv: [], ndjson: '', json: [], parquet: [] };
  const read: Record<ExportFormat, () => unknown> = {
    csv: () => parse(bytes, { columns: true }),
    ndjson: () => bytes.toString(),
    json: () => JSON.parse(bytes.toString()),
    parquet: async () => (await readParquet([])).rows,
  };
  expect(await read[format]()).toEqual(expected[format]);
});

it('makes text that a spreadsheet would take for a formula harmless, and leaves numbers alone', async () => {
  const found = await readCsv(HOSTILE.map((id) => ({ ...LARGEST, id, change: '-5' })));
  for (const [at, id] of HOSTILE.entries()) {
    const isFormula = /^[=+\-@\t\r＝]/.test(id);
    expect(found[at]).toMatchObject({ id: isFormula ? `'${id}` : id, change: '-5' });
  }
});

it('keeps 64-bit integers exact in CSV and JSON, as decimal text', async () => {
  const [csv] = await readCsv([LARGEST]);
  expect(csv).toEqual({
    id: 'a',
    tokens: MOST,
    change: `-${MOST}`,
    record: '9007199254740991',
    rate: '0.5',
    at: '2023-11-14T22:13:20.123Z',
    data: LARGEST.data,
  });
  const json = (await encode([LARGEST], 'ndjson')).toString();
  expect(JSON.parse(json)).toMatchObject({ tokens: MOST, change: `-${MOST}`, record: 9007199254740991 });
  // As it is stored, not parsed and printed.
  expect(json).toContain(`"data":${LARGEST.data}`);
});

it('writes the same rows as lines and as one array, both valid', async () => {
  const rows = [...HOSTILE.map((id) => ({ ...LARGEST, id })), NOTHING];
  const array = JSON.parse((await encode(rows, 'json')).toString());
  const lines = (await encode(rows, 'ndjson')).toString().trimEnd().split('\n');
  expect(lines.map((line) => JSON.parse(line))).toEqual(array);
  expect(array.map(({ id }: { id: string }) => id)).toEqual([...HOSTILE, null]);
  expect(array.at(-1)).toEqual({
    id: null,
    tokens: null,
    change: null,
    record: null,
    rate: null,
    at: null,
    data: null,
  });
});

it('writes Parquet that another program reads with exact types', async () => {
  const { rows, metadata } = await readParquet([
    LARGEST,
    NOTHING,
    ...HOSTILE.map((id) => ({ ...LARGEST, id })),
  ]);
  expect(rows[0]).toEqual({
    id: 'a',
    tokens: BigInt(MOST),
    change: `-${MOST}`,
    record: 9007199254740991n,
    rate: 0.5,
    at: new Date(1_700_000_000_123),
    data: LARGEST.data,
  });
  expect(Object.values(rows[1] ?? {}).every((value) => value == null)).toBe(true);
  expect(rows.slice(2).map(({ id }) => id)).toEqual(HOSTILE);
  expect(metadata.schema.find(({ name }) => name === 'tokens')).toMatchObject({ converted_type: 'UINT_64' });
});

it('writes Parquet group by group', async () => {
  const many = Array.from({ length: 9_000 }, (_, at) => ({ ...LARGEST, tokens: String(at) }));
  const { rows, metadata } = await readParquet(many, 700);
  expect(rows.map(({ tokens }) => tokens)).toEqual(many.map(({ tokens }) => BigInt(tokens)));
  expect(metadata.row_groups.map(({ num_rows: count }) => Number(count))).toEqual([4_000, 4_000, 1_000]);
});

it('writes every time as JavaScript does', async () => {
  const day = 86_400_000;
  const times = fc.array(
    fc.oneof(fc.integer({ min: -100 * day, max: 100 * day }), fc.maxSafeInteger(), fc.nat(200_000)),
    { minLength: 1 },
  );
  await fc.assert(
    fc.asyncProperty(times, async (all) => {
      const found = await readCsv(all.map((atMs) => ({ ...NOTHING, atMs })));
      const iso = (ms: number) => (Math.abs(ms) > 100_000_000 * day ? '' : new Date(ms).toISOString());
      expect(found.map(({ at }) => at)).toEqual(all.map(iso));
    }),
    { numRuns: 100 },
  );
});

it('begins a CSV file with a byte order mark where asked to', async () => {
  expect((await encode([LARGEST], 'csv', { byteOrderMark: true })).subarray(0, 3).toString('hex')).toBe(
    'efbbbf',
  );
  expect((await encode([LARGEST], 'csv')).subarray(0, 2).toString()).toBe('id');
});

it.each(EXPORT_FORMATS)('survives a time beyond the dates of JavaScript as %s', async (format) => {
  expect((await encode([{ ...LARGEST, atMs: Number.MAX_SAFE_INTEGER }], format)).length).toBeGreaterThan(0);
});
