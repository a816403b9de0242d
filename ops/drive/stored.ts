import { createReadStream, rmSync } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { z } from 'zod';
import { type ClockRecord, clockRecordSchema } from '../../src-shared/run-clock';
import { compareVersions, versionText } from '../../src-shared/update';
import type { Ended, Program } from './program';

export type Row = Readonly<Record<string, string | null>>;

/** All content of a data directory, read by a fresh process. */
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

/** Opens the directory in a new process, writes a backup, and reads that. */
export async function readStored(program: Program, dataDir: string): Promise<Reading> {
  readings += 1;
  const path = `${dataDir}.reading-${readings}.ndjson.gz`;
  const ended = await program.run(['backup', '--data-dir', dataDir, '--out', path]);
  if (ended.code !== 0) return { kind: 'refused', ended };
  const stored = await readBackup(path);
  rmSync(path);
  return { kind: 'stored', stored, stderr: ended.stderr };
}

/** @throws Error if it cannot be opened. */
export async function readWhole(program: Program, dataDir: string): Promise<Stored> {
  const reading = await readStored(program, dataDir);
  if (reading.kind === 'refused') throw new Error(`${dataDir} cannot be opened: ${reading.ended.stderr}`);
  return reading.stored;
}

/**
 * The content of a backup, line by line; of a large one only the rows to keep.
 * @throws Error if the file is not a backup.
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
  /** Numbers of the updates that are kept; their settlements, which come later, are kept too. */
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
      const isKept = table === 'settled_callbacks' ? kept.has(row.update_seq) : keep(table, row);
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
  const accounts = (tables.accounts ?? []).map(withVersion);
  return {
    runs: tables.runs ?? [],
    accounts,
    updates: withCallbacks(
      (tables.account_updates ?? []).map(withVersion),
      accounts,
      tables.settled_callbacks ?? [],
    ),
    rejects: tables.rejects ?? [],
  };
}

/** With the version as one text. */
function withVersion(row: Row): Row {
  return { ...row, version: versionText(row.slot ?? '0', row.version ?? '') };
}

/**
 * Adds each update's callback, derived independently of the program's SQL: its state, what settled it, when and in which run, and
 * the version that cancelled it.
 */
function withCallbacks(
  updates: readonly Row[],
  accounts: readonly Row[],
  settledRows: readonly Row[],
): readonly Row[] {
  const settled = new Map(settledRows.map((row) => [row.update_seq, row]));
  const latest = new Map(accounts.map((row) => [row.id, row.update_seq]));
  const nextOf = new Map<Row, Row>();
  const before = new Map<string | null | undefined, Row>();
  const inOrder = [...updates].sort((a, b) => compareVersions(a.version ?? '', b.version ?? ''));
  for (const row of inOrder) {
    if (row.due_ms === null) continue;
    const older = before.get(row.account_id);
    if (older) nextOf.set(older, row);
    before.set(row.account_id, row);
  }
  const callbackOf = (row: Row): Row => {
    if (row.due_ms === null) return { outcome: 'stale', callback_state: null };
    const outcome = 'indexed';
    const own = settled.get(row.seq);
    if (own) {
      const hasFired = own.how === 'due' || own.how === 'fired by hand';
      const when = {
        settled_seq: own.seq ?? null,
        settled_run_id: own.run_id ?? null,
        settled_at_ms: own.at_ms ?? null,
      };
      return { outcome, callback_state: hasFired ? 'fired' : 'cancelled', how: own.how ?? null, ...when };
    }
    if (latest.get(row.account_id) === row.seq) return { outcome, callback_state: 'pending' };
    const newer = nextOf.get(row);
    if (!newer) return { outcome, callback_state: null };
    const when = {
      settled_seq: newer.seq ?? null,
      settled_run_id: newer.run_id ?? null,
      settled_at_ms: newer.at_ms ?? null,
    };
    const by = {
      superseded_by: newer.version ?? null,
      cancelled_by_it: versionText(newer.cancels_slot ?? '', newer.cancels_version ?? ''),
    };
    return { outcome, callback_state: 'cancelled', how: 'newer version', ...when, ...by };
  };
  return updates.map((row) => ({ ...row, ...callbackOf(row) }));
}

/** The clocks of runs by id. */
export const clocksOf = ({ runs }: Stored): ReadonlyMap<string | null | undefined, ClockRecord> =>
  new Map(runs.map(({ id, clock }) => [id, clockRecordSchema.parse(JSON.parse(clock ?? ''))]));
