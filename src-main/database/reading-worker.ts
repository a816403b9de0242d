/**
 * The thread that runs a person's SQL, on a copy of the data. It can be ended at any time, in the midst of a statement.
 *
 * What a query may do is bounded thrice. PGlite reaches no file but those of the copy. A query is declared as a cursor of a
 * read-only transaction, which takes one SELECT and nothing else. And it runs as a role without rights but to read: Postgres lets
 * the session's own user, a superuser, come back only by SET, which is no SELECT, or by `set_config`, which is taken away.
 */
import { parentPort, workerData } from 'node:worker_threads';
import type { messages } from '@electric-sql/pglite';
import type { SqlCut, SqlRow } from '../../src-shared/sql';
import type { QueryFailure, ReadingReply, ReadingRequest, ReadingSettings } from './reading-protocol';

/** Of sorts and hashes on the disk, in kB. */
const MOST_TEMP = 2 ** 20;
const PARAMETERS = ['-c', 'shared_buffers=32MB', '-c', `temp_file_limit=${MOST_TEMP}`];
/** The most that is fetched at once. */
const PIECE_ROWS = 500;
const PIECE_BYTES = 512 * 1024;

const DECLARE = 'DECLARE ingot_query NO SCROLL CURSOR FOR ';
/** The one statement beside SELECT that reads: what it explains runs in the same transaction, as the same role. */
const EXPLAINS = /^(?:\s|--[^\n]*\n|\/\*(?:[^*]|\*(?!\/))*\*\/)*explain\b/i;

const prepare = (schema: string) => `
  DO $$ BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'ingot_reader') THEN CREATE ROLE ingot_reader; END IF;
  END $$;
  GRANT USAGE ON SCHEMA ${schema} TO ingot_reader;
  GRANT SELECT ON ALL TABLES IN SCHEMA ${schema} TO ingot_reader;
  REVOKE EXECUTE ON FUNCTION pg_catalog.set_config(text, text, boolean) FROM PUBLIC;
  SET TimeZone = 'UTC';
  SET search_path = ${schema};
  CHECKPOINT;
  SET ROLE ingot_reader`;

const { directory, schema, asOf } = workerData as ReadingSettings;

async function open() {
  // As in `pglite-worker.ts`.
  Object.defineProperty(process, 'type', { value: undefined, configurable: true });
  const [{ PGlite, protocol }, { NodeFS }] = await Promise.all([
    import('@electric-sql/pglite'),
    import('@electric-sql/pglite/nodefs'),
  ]);
  // Nothing of a copy has to survive a power cut.
  const pglite = await PGlite.create({
    fs: new NodeFS(directory),
    startParams: [...PGlite.defaultStartParams, ...PARAMETERS],
  });
  await pglite.exec(prepare(schema));
  const { serialize } = protocol;
  /** One statement; every value as Postgres writes it. */
  const run = async (text: string): Promise<Answer> => {
    const said = await pglite.execProtocolStream(
      Buffer.concat([
        serialize.parse({ text }),
        serialize.bind({}),
        serialize.describe({ type: 'P' }),
        serialize.execute({}),
        serialize.sync(),
      ]),
    );
    return {
      fields: said.flatMap((message) => (isFields(message) ? message.fields : [])),
      rows: said.flatMap((message) => (isRow(message) ? [message.fields] : [])),
    };
  };
  return { pglite, run };
}

interface Answer {
  readonly fields: readonly { readonly name: string; readonly dataTypeID: number }[];
  readonly rows: readonly SqlRow[];
}

const isFields = (message: { readonly name: string }): message is messages.RowDescriptionMessage =>
  message.name === 'rowDescription';
const isRow = (message: { readonly name: string }): message is messages.DataRowMessage =>
  message.name === 'dataRow';

type Opened = Awaited<ReturnType<typeof open>>;

async function query(
  { run, ...opened }: Opened,
  request: ReadingRequest,
  reply: (said: ReadingReply) => void,
) {
  const { text, mostRows, mostBytes } = request;
  const explains = EXPLAINS.test(text);
  let result: Answer;
  await run('BEGIN READ ONLY');
  try {
    result = await run(explains ? text : DECLARE + text).catch((error: unknown) => {
      throw Object.assign(error as object, { before: explains ? 0 : DECLARE.length });
    });
    if (!explains) result = await run('FETCH 1 FROM ingot_query');
    reply({ kind: 'columns', columns: await describe(run, result) });
    let [rows, bytes] = [0, 0];
    let cut: SqlCut | null = null;
    while (result.rows.length > 0 && cut === null) {
      const piece: SqlRow[] = [];
      let pieceBytes = 0;
      for (const row of result.rows) {
        const size = sizeOf(row);
        if (rows === mostRows) cut = 'rows';
        else if (bytes + size > mostBytes) cut = 'bytes';
        if (cut) break;
        piece.push(row);
        rows += 1;
        bytes += size;
        pieceBytes += size;
      }
      reply({ kind: 'rows', rows: piece, bytes: pieceBytes });
      if (explains) break;
      const mean = Math.max(1, bytes / Math.max(1, rows));
      const count = Math.max(1, Math.min(PIECE_ROWS, Math.floor(PIECE_BYTES / mean), mostRows - rows + 1));
      if (cut === null) result = await run(`FETCH ${count} FROM ingot_query`);
    }
    reply({ kind: 'end', cut });
  } finally {
    await opened.pglite.exec('ROLLBACK');
  }
}

const sizeOf = (row: SqlRow) =>
  row.reduce((sum, value) => sum + (value === null ? 1 : 2 * value.length + 16), 16);

async function describe(run: Opened['run'], { fields }: Answer) {
  const oids = [...new Set(fields.map(({ dataTypeID }) => dataTypeID))];
  const { rows } = await run(
    `SELECT oid, format_type(oid, NULL) FROM unnest('{${oids.join(',')}}'::oid[]) AS t (oid)`,
  );
  const names = new Map(rows.map(([oid, name]) => [Number(oid), String(name)]));
  return fields.map(({ name, dataTypeID }) => ({ name, type: names.get(dataTypeID) ?? 'unknown' }));
}

function failureOf(error: unknown, text: string): QueryFailure {
  const { message, code, hint, detail, position, before = 0 } = error as Readonly<Record<string, unknown>>;
  // Postgres counts characters from 1.
  const at = position === undefined ? -1 : Number(position) - 1 - Number(before);
  const offset = at < 0 ? null : [...text].slice(0, at).join('').length;
  const sentence = detail === undefined ? String(message) : `${message}. ${detail}`;
  return {
    message: sentence,
    sqlstate: typeof code === 'string' ? code : null,
    offset,
    hint: typeof hint === 'string' ? hint : null,
  };
}

async function main(): Promise<void> {
  const port = parentPort;
  if (!port) throw new Error('the reading thread is started by reading-thread.ts only');
  const reply = (said: ReadingReply) => port.postMessage(said);
  try {
    const opened = await open();
    const { rows } = await opened.run(asOf);
    reply({ kind: 'open', asOf: String(rows[0]?.[0]) });
    port.on('message', (request: ReadingRequest) => {
      query(opened, request, reply).catch((error: unknown) =>
        reply({ kind: 'failed', failure: failureOf(error, request.text) }),
      );
    });
  } catch (error) {
    reply({ kind: 'closed', message: (error as Error).message });
    port.close();
  }
}

await main();
