import type { SqlColumn, SqlRow } from '../../../src-shared/sql';
import type { ExportFormat } from '../../../src-shared/tables';
import type { Cell, Column, Kind } from '../export/columns';
import { encodeRows } from '../export/encode-rows';
import type { KeptResult } from './queries';

/** Rows that are encoded at once. */
const PAGE_ROWS = 500;

/** A result of SQL as a file. @param onRows gets the number of rows of each page. */
export function exportResult(
  { rows, columns }: Pick<KeptResult, 'rows' | 'columns'>,
  {
    format,
    byteOrderMark = false,
  }: { readonly format: ExportFormat; readonly byteOrderMark?: boolean | undefined },
  onRows: (rows: number) => void | Promise<void> = () => {},
): AsyncGenerator<Uint8Array> {
  async function* pages() {
    for (let at = 0; at < rows.length; at += PAGE_ROWS) {
      const page = rows.slice(at, at + PAGE_ROWS);
      yield page;
      await onRows(page.length);
    }
  }
  return encodeRows(pages(), columnsOf(columns), { format, byteOrderMark });
}

const KINDS: Readonly<Record<string, Kind>> = {
  smallint: 'count',
  integer: 'count',
  oid: 'count',
  bigint: 'i64',
  numeric: 'signed',
  real: 'real',
  'double precision': 'real',
  boolean: 'flag',
  json: 'json',
  jsonb: 'json',
};

/** Of two columns of one name the second is `name_2`: most formats know a column by its name. */
function columnsOf(columns: readonly SqlColumn[]): readonly Column<SqlRow>[] {
  const taken = new Set<string>();
  return columns.map(({ name, type }, at) => {
    let free = name;
    for (let turn = 2; taken.has(free); turn += 1) free = `${name}_${turn}`;
    taken.add(free);
    const kind = KINDS[type] ?? 'text';
    return { name: free, kind, of: (row) => cellOf(kind, row[at] ?? null) };
  });
}

function cellOf(kind: Kind, cell: string | null): Cell {
  if (cell === null) return null;
  switch (kind) {
    case 'count':
    case 'real':
      return Number(cell);
    case 'flag':
      return cell === 't';
    case 'json':
      // The type `json` keeps the line feeds between its values, and a line of a file is one row.
      return cell.replace(/[\r\n]+/g, ' ');
    default:
      return cell;
  }
}
