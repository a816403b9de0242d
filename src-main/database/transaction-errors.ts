import { IngotError } from '../../src-shared/errors';
import type { Statement } from './database';

/** COMMIT of a transaction in which a statement failed: Postgres rolls back and does not call it an error. */
export function notCommitted(): IngotError {
  return new IngotError(
    'database_error',
    'The transaction was rolled back: a statement in it had failed, and the failure was passed over.',
    { sqlstate: '25P02', statement: 'commit' },
  );
}

/** A statement on the `tx` of a transaction that has ended: it would run outside of it. */
export function transactionOver(statement: Statement): IngotError {
  return new IngotError(
    'internal',
    `The statement "${statement.name}" came after the end of its transaction.`,
    { statement: statement.name },
  );
}
