import { readFileSync, rmSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { z } from 'zod';
import type { Ended, Program } from './program';

type Row = Readonly<Record<string, string | null>>;

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
  const stored = parseBackup(path);
  rmSync(path);
  return { kind: 'stored', stored, stderr: ended.stderr };
}

/** @throws Error if a file that stands as a backup is none. */
export function parseBackup(path: string): Stored {
  const tables: Record<string, Row[]> = {};
  let rows: Row[] = [];
  let columns: readonly string[] = [];
  const lines = gunzipSync(readFileSync(path)).toString().trimEnd().split('\n');
  if (!lines.at(-1)?.startsWith('{"end":true')) throw new Error(`${path} breaks off before its end`);
  for (const line of lines.slice(1, -1)) {
    const parsed: unknown = JSON.parse(line);
    if (Array.isArray(parsed)) {
      const values = rowSchema.parse(parsed);
      rows.push(Object.fromEntries(columns.map((name, index) => [name, values[index] ?? null])));
      continue;
    }
    const head = headSchema.parse(parsed);
    columns = head.columns;
    rows = [];
    tables[head.table] = rows;
  }
  return {
    runs: tables.runs ?? [],
    accounts: tables.accounts ?? [],
    updates: tables.account_updates ?? [],
    rejects: tables.rejects ?? [],
  };
}

/** Milliseconds since 1970 of Postgres' text of a time. */
export function epochMsOf(text: string | null | undefined): number {
  const ms = Date.parse(`${text}`.replace(' ', 'T').replace(/\+00$/, 'Z'));
  if (Number.isNaN(ms)) throw new Error(`${text} is no time`);
  return ms;
}
