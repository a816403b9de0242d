import pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { IngotError } from '../../src-shared/errors';
import type { AbandonableDatabase } from './abandonable';
import type { QueryResult, SqlValue, Statement } from './database';
import type { LockOptions } from './lock';
import { parserOf } from './parse-value';
import { connectionError, mayBeElsewhere, parseServerUrl, refusesTls, type Server } from './server-address';
import { holdServer, type ServerHold, TAKEN_OVER, takenOver } from './server-hold';
import { checkServer } from './server-requirements';
import { sqlError } from './sql-error';
import { type Connection, runTransaction } from './transaction';

export interface OpenPostgresOptions {
  /**
   * `postgres://user:password@host:port/database`, with the parameters that `pg` knows. Of several hosts, the first that accepts
   * writes is used.
   */
  readonly url: string;
  /** Needs no right to write, and the server refuses every write; default false. */
  readonly readOnly?: boolean;
  /** Limit for connections, each with one statement or transaction at a time; default 10. */
  readonly maxConnections?: number;
  /** Holds the database for this process, with one more connection. Omitted: it is shared. */
  readonly hold?: LockOptions;
  /** Called once if a held database is lost while open. It must still be closed. */
  readonly onLost?: ((error: IngotError) => void) | undefined;
}

export interface ServerDatabase extends AbandonableDatabase {
  /**
   * Records the holder: call it once the schema is up to date. From then on each write checks that no other process has taken
   * over. Does nothing without a hold, or without the table.
   */
  claim(): Promise<void>;
}

const CONNECT_TIMEOUT_MS = 10_000;

/**
 * `plan_cache_mode`: a generic plan reads whole tables for a batch, at a quarter of the rate (15k rows a second; a custom plan
 * gives 60k). The fence relies on the isolation level: it must see what was committed after its transaction began.
 */
const SESSION =
  '-c TimeZone=UTC -c search_path=ingot -c plan_cache_mode=force_custom_plan -c default_transaction_isolation=read\\ committed';

const ROW_CHANGING = new Set(['INSERT', 'UPDATE', 'DELETE', 'MERGE', 'COPY']);

/**
 * Opens a Postgres server: a pool of connections, the first of which is made before this resolves.
 *
 * @throws IngotError `invalid_input` if the URL is invalid, `database_unavailable` if the server cannot be reached or refuses the
 * login, `database_unusable` as `checkServer` and `holdServer`. Neither the errors nor `location` contain the password.
 */
export async function openPostgres(options: OpenPostgresOptions): Promise<ServerDatabase> {
  const refusals: IngotError[] = [];
  const session = options.readOnly ? `${SESSION} -c default_transaction_read_only=on` : SESSION;
  for (const server of parseServerUrl(options.url, session)) {
    try {
      return await openServer(server, options);
    } catch (error) {
      if (!mayBeElsewhere(error)) throw error;
      refusals.push(error);
    }
  }
  const last = refusals.at(-1);
  if (last === undefined || refusals.length === 1) throw last;
  throw new IngotError(last.code, refusals.map(({ message }) => message).join(' '), last.details, last);
}

/** With or without TLS, as the address says. */
async function openServer(server: Server, options: OpenPostgresOptions): Promise<ServerDatabase> {
  const [first = '', withoutTls] = server.connectionStrings;
  return openPool(first, server.location, options).catch((error: unknown) => {
    if (withoutTls === undefined || !refusesTls(error)) throw error;
    return openPool(withoutTls, server.location, options);
  });
}

