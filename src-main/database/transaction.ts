import { IngotError } from '../../src-shared/errors';
import type { DeadlineClass, Queryable, QueryResult, SqlValue, Statement } from './database';

/** The connection that a transaction has to itself. */
export interface Connection {
  query<Row>(statement: Statement, values?: readonly SqlValue[]): Promise<QueryResult<Row>>;
  copy(statement: Statement, rows: Uint8Array<ArrayBuffer>): Promise<number>;
  executeScript(name: string, sql: string, deadline?: DeadlineClass): Promise<void>;
  /**
   * Whether statements may be sent behind a BEGIN that is not answered yet: only where one that fails takes the connection
   * with it, so that they cannot be done by themselves.
   */
  readonly mayRunAhead: boolean;
  /** Runs the command and gives the first word of Postgres' answer to it. */
  command(text: 'BEGIN' | 'COMMIT' | 'ROLLBACK'): Promise<string>;
}

/** See `Database.transaction`. */
export async function runTransaction<T>(
  connection: Connection,
  work: (tx: Queryable) => Promise<T>,
): Promise<T> {
  // Handed over along with the first statement, which comes after it: that saves a way there and back.
  const begun = connection.command('BEGIN');
  begun.catch(() => {});
  if (!connection.mayRunAhead) await begun;
  let over = false;
  // Later it would run outside of the transaction, or inside of another one.
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
  // A failed statement that `work` passed over makes COMMIT roll back, which Postgres does not call an error.
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
