import { join } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import { migrate } from '../src-main/database/migrate';
import { openPglite } from '../src-main/database/pglite';
import { type Bench, median, rounded, timed, withSpread } from './lib/bench';
import { ingestFile, openDirectory } from './lib/durable-ingest';
import { generatedFile } from './lib/generated-file';

/** How many rows one COPY of the reference takes. */
const COPY_ROWS = 5_000;

const COLUMNS = `account_id, version, run_id, record_index, account_type, tokens, data, callback_time_ms, outcome,
  ingested_at, callback_due_at, callback_state, callback_settled_at, superseded_by`;

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
    for (let round = 0; round < repeat; round += 1) {
      const dataDir = join(directory, `ingot-${round}`);
      const database = await openDirectory(dataDir);
      const ms = await ingestFile(database, path);
      await database.close();
      const copied = await copyHistory(join(dataDir, 'pg'), join(directory, `copy-${round}`));
      rates.push((records * 1000) / ms);
      limits.push((copied.rows * 1000) / copied.ms);
      say(
        `round ${round + 1}: ${Math.round(ms)} ms for ${records} records; COPY of ${copied.rows} rows ${Math.round(copied.ms)} ms`,
      );
    }
    const ratio = median(rates.map((rate, round) => rate / (limits[round] ?? Number.NaN)));
    say(`ingest    ${withSpread(rates, 'records/s')}`);
    say(`COPY      ${withSpread(limits, 'rows/s')}`);
    say(`ratio     ${ratio.toFixed(2)}`);
    return {
      rate: rounded(median(rates)),
      reference: 'copy',
      referenceRate: rounded(median(limits)),
      ratio: rounded(ratio, 3),
    };
  },
};

/** Copies the history of one database into a new one with the same schema; milliseconds of the COPYs alone. */
async function copyHistory(from: string, to: string): Promise<{ rows: number; ms: number }> {
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
  const { ms } = await timed(async () => {
    for (const blob of pieces) {
      await target.query(`COPY ingot.account_updates (${COLUMNS}) FROM '/dev/blob'`, [], { blob });
    }
  });
  await target.close();
  return { rows, ms };
}
