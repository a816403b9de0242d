import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { IngotError } from '../../src-shared/errors';
import { damagedOr } from '../storage/open-database';
import { faultError, faultOf, mayComeOfFault } from './faults';
import { sqlError } from './sql-error';
import { createTestFolder } from './testing/each-database';

const at = createTestFolder();
mkdirSync(join(at, 'pg'));

test.each([
  ['XX001', 'damaged'],
  ['XX002', 'damaged'],
  ['58P01', 'damaged'],
  ['XX000', undefined],
  ['58P02', undefined],
  ['58030', undefined],
  ['53000', undefined],
  ['53200', undefined],
  ['42P01', undefined],
  ['42501', undefined],
  ['25006', undefined],
  ['57014', undefined],
])(
  'a statement of the opening that fails with %s, with nothing around it at fault: %s',
  (sqlstate, trouble) => {
    const failed = sqlError('find_content', { sqlstate, message: 'as Postgres says' }, at);
    const error = damagedOr(failed, at) as IngotError;
    expect(error).toMatchObject({
      code: 'database_unusable',
      message: expect.stringContaining('as Postgres says'),
    });
    expect(error.details.trouble).toBe(trouble);
    expect(error.details.hint?.includes('ingot reset')).toBe(trouble === 'damaged');
  },
);

test.each([
  ['EFBIG', 'database_error', undefined, 'a file may not become as large'],
  ['EMFILE', 'database_error', undefined, 'too many open files'],
  ['ENFILE', 'database_error', undefined, 'too many open files'],
  ['ENOMEM', 'database_error', undefined, 'no memory is left'],
  ['EIO', 'database_error', undefined, 'the disk reports an error'],
  ['EACCES', 'database_error', 'not_writable', 'no permission'],
  ['EPERM', 'database_error', 'not_writable', 'no permission'],
  ['EROFS', 'database_error', 'not_writable', 'the disk is read-only'],
  ['ENOSPC', 'disk_full', undefined, 'No room is left'],
  ['EDQUOT', 'disk_full', undefined, 'No room is left'],
  ['GONE', 'database_unavailable', 'gone', 'removed, moved or replaced'],
] as const)(
  'the fault %s is told as itself at every step of an opening, and is never damage',
  (fault, code, trouble, words) => {
    for (const sqlstate of ['58P02', '58P01', 'XX000', 'XX001', '42501']) {
      const failed = sqlError('0001_any.sql', { sqlstate, fault, message: 'File exists' }, at);
      const error = damagedOr(failed, at) as IngotError;
      expect(error).toMatchObject({
        code,
        message: expect.stringContaining(words),
        details: { errno: fault },
      });
      expect(error.details.trouble).toBe(trouble);
      expect(JSON.stringify([error.message, error.details])).not.toMatch(/damage|reset/);
    }
    expect(faultError(fault, at).details.hint).not.toMatch(/damage|reset/);
  },
);

test.each(['58P01', 'XX001', 'XX002'])(
  'what Postgres calls damage with %s is none where the directory was taken away meanwhile',
  (sqlstate) => {
    const empty = createTestFolder();
    const failed = sqlError('find_content', { sqlstate, message: 'could not open file' }, empty);
    expect(damagedOr(failed, empty)).toMatchObject({
      code: 'database_unavailable',
      message: expect.stringContaining('removed, moved or replaced'),
      details: { trouble: 'gone', hint: expect.not.stringContaining('reset') },
    });
  },
);

test.each([
  [{ code: 'EMFILE', errno: -24 }, 'EMFILE'],
  [{ name: 'ErrnoError', errno: 33 }, 'EMFILE'],
  [{ name: 'ErrnoError', errno: 51 }, 'ENOSPC'],
  [{ code: 'EFBIG', errno: -27 }, 'EFBIG'],
  [{ name: 'ErrnoError', errno: 22 }, 'EFBIG'],
  ['could not write to file "pg_wal/xlogtemp.42": File too large', 'EFBIG'],
  [{ name: 'ErrnoError', errno: 44 }, null],
  [{ code: 'ENOENT', errno: -2 }, null],
  [{ code: 'ERR_WORKER_OUT_OF_MEMORY' }, 'ENOMEM'],
  [new RangeError('WebAssembly.Memory(): could not allocate memory'), 'ENOMEM'],
  ['could not open file "pg_wal/000000010000000000000002": No file descriptors available', 'EMFILE'],
  ['could not write to file "pg_wal/xlogtemp.42": No space left on device', 'ENOSPC'],
  ['could not open file "global/pg_control": Permission denied', 'EACCES'],
  ['could not fsync file "base/5/1259": I/O error', 'EIO'],
  ['invalid checkpoint record', null],
])('the fault that %o tells of: %s', (error, fault) => {
  expect(faultOf(error)).toBe(fault);
});

test('a fault is not blamed for what cannot come of it', () => {
  expect(['23505', '22P02', '42P01', '25P02'].filter(mayComeOfFault)).toEqual([]);
});

test('a database that did not answer in time, or whose thread ended, is not called damaged', () => {
  const silent = new IngotError(
    'database_unavailable',
    'The statement "find_content" did not answer for 30 s.',
  );
  expect(damagedOr(silent, at)).toMatchObject({
    code: 'database_unusable',
    details: { hint: expect.not.stringContaining('reset') },
  });
});
