import pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { IngotError } from '../../src-shared/errors';
import type { AbandonableDatabase } from './abandonable';
import type { QueryResult, SqlValue, Statement } from './database';
import { connectionError, mayBeElsewhere, parseServerUrl, refusesTls, type Server } from './server-address';
import { checkServer } from './server-requirements';
import { sqlError } from './sql-error';
import { type Connection, runTransaction } from './transaction';

export interface OpenPostgresOptions {
  /**
   * `postgres://user:password@host:port/database`, with the parameters that `pg` knows. Of several hosts, the first that takes
   * writes is used.
   */
  readonly url: string;
  /** False asks for no right to write; true if left out. */
  readonly writes?: boolean;
  /** Connections at most, each with one statement or transaction at a time; 10 unless given. */
  readonly maxConnections?: number;
}

/** Milliseconds until a server that does not answer counts as not there. */
const CONNECT_TIMEOUT_MS = 10_000;

/**
 * `plan_cache_mode`: a plan that is made once for all values reads whole tables for a batch, at a quarter
 * of the rate (15k rows a second where a plan made for the batch gives 60k).
 */
const SESSION = '-c TimeZone=UTC -c search_path=ingot -c plan_cache_mode=force_custom_plan';

const OID = { bool: 16, oid: 26, int2: 21, int4: 23, float4: 700, float8: 701 };
const NUMBERS = new Set([OID.oid, OID.int2, OID.int4, OID.float4, OID.float8]);
const ROW_CHANGING = new Set(['INSERT', 'UPDATE', 'DELETE', 'MERGE', 'COPY']);

/** The same values as from PGlite: see `Queryable.query`. */
function parserOf(oid: number): (text: string) => string | number | boolean {
  if (NUMBERS.has(oid)) return Number;
  if (oid === OID.bool) return (text) => text === 't';
  return (text) => text;
}

/**
 * Opens a Postgres server: a pool of connections, with the first one made before this resolves.
 *
 * @throws IngotError `invalid_input` if the URL is none, `database_unavailable` if the server cannot be
 *   reached or does not let us in, `database_unusable` as `checkServer`. Neither the errors nor `location` hold the password.
 */
export async function openPostgres(options: OpenPostgresOptions): Promise<AbandonableDatabase> {
  const refusals: IngotError[] = [];
  for (const server of parseServerUrl(options.url, SESSION)) {
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

/** With TLS or without it, as its address says. */
async function openServer(server: Server, options: OpenPostgresOptions): Promise<AbandonableDatabase> {
  const [first = '', withoutTls] = server.connectionStrings;
  return openPool(first, server.location, options).catch((error: unknown) => {
    if (withoutTls === undefined || !refusesTls(error)) throw error;
    return openPool(withoutTls, server.location, options);
  });
}

async function openPool(
  connectionString: string,
  location: string,
  { maxConnections = 10, writes = true }: OpenPostgresOptions,
): Promise<AbandonableDatabase> {
  const pool = new pg.Pool({
    connectionString,
    max: maxConnections,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    fallback_application_name: 'ingot',
    types: { getTypeParser: parserOf },
  });
  // A connection that breaks says so by an event, which ends the process if nobody listens. Whoever uses
  // the connection gets the error from the statement; an idle one is replaced by the pool.
  pool.on('error', () => {});
  const clients = new Set<pg.PoolClient>();
  pool.on('connect', (client) => {
    clients.add(client);
    client.on('error', () => {});
  });
  pool.on('remove', (client) => clients.delete(client));

  const closed = new IngotError('database_unavailable', `The database ${location} is closed.`);
  const inHand = new Set<Promise<unknown>>();
  let closing: Promise<void> | null = null;
  let abandoned = false;

  const failureOf = (statement: string, error: unknown): IngotError => {
    if (!(error instanceof pg.DatabaseError)) return connectionError(location, error);
    return sqlError(statement, { sqlstate: error.code ?? null, message: error.message }, location);
  };

  const connect = async () => {
    try {
      // Throws at once where it cannot read a file of certificates.
      return await pool.connect();
    } catch (error) {
      throw connectionError(location, error);
    }
  };

  const query = async <Row>(
    client: pg.PoolClient,
    statement: Statement,
    values: readonly SqlValue[] = [],
  ): Promise<QueryResult<Row>> => {
    const result = await client
      .query({
        text: statement.text,
        values: values.map((value) => (value === null ? null : String(value))),
        // One statement only, with or without values, as on PGlite. The driver's types lag behind.
        queryMode: 'extended',
      } as pg.QueryConfig<(string | null)[]>)
      .catch((error: unknown) => {
        throw failureOf(statement.name, error);
      });
    return {
      rows: result.rows as Row[],
      affectedRows: ROW_CHANGING.has(result.command) ? (result.rowCount ?? 0) : 0,
    };
  };

  const copy = async (client: pg.PoolClient, statement: Statement, rows: string): Promise<number> => {
    const stream = client.query(copyFrom(statement.text));
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

  /** Runs `work` on a connection of its own. */
  const withClient = async <T>(work: (client: pg.PoolClient) => Promise<T>): Promise<T> => {
    if (closing) throw closed;
    const job = (async () => {
      const client = await connect();
      let broken = false;
      try {
        // Waited for a connection in the meantime.
        if (abandoned) throw closed;
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

  const database: AbandonableDatabase = {
    kind: 'postgres',
    location,
    query: (statement, values) => withClient((client) => query(client, statement, values)),
    copy: (statement, rows) => withClient((client) => copy(client, statement, rows)),
    executeScript: (name, sql) => withClient(async (client) => void (await script(client, name, sql))),
    transaction: (work) =>
      withClient((client) => {
        // One statement at a time goes to the driver: what it is given meanwhile waits here.
        let last: Promise<unknown> = Promise.resolve();
        const inLine = <Result>(next: () => Promise<Result>): Promise<Result> => {
          const answer = last.then(next);
          last = answer.catch(() => {});
          return answer;
        };
        const connection: Connection = {
          mayRunAhead: false,
          query: (statement, values) => inLine(() => query(client, statement, values)),
          copy: (statement, rows) => inLine(() => copy(client, statement, rows)),
          executeScript: (name, sql) => inLine(async () => void (await script(client, name, sql))),
          command: (text) => inLine(() => script(client, text.toLowerCase(), text)),
        };
        return runTransaction(connection, work);
      }),
    close() {
      closing ??= (async () => {
        // The pool forgets those who wait for a connection when it ends.
        await Promise.allSettled(inHand);
        await pool.end();
      })();
      return closing;
    },
    async abandon() {
      abandoned = true;
      const close = database.close();
      // With a statement in hand this cuts the connection, and the statement rejects.
      await Promise.allSettled([...clients].map((client) => client.end()));
      await close;
    },
  };

  try {
    await checkServer(database, location, writes);
  } catch (error) {
    await database.close();
    throw error;
  }
  return database;
}
