import { createReadStream, rmSync } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { z } from 'zod';
import type { Ended, Program } from './program';

export type Row = Readonly<Record<string, string | null>>;

/** All that a data directory holds, as a fresh process reads it. */
export interface Stored {
  readonly runs: readonly Row[];
  readonly accounts: readonly Row[];
  readonly updates: readonly Row[];
  readonly rejects: readonly Row[];
}

export type Reading =
  | { readonly kind: 'stored'; readonly stored: Stored; readonly stderr: string }
  | { readonly kind: 'refused'; readonly ended: Ended };

const headSchema = z.object({ table: z.string(), columns: z.array(z.string()) });
const rowSchema = z.array(z.string().nullable());
let readings = 0;

/** Opens the directory in a process of its own, has everything written to a file, and reads that. */
export async function readStored(program: Program, dataDir: string): Promise<Reading> {
  readings += 1;
  const path = `${dataDir}.reading-${readings}.ndjson.gz`;
  const ended = await program.run(['backup', '--data-dir', dataDir, '--out', path]);
  if (ended.code !== 0) return { kind: 'refused', ended };
  const stored = await readBackup(path);
  rmSync(path);
  return { kind: 'stored', stored, stderr: ended.stderr };
}

/**
 * What a backup holds, read line by line; of a large one only the rows that are to be kept.
 * @throws Error if a file that stands as a backup is none.
 */
export async function readBackup(
  path: string,
  keep: (table: string, row: Row) => boolean = () => true,
): Promise<Stored> {
  const tables: Record<string, Row[]> = {};
  let table = '';
  let columns: readonly string[] = [];
  let isFirst = true;
  let isWhole = false;
  /** Numbers of the updates that are kept: those of settled callbacks, which come after them, go along. */
  const kept = new Set<string | null | undefined>();
  const take = (line: string) => {
    isWhole = line.startsWith('{"end":true');
    if (isFirst || isWhole) {
      isFirst = false;
      return;
    }
    const parsed: unknown = JSON.parse(line);
    if (Array.isArray(parsed)) {
      const values = rowSchema.parse(parsed);
      const row = Object.fromEntries(columns.map((name, index) => [name, values[index] ?? null]));
      const isKept = table === 'settled_callbacks' ? kept.has(row.seq) : keep(table, row);
      if (isKept) tables[table]?.push(row);
      if (isKept && table === 'account_updates') kept.add(row.seq);
      return;
    }
    const head = headSchema.parse(parsed);
    table = head.table;
    columns = head.columns;
    tables[table] = [];
  };
  await pipeline(
    createReadStream(path),
    createGunzip().setEncoding('utf8'),
    async (text: AsyncIterable<string>) => {
      let rest = '';
      for await (const piece of text) {
        const lines = (rest + piece).split('\n');
        rest = lines.pop() ?? '';
        for (const line of lines) take(line);
      }
    },
  );
  if (!isWhole) throw new Error(`${path} breaks off before its end`);
  const settled = new Map((tables.settled_callbacks ?? []).map((row) => [row.seq, row]));
  return {
    runs: tables.runs ?? [],
    accounts: tables.accounts ?? [],
    updates: (tables.account_updates ?? []).map((row) => ({ ...row, ...callbackOf(row, settled) })),
    rejects: tables.rejects ?? [],
  };
}

/** What became of the callback of an update, if it has one. */
function callbackOf(update: Row, settled: ReadonlyMap<string | null | undefined, Row>): Row {
  const { fired, settled_at: at, superseded_by: by } = settled.get(update.seq) ?? {};
  const waits = update.outcome === 'indexed' ? 'pending' : null;
  return {
    callback_state: fired === undefined ? waits : fired === 'true' ? 'fired' : 'cancelled',
    callback_settled_at: at ?? null,
    superseded_by: by ?? null,
  };
}

/** Milliseconds since 1970 of Postgres' text of a time. */
export function epochMsOf(text: string | null | undefined): number {
  const ms = Date.parse(`${text}`.replace(' ', 'T').replace(/\+00$/, 'Z'));
  if (Number.isNaN(ms)) throw new Error(`${text} is no time`);
  return ms;
}
