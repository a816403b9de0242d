import type { ExportFormat } from '../../../src-shared/tables';
import type { Cell, Column } from './columns';

export interface EncodeOptions {
  readonly format: ExportFormat;
  /** A byte order mark before a CSV file: without it, some spreadsheets take UTF-8 for an older encoding. */
  readonly byteOrderMark?: boolean;
}

/** A date that JavaScript can write; a callback may be due later than that. */
const MAX_DATE_MS = 8_640_000_000_000_000;
const MINUTE_MS = 60_000;

/** Neighbours are mostly of one minute, and printing a date takes as long as the rest of its row. */
function createIso(): (wallMs: number) => string {
  let minute = Number.NaN;
  let head = '';
  return (wallMs) => {
    if (Math.abs(wallMs) > MAX_DATE_MS) return '';
    const at = Math.floor(wallMs / MINUTE_MS);
    if (at !== minute) {
      minute = at;
      head = new Date(at * MINUTE_MS).toISOString().slice(0, -'00.000Z'.length);
    }
    const seconds = (wallMs - at * MINUTE_MS) / 1000;
    return `${head}${seconds < 10 ? '0' : ''}${seconds.toFixed(3)}Z`;
  };
}

/** Rows as a file, in pieces of about one page of rows. */
export function encodeRows<Row>(
  pages: AsyncIterable<readonly Row[]>,
  columns: readonly Column<Row>[],
  { format, byteOrderMark = false }: EncodeOptions,
): AsyncGenerator<Uint8Array> {
  switch (format) {
    case 'csv':
      return encodeText(pages, {
        head: `${byteOrderMark ? '\ufeff' : ''}${columns.map(({ name }) => csvText(name)).join(',')}\n`,
        row: csvRow(columns),
        between: '',
        end: '',
      });
    case 'ndjson':
      return encodeText(pages, {
        head: '',
        row: (row) => `${jsonRow(columns)(row)}\n`,
        between: '',
        end: '',
      });
    case 'json':
      return encodeText(pages, { head: '[\n', row: jsonRow(columns), between: ',\n', end: '\n]\n' });
    case 'parquet':
      return encodeParquet(pages, columns);
  }
}

interface TextFormat<Row> {
  readonly head: string;
  readonly row: (row: Row) => string;
  readonly between: string;
  readonly end: string;
}

async function* encodeText<Row>(
  pages: AsyncIterable<readonly Row[]>,
  { head, row, between, end }: TextFormat<Row>,
): AsyncGenerator<Uint8Array> {
  yield Buffer.from(head);
  let before = '';
  for await (const page of pages) {
    yield Buffer.from(`${before}${page.map(row).join(between)}`);
    before = between;
  }
  yield Buffer.from(end);
}

/**
 * What a spreadsheet would take for a formula begins with one of these: an apostrophe before it makes it text. The last four are
 * the wide forms of the first four. See https://owasp.org/www-community/attacks/CSV_Injection
 */
