import { IngotError } from '../../src-shared/errors';
import { faultError } from './faults';
import type { SqlFailure } from './worker-protocol';

/** Plain words for failures whose own message quotes a value: class 22, and errors raised by SQL code. */
const WORDS: Readonly<Record<string, string>> = {
  '22001': 'a text is too long for its column',
  '22003': 'a number is out of range for its type',
  '22007': 'a time has the wrong form',
  '22008': 'a time is out of range',
  '22012': 'division by zero',
  '22021': 'a text holds a character that Postgres cannot keep',
  '22023': 'a parameter has a value that cannot be used',
  '22030': 'a JSON object has the same key twice',
  '22032': 'a JSON text has the wrong form',
  '22P02': 'a value has the wrong form for its type',
  '22P03': 'a binary value has the wrong form',
  '22P05': 'a text holds a character that Postgres cannot keep',
};

/** What to do about refusals that the statement did not cause. */
const HINTS: Readonly<Record<string, string>> = {
  '25006':
    'The database takes no writes: the server has become a standby, or was set to read only. Name one that does.',
  '42501': 'Open it as the owner of the schema "ingot", or ask the owner to grant the missing rights.',
};

/** The connection broke, or the server is shutting down or accepts no connections. */
const UNAVAILABLE = /^(08...|57P0[1-5]|53300)$/;

/**
 * A statement's error: SQLSTATE and name, never values. Postgres puts values into `detail` and `where`, which are dropped
 * earlier, and into the message of class 22, which is dropped here.
 */
export function sqlError(statement: string, failure: SqlFailure, location: string): IngotError {
  const { sqlstate, message, fault } = failure;
  if (fault) {
    const reason = faultError(fault, location, { statement });
    if (sqlstate === null || fault === 'GONE') return reason;
    // Only this statement failed; the database continues.
    const code = reason.code === 'disk_full' ? reason.code : 'database_error';
    return new IngotError(code, reason.message, { ...reason.details, sqlstate });
  }
  if (sqlstate === null) {
    return new IngotError(
      'database_unavailable',
      `The database ${location} broke down at the statement "${statement}": ${message}`,
      { statement },
    );
  }
  const details = { sqlstate, statement };
  if (sqlstate === '53100') {
    return new IngotError('disk_full', `No room is left on the disk that holds the database ${location}.`, {
      ...details,
      hint: 'Free disk space and start again: everything committed is kept.',
    });
  }
  if (UNAVAILABLE.test(sqlstate)) {
    return new IngotError('database_unavailable', `The connection to the database ${location} is lost.`, {
      ...details,
      hint: 'Check that the database server is up, then try again.',
    });
  }
  const quotesValues = sqlstate.startsWith('22') || sqlstate.startsWith('P0');
  const reason = quotesValues ? (WORDS[sqlstate] ?? 'a value cannot be used') : message;
  const hint = HINTS[sqlstate];
  return new IngotError(
    'database_error',
    `The database refused the statement "${statement}": ${reason} (SQLSTATE ${sqlstate}).`,
    hint === undefined ? details : { ...details, hint },
  );
}
