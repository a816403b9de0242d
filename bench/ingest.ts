import { join } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import { migrate } from '../src-main/database/migrate';
import { openPglite } from '../src-main/database/pglite';
import { type Bench, median, rounded, timed, withSpread } from './lib/bench';
import { ingestFile, openDirectory } from './lib/durable-ingest';
import { generatedFile } from './lib/generated-file';

/** How many rows one COPY of the reference takes. */
const COPY_ROWS = 5_000;

const COLUMNS = `seq, run_id, record_index, position, callback_time_ms, at_ms, due_ms, account_id, slot, version, account_type,
  tokens, data, cancels_slot, cancels_version`;

/**
 * The main path whole (read, decode, classify, store durably in two tables, say every outcome) against the
 * limit: the same history rows, ready made, by COPY alone into the same table with the same indexes.
 */
export const bench: Bench = {
  title: 'updates a second into a data directory, against COPY alone of the same history rows',
  async run({ short, repeat, directory, say }) {
    const records = short ? 2_000 : 100_000;
    const path = await generatedFile(directory, records, records / 10);
    const rates: number[] = [];
    const limits: number[] = [];
    const perRows: number[] = [];
    const processorRatios: number[] = [];
    for (let round = 0; round < repeat; round += 1) {
      const dataDir = join(directory, `ingot-${round}`);
      const database = await openDirectory(dataDir);
      const busy = await withProcessorTime(() => ingestFile(database, path));
      const ms = busy.result;
      await database.close();
      const copied = await copyHistory(join(dataDir, 'pg'), join(directory, `copy-${round}`));
      const perRow = await ingestRowByRow(join(directory, `rows-${round}`), short ? 50 : 1_000);
      perRows.push((perRow.rows * 1000) / perRow.ms);
      processorRatios.push(copied.processorMs / copied.rows / (busy.processorMs / records));
      rates.push((records * 1000) / ms);
      limits.push((copied.rows * 1000) / copied.ms);
      say(
        `round ${round + 1}: ${Math.round(ms)} ms for ${records} records; COPY of ${copied.rows} rows ${Math.round(copied.ms)} ms`,
      );
    }
    const ratio = median(rates.map((rate, round) => rate / (limits[round] ?? Number.NaN)));
    say(`ingest    ${withSpread(rates, 'records/s')}`);
    say(`COPY      ${withSpread(limits, 'rows/s')}`);
    say(`per row   ${withSpread(perRows, 'rows/s')}`);
    say(
      `ratio     ${ratio.toFixed(2)}; by processor time, all threads: ${median(processorRatios).toFixed(2)}`,
    );
    return {
      rate: rounded(median(rates)),
      reference: 'copy',
      referenceRate: rounded(median(limits)),
      ratio: rounded(ratio, 3),
      processorRatio: rounded(median(processorRatios), 3),
      perRowRate: rounded(median(perRows)),
    };
  },
};

/** Copies the history of one database into a new one with the same schema; milliseconds of the COPYs alone. */
async function copyHistory(
  from: string,
  to: string,
): Promise<{ rows: number; ms: number; processorMs: number }> {
  const source = await PGlite.create({ dataDir: from });
  const pieces: Blob[] = [];
  const { rows: counted } = await source.query<{ rows: number }>(
    'SELECT count(*)::int4 AS rows FROM ingot.account_updates',
  );
  const rows = counted[0]?.rows ?? 0;
  for (let offset = 0; offset < rows; offset += COPY_ROWS) {
    const { blob } = await source.query(
      `COPY (SELECT ${COLUMNS} FROM ingot.account_updates ORDER BY seq OFFSET ${offset} LIMIT ${COPY_ROWS}) TO '/dev/blob'`,
    );
    if (blob) pieces.push(blob);
  }
  await source.close();
  const empty = await openPglite({ dataDir: to });
  await migrate(empty);
  await empty.close();
  const target = await PGlite.create({ dataDir: join(to, 'pg') });
  const { processorMs, result } = await withProcessorTime(() =>
    timed(async () => {
      for (const blob of pieces) {
        await target.query(`COPY ingot.account_updates (${COLUMNS}) FROM '/dev/blob'`, [], { blob });
      }
    }),
  );
  await target.close();
  return { rows, ms: result.ms, processorMs };
}

/** What `work` cost all threads of this process: says more than the clock on a machine that others use as well. */
async function withProcessorTime<T>(work: () => Promise<T>): Promise<{ processorMs: number; result: T }> {
  const before = process.cpuUsage();
  const result = await work();
  const { user, system } = process.cpuUsage(before);
  return { processorMs: (user + system) / 1000, result };
}

/** The plain way: for each update a transaction that looks, appends to the history and sets the latest state. */
async function ingestRowByRow(dataDir: string, rows: number): Promise<{ rows: number; ms: number }> {
  const database = await openDirectory(dataDir);
  const { ms } = await timed(async () => {
    for (let n = 0; n < rows; n += 1) {
      const values = [`account-${n % (rows / 10)}`, n + 1];
      await database.transaction(async (tx) => {
        await tx.query(
          { name: 'look', deadline: 'read', text: 'SELECT version FROM accounts WHERE id = $1::text' },
          values.slice(0, 1),
        );
        await tx.query({ name: 'append', deadline: 'write', text: APPEND }, values);
        await tx.query({ name: 'set', deadline: 'write', text: SET_LATEST }, values);
      });
    }
  });
  await database.close();
  return { rows, ms };
}

const APPEND = `
  INSERT INTO account_updates (seq, run_id, record_index, position, callback_time_ms, at_ms, due_ms, account_id, slot, version,
    account_type, tokens, data)
  VALUES ($2::int4, 1, $2::int4, $2::int4, 1000, 0, 1000, $1::text, 0, $2::int4, 'mint', $2::int4, '{"a": 1}')`;
const SET_LATEST = `
  INSERT INTO accounts (id, slot, version, account_type, tokens, update_seq, created_seq, callback_run_id, due_ms)
  VALUES ($1::text, 0, $2::int4, 'mint', $2::int4, $2::int4, $2::int4, 1, 1000)
  ON CONFLICT (id) DO UPDATE SET version = excluded.version, tokens = excluded.tokens,
    update_seq = excluded.update_seq
  WHERE accounts.version < excluded.version`;