async function openPool(
  connectionString: string,
  location: string,
  { maxConnections = 10, readOnly = false, hold: toHold, onLost }: OpenPostgresOptions,
): Promise<ServerDatabase> {
  const config: pg.ClientConfig = {
    connectionString,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    fallback_application_name: 'ingot',
  };
  const pool = new pg.Pool({ ...config, max: maxConnections, types: { getTypeParser: parserOf } });
  // A broken connection emits an event, which ends the process without a listener. The statement gets the error too; an idle
  // connection is replaced by the pool.
  pool.on('error', () => {});
  const clients = new Set<pg.Client>();
  pool.on('connect', (client) => {
    clients.add(client);
    client.on('error', () => {});
  });
  pool.on('remove', (client) => clients.delete(client));

  /** Those of `setSchema`: as it is now, and as each connection has it. */
  let schema: string | null = null;
  const schemas = new WeakMap<pg.PoolClient, string>();

  const closed = new IngotError('database_unavailable', `The database ${location} is closed.`);
  const inHand = new Set<Promise<unknown>>();
  let closing: Promise<void> | null = null;
  let abandoned = false;
  let hold: ServerHold | null = null;
  let lost: IngotError | null = null;

  /** Pending calls reject. A connection without a peer would never end in order. */
  const cutAll = () => {
    for (const { connection } of clients) connection.stream.destroy();
  };

  const lose = (error: IngotError): IngotError => {
    if (lost || closing) return error;
    lost = error;
    onLost?.(error);
    return error;
  };

  const failureOf = (statement: string, error: unknown): IngotError => {
    if (!(error instanceof pg.DatabaseError)) return connectionError(location, error);
    if (error.code === TAKEN_OVER) return lose(takenOver(location, error.message));
    return sqlError(statement, { sqlstate: error.code ?? null, message: error.message }, location);
  };

  const connect = async () => {
    try {
      // Throws at once if a certificate file cannot be read.
      return await pool.connect();
    } catch (error) {
      throw connectionError(location, error);
    }
  };

  /** `fence` runs before the statement, in its transaction and in the same message. */
  const query = async <Row>(
    client: pg.PoolClient,
    statement: Statement,
    values: readonly SqlValue[] = [],
    fence: string | null = null,
  ): Promise<QueryResult<Row>> => {
    const result = await new Promise<pg.QueryResult>((resolve, reject) => {
      const config = {
        text: statement.text,
        values: values.map((value) => (value === null ? null : String(value))),
        // One statement only, with or without values, as on PGlite. The driver's types lack this.
        queryMode: 'extended',
      } as pg.QueryConfig<(string | null)[]>;
      // With a fence there are two results.
      const sent = new pg.Query(config, (error, results: pg.QueryResult | pg.QueryResult[]) => {
        const last = Array.isArray(results) ? results.at(-1) : results;
        if (last) resolve(last);
        else reject(error);
      });
      if (fence !== null) submitBehind(fence, sent);
      client.query(sent);
    }).catch((error: unknown) => {
      throw failureOf(statement.name, error);
    });
    return {
      rows: result.rows as Row[],
      affectedRows: ROW_CHANGING.has(result.command) ? (result.rowCount ?? 0) : 0,
    };
  };

  const copy = async (
    client: pg.PoolClient,
    statement: Statement,
    rows: Uint8Array<ArrayBuffer>,
    fence: string | null,
  ): Promise<number> => {
    const stream = client.query(copyFrom(behind(fence, statement.text)));
    await new Promise<void>((resolve, reject) => {
      stream.once('finish', resolve).once('error', reject);
      stream.end(rows);
    }).catch((error: unknown) => {
      throw failureOf(statement.name, error);
    });
    return stream.rowCount;
  };

  const script = async (client: pg.PoolClient, name: string, sql: string): Promise<string> => {
    const result = await client.query(sql).catch((error: unknown) => {
      throw failureOf(name, error);
    });
    return result.command;
  };

  const fenceOf = (statement: Statement): string | null =>
    statement.deadline === 'read' ? null : (hold?.fence() ?? null);

  /** Runs `work` on a connection of its own. */
  const withClient = async <T>(work: (client: pg.PoolClient) => Promise<T>): Promise<T> => {
    if (closing) throw closed;
    if (lost) throw lost;
    const job = (async () => {
      const client = await connect();
      let broken = false;
      try {
        // It waited for a connection meanwhile.
        if (abandoned) throw closed;
        if (schema !== null && schemas.get(client) !== schema) {
          await script(client, 'set_schema', `SET search_path = ${schema}`);
          schemas.set(client, schema);
        }
        return await work(client);
      } catch (error) {
        broken = error instanceof IngotError && error.code === 'database_unavailable';
        throw error;
      } finally {
        client.release(broken);
      }
    })();
    inHand.add(job);
    try {
      return await job;
    } finally {
      inHand.delete(job);
    }
  };

  const database: ServerDatabase = {
    kind: 'postgres',
    location,
    query: (statement, values) =>
      withClient((client) => query(client, statement, values, fenceOf(statement))),
    copy: (statement, rows) => withClient((client) => copy(client, statement, rows, fenceOf(statement))),
    executeScript: (name, sql) =>
      withClient(async (client) => {
        // VACUUM changes no content, and Postgres allows it only outside transactions.
        const fence = sql.startsWith('VACUUM') ? null : (hold?.fence() ?? null);
        await script(client, name, behind(fence, sql));
      }),
    transaction: (work) =>
      withClient((client) => {
        // One statement at a time goes to the driver; the next ones wait here.
        let last: Promise<unknown> = Promise.resolve();
        const inLine = <Result>(next: () => Promise<Result>): Promise<Result> => {
          const answer = last.then(next);
          last = answer.catch(() => {});
          return answer;
        };
        // The first write is checked, and keeps a new holder waiting until the transaction ends.
        let isFenced = false;
        const fenceOnce = (statement: Statement) => {
          const fence = isFenced ? null : fenceOf(statement);
          isFenced ||= fence !== null;
          return fence;
        };
        const connection: Connection = {
          mayRunAhead: false,
          query: (statement, values) => inLine(() => query(client, statement, values, fenceOnce(statement))),
          copy: (statement, rows) => inLine(() => copy(client, statement, rows, fenceOnce(statement))),
          executeScript: (name, sql) =>
            inLine(async () => {
              const fence = isFenced ? null : (hold?.fence() ?? null);
              isFenced = true;
              await script(client, name, behind(fence, sql));
            }),
          command: (text) => inLine(() => script(client, text.toLowerCase(), text)),
        };
        return runTransaction(connection, work);
      }),
    async setSchema(name) {
      schema = name;
    },
    async claim() {
      await hold?.claim().catch((error: unknown) => {
        throw failureOf('claim_database', error);
      });
    },
    close() {
      closing ??= (async () => {
        // When the pool ends, it forgets those who wait for a connection.
        await Promise.allSettled(inHand);
        await Promise.all([lost ? undefined : hold?.release(), pool.end()]);
        if (lost) cutAll();
      })();
      return closing;
    },
    async abandon() {
      abandoned = true;
      const close = database.close();
      cutAll();
      await close;
    },
  };

  try {
    await checkServer(database, location, !readOnly);
    if (toHold) {
      const onEnd = () =>
        lose(
          new IngotError(
            'database_unavailable',
            `The connection that holds the database ${location} is lost.`,
            {
              hint: 'Check that the database server is up, then try again.',
            },
          ),
        );
      const client = new pg.Client({
        ...config,
        keepAlive: true,
        keepAliveInitialDelayMillis: CONNECT_TIMEOUT_MS,
      });
      clients.add(client);
      hold = await holdServer(client, location, { ...toHold, onEnd }).catch((error: unknown) => {
        throw error instanceof IngotError ? error : failureOf('hold_database', error);
      });
    }
  } catch (error) {
    await database.close();
    throw error;
  }
  return database;
}

const behind = (fence: string | null, sql: string) => (fence === null ? sql : `${fence};\n${sql}`);

/** Statements up to one Sync are one transaction: if the fence fails, the server skips what follows. */
function submitBehind(fence: string, statement: pg.Query): void {
  const submit = statement.submit.bind(statement);
  statement.submit = (connection) => {
    connection.stream.cork();
    connection.parse({ text: fence, name: '', types: [] }, true);
    connection.bind({}, true);
    connection.execute({}, true);
    const refusal = submit(connection);
    connection.stream.uncork();
    return refusal;
  };
}
