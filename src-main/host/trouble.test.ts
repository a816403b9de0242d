import { expect, it } from 'vitest';
import { IngotError } from '../../src-shared/errors';
import { isDiskFull, troubleOf } from './trouble';

const target = { kind: 'data-dir', dataDir: '/data' } as const;

it.each([
  [new IngotError('database_unusable', 'm', { trouble: 'damaged' }), 'damaged', true],
  [new IngotError('schema_mismatch', 'm', { trouble: 'schema_newer' }), 'schema_newer', true],
  [new IngotError('database_unusable', 'm', { trouble: 'held' }), 'held', false],
  [new IngotError('database_unusable', 'm', { trouble: 'not_writable' }), 'not_writable', false],
  [new IngotError('disk_full', 'm'), 'disk_full', false],
  [new IngotError('database_unavailable', 'm'), 'unreachable', false],
  [new Error('a fault of our own'), 'unreachable', false],
] as const)('knows what %s leaves to do', (error, kind, canStartAfresh) => {
  expect(troubleOf(error, target, 5)).toMatchObject({ kind, canStartAfresh, dataDir: '/data', sinceMs: 5 });
});

it('offers nothing to set aside where there is no directory', () => {
  const damaged = new IngotError('database_unusable', 'm', { trouble: 'damaged', hint: 'h' });
  expect(troubleOf(damaged, { kind: 'memory' }, 5)).toMatchObject({
    dataDir: null,
    canStartAfresh: false,
    hint: 'h',
  });
});

it('sees a full disk behind the loss that it led to', () => {
  const full = new IngotError('disk_full', 'm');
  expect(isDiskFull(new IngotError('database_unavailable', 'm', {}, full))).toBe(true);
  expect(isDiskFull(new IngotError('database_unavailable', 'm'))).toBe(false);
});
