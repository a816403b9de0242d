import { join } from 'node:path';
import { type Bench, median, rounded, timed, withProcessorTime, withSpread } from './lib/bench';
import { compareCommands } from './lib/compare-commands';
import { copyHistory } from './lib/copy-history';
import { ingestFile, openDirectory } from './lib/durable-ingest';
import { generatedFile } from './lib/generated-file';
import { ingestIntoMemory } from './lib/memory-ingest';
import { busiestOf, threadTimes } from './lib/thread-times';

/**
 * The main path whole (read, decode, classify, store durably in two tables, publish every outcome) against four references:
 *
 * - `ratio`: its rate against that of COPY alone: the same history rows, ready made as texts, into the table as it was before
 *   decision 21. It stays as it is whatever becomes of the product.
 * - `binaryCopyRatio`: what COPY alone takes of its thread for the same rows, ready made in the binary format, into the table
 *   as it is now, against what the whole ingest takes of the database's thread.
 * - `memoryRatio`: its rate against that of the same reading and classification with no database at all.
 * - `beforeRatio`: what the whole command takes of all threads, against that of an earlier version, built in `--before`.
 */
export const bench: Bench = {
  title: 'updates a second into a data directory, against COPY alone, memory alone and an earlier version',
  async run({ short, repeat, before, directory, say }) {
    const records = short ? 2_000 : 100_000;
    const path = await generatedFile(directory, records, records / 10);
    const rounds: Round[] = [];
    for (let round = 1; round <= repeat; round += 1) {
      const place = join(directory, `${round}`);
      const measured = await measure(path, records, place, short ? 50 : 1_000);
      const older = before === undefined ? null : await compareCommands(before, path, place);
      rounds.push({ ...measured, ...older });
      say(
        `round ${round}: ${Math.round((records * 1000) / measured.rate)} ms for ${records} records, in memory ` +
          `${Math.round((records * 1000) / measured.memoryRate)} ms; COPY of texts ${Math.round((records * 1000) / measured.copyRate)} ms`,
      );
    }
    const all = (name: keyof Round) => rounds.map((round) => round[name] ?? Number.NaN);
    const ratioTo = (name: keyof Round) => rounds.map((round) => round.rate / (round[name] ?? Number.NaN));
    const ratio = median(ratioTo('copyRate'));
    const processorRatio = median(all('processorRatio'));
    const binaryCopyRatio = median(all('binaryCopyRatio'));
    const memoryRatio = median(ratioTo('memoryRate'));
    say(`ingest    ${withSpread(all('rate'), 'records/s')}`);
    say(`COPY      ${withSpread(all('copyRate'), 'rows/s')}`);
    say(`in memory ${withSpread(all('memoryRate'), 'records/s')}`);
    say(`per row   ${withSpread(all('perRowRate'), 'rows/s')}`);
    say(`ratio     ${ratio.toFixed(2)}; by processor time, all threads: ${processorRatio.toFixed(2)}`);
    say(`binary    ${binaryCopyRatio.toFixed(2)} of the database's thread`);
    return {
      rate: rounded(median(all('rate'))),
      reference: 'copy',
      referenceRate: rounded(median(all('copyRate'))),
      ratio: rounded(ratio, 3),
      processorRatio: rounded(processorRatio, 3),
      // Only Linux reports processor time per thread.
      ...(!Number.isNaN(binaryCopyRatio) && { binaryCopyRatio: rounded(binaryCopyRatio, 3) }),
      memoryRatio: rounded(memoryRatio, 3),
      ...(before !== undefined && {
        beforeRatio: rounded(median(all('beforeRatio')), 3),
        beforeWallRatio: rounded(median(all('beforeWallRatio')), 3),
      }),
      perRowRate: rounded(median(all('perRowRate'))),
    };
  },
};

/** Rates in records or rows a second. */
interface Round {
  readonly rate: number;
  readonly copyRate: number;
  readonly processorRatio: number;
  readonly binaryCopyRatio: number;
  readonly memoryRate: number;
  readonly perRowRate: number;
  readonly beforeRatio?: number;
  readonly beforeWallRatio?: number;
}

async function measure(path: string, records: number, place: string, plainRows: number): Promise<Round> {
  const dataDir = `${place}-ingot`;
  const others = threadTimes();
  const database = await openDirectory(dataDir);
  const opened = threadTimes();
  const busy = await withProcessorTime(() => ingestFile(database, path));
  const databaseThreadMs = busiestOf(opened, threadTimes(), others);
  await database.close();

  const memory = await timed(() => ingestIntoMemory(path));
  const texts = await copyHistory(join(dataDir, 'pg'), `${place}-texts`, 'text');
  const binary = await copyHistory(join(dataDir, 'pg'), `${place}-binary`, 'binary');
  const plain = await ingestRowByRow(`${place}-rows`, plainRows);
  return {
    rate: (records * 1000) / busy.result,
    copyRate: (texts.rows * 1000) / texts.ms,
    processorRatio: texts.processorMs / texts.rows / (busy.processorMs / records),
    binaryCopyRatio: binary.threadMs / binary.rows / (databaseThreadMs / records),
    memoryRate: (records * 1000) / memory.ms,
    perRowRate: (plain.rows * 1000) / plain.ms,
  };
}

/** The plain way: a transaction per update that looks up, appends to the history and sets the latest state. */
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
