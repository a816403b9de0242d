import { hostname } from 'node:os';
import { expect, it, onTestFinished } from 'vitest';
import type { MethodName } from '../../src-shared/contract';
import type { FeedFrame } from '../../src-shared/feed';
import type { Statement } from '../database/database';
import { type DatabaseTarget, openDatabase } from '../database/open-database';
import { createTestDatabase } from '../database/testing/each-database';
import { connect } from './testing/connected-host';
import { openTestHost } from './testing/open-test-host';

const isSeen = (frame: FeedFrame) =>
  frame.kind === 'events' &&
  frame.events.some((event) => event.event === 'database' && event.change === 'seen');

const open = async (target: DatabaseTarget) => {
  const test = await openTestHost({ target });
  onTestFinished(test.close);
  const { client } = connect(test);
  client.subscribe(null);
  return client;
};

/** A run of another process, with a callback that was due long ago. */
const fill: Statement = {
  name: 'fill',
  deadline: 'write',
  text: `
    WITH run AS (
      INSERT INTO ingot.runs (source, settings, state, clock, checkpoint, counts)
      SELECT 'theirs.json', '{}', 'draining', '{"kind":"real","segments":[{"atMs":0,"wallMs":0,"rate":1}]}', '{"records": 1, "byteOffset": 0, "savedAtMs": 0}',
        '{"records": 1, "indexed": 1, "stale": 0, "duplicate": 0, "conflict": 0, "rejected": 0, "fired": 0, "cancelled": 0, "pending": 1}'
      RETURNING id
    ), kept AS (
      INSERT INTO ingot.account_updates
        (seq, run_id, record_index, position, callback_time_ms, at_ms, due_ms, account_id, slot, version, account_type, tokens, data)
      SELECT 1, id, 0, 0, 0, 0, 0, 'a', 0, 1, 'mint', 5, '{}' FROM run
      RETURNING *
    )
    INSERT INTO ingot.accounts
      (id, account_type, tokens, slot, version, update_seq, created_seq, callback_run_id, due_ms, data_length)
    SELECT account_id, account_type, tokens, slot, version, seq, seq, run_id, due_ms, 2 FROM kept`,
};
const readAll: Statement = {
  name: 'read_all',
  deadline: 'read',
  text: `
    SELECT (SELECT json_agg(r)::text FROM ingot.runs AS r) AS runs, (SELECT json_agg(a)::text FROM ingot.accounts AS a) AS accounts,
      (SELECT count(*)::int4 FROM ingot.settled_callbacks) AS settled`,
};

it('one that looks on shows what the holder does, and neither fires, marks nor changes anything', async () => {
  const url = await createTestDatabase();
  const holder = await openDatabase({ kind: 'server', url }, { program: 'the holder', nowMs: 0 });
  onTestFinished(() => holder.abandon());
  await holder.query(fill);
  const before = (await holder.query(readAll)).rows;

  const client = await open({ kind: 'server', url, readOnly: true });
  const { status } = await client.untilFrame(isSeen);
  expect(status).toMatchObject({ state: 'draining', source: 'theirs.json', counts: { pending: 1 } });
  expect(await client.call('database.state', {})).toMatchObject({
    phase: 'open',
    readOnly: { heldBy: `the holder (process ${process.pid} on ${hostname()})` },
  });
  const pending = { state: 'pending', window: { from: { edge: 'start' }, limit: 10 } } as const;
  expect(await client.call('callbacks.page', pending)).toMatchObject({ rows: [{ id: 'a' }], total: 1 });
  expect(await client.call('report.get', {})).toMatchObject({ types: [{ leaders: [{ id: 'a' }] }] });

  const { backupId } = await client.call('database.backup', {});
  const key = { id: 'a', version: '1' };
  const calls: Partial<Record<MethodName, object>> = {
    'run.start': { source: { kind: 'sample' }, settings: {} },
    'run.pause': {},
    'run.stop': {},
    'callbacks.fire': key,
    'callbacks.cancel': key,
    'callbacks.pause': {},
    'database.reset': { confirm: 'reset' },
    'database.restore': { backupId },
  };
  for (const [method, params] of Object.entries(calls)) {
    await expect(client.callAnything(method, params), method).rejects.toMatchObject({
      code: 'conflict',
      message: 'This window only looks on: the database was opened read-only.',
    });
  }
  expect((await holder.query(readAll)).rows).toEqual(before);

  const frames = client.frames.length;
  await holder.query({ name: 'end', deadline: 'write', text: "UPDATE ingot.runs SET state = 'stopped'" });
  expect((await client.untilFrame(isSeen, frames)).status).toMatchObject({ state: 'stopped' });
  await holder.close();
  await client.untilFrame(isSeen, client.frames.length);
  expect(await client.call('database.state', {})).toMatchObject({ readOnly: { heldBy: null } });
});
