import { join } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import { openPglite } from '../../src-main/database/pglite';
import { migrate } from '../../src-main/storage/migrate';
import { timed, withProcessorTime } from './bench';
import { ownTime } from './thread-times';

/** Rows per COPY. */
const ROWS_AT_ONCE = 5_000;

interface Reference {
  readonly table: string;
  readonly columns: string;
  /** The columns, read from the present history. */
  readonly read: string;
  /** Null: the present schema. */
  readonly schema: string | null;
}

const NOW = `seq, run_id, record_index, position, callback_time_ms, at_ms, due_ms, account_id, slot, version, account_type,
  tokens, data, cancels_slot, cancels_version`;

const REFERENCES: Readonly<Record<'text' | 'binary', Reference>> = {
  binary: { table: 'ingot.account_updates', columns: NOW, read: NOW, schema: null },
  /** The history before decision 21, with its indexes and checks. Never change it: later versions are compared with it. */
  text: {
    table: 'reference',
    columns: `seq, account_id, version, run_id, record_index, account_type, tokens, data, callback_time_ms, outcome, ingested_at,
      callback_due_at`,
    read: `seq, account_id, version, run_id, record_index, account_type, tokens, data, callback_time_ms,
      CASE WHEN due_ms IS NULL THEN 'stale' ELSE 'indexed' END, to_timestamp(at_ms / 1000.0), to_timestamp(due_ms / 1000.0)`,
    schema: `
      CREATE TABLE reference (
        account_id text COLLATE "C" NOT NULL,
        version numeric(20,0) NOT NULL,
        seq bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
        run_id bigint NOT NULL,
        record_index bigint NOT NULL,
        account_type text COLLATE "C" NOT NULL,
        tokens numeric(20,0) NOT NULL,
        data jsonb NOT NULL,
        callback_time_ms bigint NOT NULL,
        outcome text NOT NULL,
        ingested_at timestamp with time zone NOT NULL DEFAULT now(),
        callback_due_at timestamp with time zone,
        CHECK ((outcome = 'indexed'::text) = (callback_due_at IS NOT NULL)),
        CHECK (outcome = ANY (ARRAY['indexed'::text, 'stale'::text])),
        PRIMARY KEY (account_id, version)
      );
      CREATE INDEX ON reference (run_id, seq);
      CREATE INDEX ON reference (seq);
      CREATE INDEX ON reference (seq, run_id) WHERE outcome = 'stale';
      CREATE INDEX ON reference USING brin (account_type text_bloom_ops (n_distinct_per_range='20')) WITH (pages_per_range='4');`,
  },
};

export interface Copied {
  readonly rows: number;
  /** Of the COPYs alone: wall time, processor time of all threads, and of this one, where PGlite runs. */
  readonly ms: number;
  readonly processorMs: number;
  readonly threadMs: number;
}

/** Copies the history of the database in `from` into a new one, from prepared pieces. */
export async function copyHistory(from: string, to: string, format: 'text' | 'binary'): Promise<Copied> {
  const { table, columns, read, schema } = REFERENCES[format];
  const source = await PGlite.create({ dataDir: from });
  const pieces: Blob[] = [];
  const { rows: counted } = await source.query<{ rows: number }>(
    'SELECT count(*)::int4 AS rows FROM ingot.account_updates',
  );
  const rows = counted[0]?.rows ?? 0;
  for (let offset = 0; offset < rows; offset += ROWS_AT_ONCE) {
    const { blob } = await source.query(
      `COPY (SELECT ${read} FROM ingot.account_updates ORDER BY seq OFFSET ${offset} LIMIT ${ROWS_AT_ONCE})
        TO '/dev/blob' (FORMAT ${format})`,
    );
    if (blob) pieces.push(blob);
  }
  await source.close();
  const target = await openEmpty(to, schema);
  const ownBefore = ownTime();
  const { result, processorMs } = await withProcessorTime(() =>
    timed(async () => {
      for (const blob of pieces) {
        await target.query(`COPY ${table} (${columns}) FROM '/dev/blob' (FORMAT ${format})`, [], { blob });
      }
    }),
  );
  const threadMs = ownTime() - ownBefore;
  await target.close();
  return { rows, ms: result.ms, processorMs, threadMs };
}

async function openEmpty(directory: string, schema: string | null): Promise<PGlite> {
  const empty = await openPglite({ dataDir: directory });
  await migrate(empty);
  await empty.close();
  const target = await PGlite.create({ dataDir: join(directory, 'pg') });
  if (schema !== null) await target.exec(schema);
  return target;
}
