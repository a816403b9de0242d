import { IngotError } from '../../src-shared/errors';
import type { DeadlineClass, Queryable, QueryResult, SqlValue, Statement } from './database';

/** A connection used by one transaction. */
export interface Connection {
  query<Row>(statement: Statement, values?: readonly SqlValue[]): Promise<QueryResult<Row>>;
  copy(statement: Statement, rows: Uint8Array<ArrayBuffer>): Promise<number>;
  executeScript(name: string, sql: string, deadline?: DeadlineClass): Promise<void>;
  /**
   * Whether statements may be sent behind an unanswered BEGIN: only if a failed BEGIN ends the connection, so that they cannot
   * run on their own.
   */
  readonly mayRunAhead: boolean;
  /** Runs the command and returns the first word of Postgres' answer. */
  command(text: 'BEGIN' | 'COMMIT' | 'ROLLBACK'): Promise<string>;
}

/** See `Database.transaction`. */
export async function runTransaction<T>(
  connection: Connection,
  work: (tx: Queryable) => Promise<T>,
): Promise<T> {
  // Sent along with the first statement, which saves a round trip.
  const begun = connection.command('BEGIN');
  begun.catch(() => {});
  if (!connection.mayRunAhead) await begun;
  let over = false;
  // Later it would run outside the transaction, or inside another one.
  const within = async <Result>(name: string, run: () => Promise<Result>): Promise<Result> => {
    if (over) throw cameAfterTheEnd(name);
    return run();
  };
  const tx: Queryable = {
    query: (statement, values) => within(statement.name, () => connection.query(statement, values)),
    copy: (statement, rows) => within(statement.name, () => connection.copy(statement, rows)),
    executeScript: (name, sql, deadline) => within(name, () => connection.executeScript(name, sql, deadline)),
  };
  let result: T;
  try {
    result = await work(tx);
    await begun;
  } catch (error) {
    over = true;
    // Fails only if the connection is lost, and the transaction with it: the caller gets the first error.
    await connection.command('ROLLBACK').catch(() => {});
    throw error;
  }
  over = true;
  // If `work` ignored a failed statement, COMMIT rolls back, which Postgres does not report as an error.
  if ((await connection.command('COMMIT')) === 'ROLLBACK') throw notCommitted();
  return result;
}

function notCommitted(): IngotError {
  return new IngotError(
    'database_error',
    'The transaction was rolled back: a statement in it had failed, and the failure was passed over.',
    { sqlstate: '25P02', statement: 'commit' },
  );
}

function cameAfterTheEnd(statement: string): IngotError {
  const message = `The statement "${statement}" came after the end of its transaction.`;
  return new IngotError('internal', message, { statement });
}
