import type { Statement } from '../../database/database';
import type { RawRow } from './row-set';

/**
 * Rows as one text each, for a long walk: PGlite decodes each field of each row separately, which takes as long as the statement
 * itself. The columns and their types are those of a row that came unpacked.
 */
export interface Packing {
  readonly statement: (plain: Statement) => Statement;
  readonly unpack: (line: string) => RawRow;
}

export function createPacking(like: RawRow): Packing {
  const columns = Object.entries(like).map(([name, value]) => [name, typeof value] as const);
  return {
    statement: (plain) => ({ ...plain, text: `SELECT packed::text AS line FROM (${plain.text}) AS packed` }),
    unpack(line) {
      const fields = parseRecord(line);
      if (fields.length !== columns.length) throw new TypeError('a packed row has other columns');
      const row: Record<string, string | number | boolean | null> = {};
      for (const [at, [name, type]] of columns.entries()) {
        const text = fields[at] ?? null;
        row[name] =
          type === 'boolean' ? text === 't' : type === 'number' && text !== null ? Number(text) : text;
      }
      return row;
    },
  };
}

/** The text of a row in Postgres: `(1,,"a ""b"" \\\\ c","")` has the fields `1`, null, `a "b" \\ c` and an empty text. */
export function parseRecord(line: string): readonly (string | null)[] {
  const inside = line.slice(1, -1);
  if (!inside.includes('"')) return inside.split(',').map((field) => field || null);
  const fields: (string | null)[] = [];
  let at = 0;
  while (at <= inside.length) {
    if (inside[at] === '"') {
      const end = endOfQuoted(inside, at + 1);
      const text = inside.slice(at + 1, end);
      fields.push(/["\\]/.test(text) ? text.replace(/""|\\\\/g, (pair) => pair.charAt(0)) : text);
      at = end + 2;
    } else {
      const comma = inside.indexOf(',', at);
      const end = comma === -1 ? inside.length : comma;
      fields.push(inside.slice(at, end) || null);
      at = end + 1;
    }
  }
  return fields;
}

function endOfQuoted(text: string, from: number): number {
  let at = text.indexOf('"', from);
  while (text[at + 1] === '"') at = text.indexOf('"', at + 2);
  return at;
}
