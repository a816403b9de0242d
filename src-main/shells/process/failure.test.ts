import { expect, it } from 'vitest';
import { IngotError } from '../../../src-shared/errors';
import { sqlError } from '../../database/sql-error';
import { describeError, exitCodeOf, showStacksAt } from './failure';

it('a statement that was refused is told once, with its SQLSTATE', () => {
  const failure = { sqlstate: '42P01', message: 'relation "settled_callbacks" does not exist' };
  expect(describeError(sqlError('backup_count', failure, '/state'))).toBe(
    'The database refused the statement "backup_count": relation "settled_callbacks" does not exist (SQLSTATE 42P01).',
  );
});

it('a lost connection names the statement that it was lost at, and what to do', () => {
  const failure = { sqlstate: '57P01', message: 'terminating connection' };
  expect(describeError(sqlError('count_rows', failure, 'db'))).toBe(
    'The connection to the database db is lost. (count_rows: SQLSTATE 57P01) Check that the database server is up, then try again.',
  );
});

it('a fault of our own is told with where it happened', () => {
  const error = new Error('oops');
  expect(describeError(error, true)).toBe(`Something went wrong inside Ingot: ${error.stack}`);
  expect(describeError(error, false)).toBe(
    'Something went wrong inside Ingot: oops (--log-level debug shows where)',
  );
  const { isTTY } = process.stderr;
  process.stderr.isTTY = true;
  expect(describeError(error)).toContain(error.stack);
  showStacksAt('info');
  expect(describeError(error)).not.toContain(error.stack);
  showStacksAt('debug');
  expect(describeError(error)).toContain(error.stack);
  process.stderr.isTTY = isTTY;
  expect([exitCodeOf(error), exitCodeOf(new IngotError('invalid_input', 'm'))]).toEqual([1, 2]);
});