const FORMULA = /^[=+\-@\t\r\uff1d\uff0b\uff0d\uff20]/;
const NEEDS_QUOTES = /[",\r\n]/;

function csvText(cell: string): string {
  const text = FORMULA.test(cell) ? `'${cell}` : cell;
  return NEEDS_QUOTES.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** Our own: csv-stringify takes six times as long, which would be a third of the time of an export. */
function csvRow<Row>(columns: readonly Column<Row>[]): (row: Row) => string {
  const cells = columns.map(({ kind }) => csvCell(kind));
  return (row) => {
    let line = '';
    for (let at = 0; at < columns.length; at += 1) {
      const cell = columns[at]?.of(row) ?? null;
      if (at > 0) line += ',';
      if (cell !== null) line += cells[at]?.(cell);
    }
    return `${line}\n`;
  };
}

function csvCell(kind: Column<never>['kind']): (cell: NonNullable<Cell>) => string {
  if (kind === 'wall') {
    const isoOf = createIso();
    return (cell) => isoOf(Number(cell));
  }
  if (kind !== 'text' && kind !== 'json') return String;
  return (cell) => csvText(String(cell));
}

/** 64-bit integers as text, counts as numbers, JSON as it is: parsed and printed again, its large numbers would change. */
function jsonRow<Row>(columns: readonly Column<Row>[]): (row: Row) => string {
  const heads = columns.map(({ name }, at) => `${at === 0 ? '{' : ','}${JSON.stringify(name)}:`);
  const cells = columns.map(({ kind }) => jsonCell(kind));
  return (row) => {
    let line = '';
    for (let at = 0; at < columns.length; at += 1) {
      const cell = columns[at]?.of(row) ?? null;
      line += heads[at];
      line += cell === null ? 'null' : cells[at]?.(cell);
    }
    return `${line}}`;
  };
}

function jsonCell(kind: Column<never>['kind']): (cell: NonNullable<Cell>) => string {
  switch (kind) {
    case 'json':
    case 'count':
    case 'flag':
      return String;
    case 'real':
    case 'text':
      return JSON.stringify;
    case 'u64':
    case 'i64':
    case 'signed':
      return (cell) => `"${cell}"`;
    case 'wall': {
      const isoOf = createIso();
      return (cell) => {
        const iso = isoOf(Number(cell));
        return iso === '' ? 'null' : `"${iso}"`;
      };
    }
  }
}

/** Rows of one group, which is in memory as a whole and is encoded at once: while that takes, nothing else runs. */
const GROUP_ROWS = 4_000;
const GROUP_BYTES = 8 * 1024 * 1024;

/**
 * `u64` columns are UINT_64, `wall` ones are timestamps in UTC of milliseconds. `signed` is text, since it may need more than 64
 * bits, and many readers take decimals for floating-point numbers. `json` is text: the writer parses what has that type, which
 * would change large numbers.
 */
async function* encodeParquet<Row>(
  pages: AsyncIterable<readonly Row[]>,
  columns: readonly Column<Row>[],
): AsyncGenerator<Uint8Array> {
  const [{ ParquetWriter }, { ByteWriter }] = await Promise.all([
    import('hyparquet-writer/src/parquet-writer.js'),
    import('hyparquet-writer/src/bytewriter.js'),
  ]);
  const bytes = new ByteWriter(1 << 20);
  const take = (): Uint8Array => {
    const taken = bytes.getBytes().slice();
    bytes.index = 0;
    return taken;
  };
  const writer = new ParquetWriter({
    writer: bytes,
    createdBy: 'Ingot',
    schema: [
      { name: 'root', num_children: columns.length },
      ...columns.map(({ name, kind }) => ({
        name,
        repetition_type: 'OPTIONAL' as const,
        ...PARQUET_TYPES[kind],
      })),
    ],
  });
  const write = (group: readonly Row[]): Uint8Array => {
    writer.write({
      columnData: columns.map(({ name, kind, of }) => ({
        name,
        data: group.map((row) => parquetCell(kind, of(row))),
        // Of JSON they say nothing.
        statistics: kind !== 'json',
      })),
      rowGroupSize: GROUP_ROWS,
    });
    return take();
  };
  let group: Row[] = [];
  let size = 0;
  for await (const page of pages) {
    for (const row of page) {
      group.push(row);
      for (const { kind, of } of columns) if (kind === 'json') size += String(of(row)).length;
      if (group.length < GROUP_ROWS && size < GROUP_BYTES) continue;
      yield write(group);
      group = [];
      size = 0;
    }
  }
  if (group.length > 0) yield write(group);
  writer.finish();
  yield take();
}

const PARQUET_TYPES = {
  text: { type: 'BYTE_ARRAY', converted_type: 'UTF8' },
  u64: { type: 'INT64', converted_type: 'UINT_64' },
  i64: { type: 'INT64' },
  signed: { type: 'BYTE_ARRAY', converted_type: 'UTF8' },
  count: { type: 'INT64' },
  real: { type: 'DOUBLE' },
  flag: { type: 'BOOLEAN' },
  wall: { type: 'INT64', converted_type: 'TIMESTAMP_MILLIS' },
  json: { type: 'BYTE_ARRAY', converted_type: 'UTF8' },
} as const;

function parquetCell(kind: Column<never>['kind'], cell: Cell): unknown {
  if (cell === null) return null;
  switch (kind) {
    case 'u64':
    case 'i64':
    case 'count':
      return BigInt(cell);
    case 'wall':
      return Math.abs(Number(cell)) > MAX_DATE_MS ? null : new Date(Number(cell));
    default:
      return cell;
  }
}
