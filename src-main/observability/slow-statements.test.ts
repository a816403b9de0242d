import { expect, it } from 'vitest';
import { recordingLogger } from '../host/testing/recording-logger';
import { createVirtualClock } from '../time/testing/virtual-clock';
import { SLOW_STATEMENT_MS, watchSlowStatements } from './observe-database';
import type { Work } from './observer';

function open() {
  const clock = createVirtualClock();
  const { logger, entries } = recordingLogger();
  const observer = watchSlowStatements({ logger, clock });
  const take = (statement: string, tookMs: number, work: Work = 'statement', fails = false) =>
    observer.around(work, { statement }, async () => {
      await clock.waitUntil(clock.now() + tookMs);
      if (fails) throw new Error('refused');
      return statement;
    });
  return { take, entries };
}

it('names the statements that took long, and how long', async () => {
  const { take, entries } = open();
  expect(await take('insert_updates', SLOW_STATEMENT_MS)).toBe('insert_updates');
  await expect(take('upsert_accounts', 2_500, 'statement', true)).rejects.toThrow('refused');
  expect(entries).toEqual([
    {
      level: 'warn',
      message: 'a statement took long',
      fields: { statement: 'insert_updates', durationMs: SLOW_STATEMENT_MS },
    },
    {
      level: 'warn',
      message: 'a statement took long',
      fields: { statement: 'upsert_accounts', durationMs: 2_500 },
    },
  ]);
});

it('says nothing of quick ones, of those that take long by nature, and of other work', async () => {
  const { take, entries } = open();
  await take('insert_updates', SLOW_STATEMENT_MS - 1);
  await take('vacuum_analyze', 60_000);
  await take('0001_accounts_and_runs.sql', 60_000);
  await take('batch', 60_000, 'batch');
  expect(entries).toEqual([]);
});
