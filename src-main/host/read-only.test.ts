import { hostname } from 'node:os';
import { expect, it, onTestFinished } from 'vitest';
import type { MethodName } from '../../src-shared/contract';
import type { FeedFrame } from '../../src-shared/feed';
import type { Statement } from '../database/database';
import { createTestDatabase } from '../database/testing/each-database';
import { type DatabaseTarget, openDatabase } from '../storage/open-database';
import { connect, record } from './testing/connected-host';
import { openTestHost } from './testing/open-test-host';

const NOW_MS = Date.UTC(2026, 10, 29, 8, 30);

/** Only a run's own process knows how much of its source was read. */
const UNKNOWN_TO_OTHERS = { bytesRead: 0, bytesTotal: null, expectedRecords: null };

const isSeen = (frame: FeedFrame) =>
  frame.kind === 'events' &&
  frame.events.some((event) => event.event === 'database' && event.change === 'seen');

const open = async (target: DatabaseTarget) => {
  const test = await openTestHost({ target });
  onTestFinished(test.close);
  const connected = connect(test);
  connected.client.subscribe(null);
  return connected;
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

it('a read-only one shows what the holder does, and neither fires, marks nor changes anything', async () => {
  const url = await createTestDatabase();
  const holder = await openDatabase({ kind: 'server', url }, { program: 'the holder', nowMs: NOW_MS });
  onTestFinished(() => holder.abandon());
  await holder.query(fill);
  const before = (await holder.query(readAll)).rows;

  const { client } = await open({ kind: 'server', url, readOnly: true });
  const { status } = await client.untilFrame(isSeen);
  expect(status).toMatchObject({ state: 'draining', source: 'theirs.json', counts: { pending: 1 } });
  expect(await client.call('database.state', {})).toMatchObject({
    phase: 'open',
    readOnly: { heldBy: { name: `the holder (process ${process.pid} on ${hostname()})`, sinceMs: NOW_MS } },
  });
  const pending = { state: 'pending', window: { from: { edge: 'start' }, limit: 10 } } as const;
  expect(await client.call('callbacks.page', pending)).toMatchObject({ rows: [{ id: 'a' }], total: 1 });
  expect(await client.call('report.get', {})).toMatchObject({ types: [{ leaders: [{ id: 'a' }] }] });

  const reason = 'This window is read-only: it changes nothing.';
  const { backupId } = await client.call('database.backup', {});
  const key = { id: 'a', version: '1' };
  const calls: Partial<Record<MethodName, object>> = {
    'run.start': { source: { kind: 'sample' }, settings: {} },
    'run.pause': {},
    'run.resume': {},
    'run.step': {},
    'run.until': { goal: null },
    'run.setSpeed': { speed: 2 },
    'run.stop': {},
    'runs.resumeClock': { runId: '1' },
    'runs.resume': { runId: '1' },
    'runs.source': { runId: '1' },
    'callbacks.fire': key,
    'callbacks.cancel': key,
    'callbacks.pause': {},
    'callbacks.resume': {},
    'database.reset': { confirm: 'reset' },
    'database.restore': { backupId },
  };
  for (const [method, params] of Object.entries(calls)) {
    await expect(client.callAnything(method, params), method).rejects.toMatchObject({
      code: 'conflict',
      message: reason,
    });
  }
  const rows = [{ runId: '1', resumable: false, notResumable: reason, notRepeatable: reason }];
  expect(await client.call('runs.page', { window: pending.window })).toMatchObject({ rows });
  expect((await holder.query(readAll)).rows).toEqual(before);

  const frames = client.frames.length;
  await holder.query({ name: 'end', deadline: 'write', text: "UPDATE ingot.runs SET state = 'stopped'" });
  expect((await client.untilFrame(isSeen, frames)).status).toMatchObject({ state: 'stopped' });
  const told = client.untilFrame(isSeen, client.frames.length);
  await holder.close();
  await told;
  expect(await client.call('database.state', {})).toMatchObject({ readOnly: { heldBy: null } });
});

it("a read-only one shows the timeline of the holder's run", async () => {
  const url = await createTestDatabase();
  const holder = await open({ kind: 'server', url });
  const looking = await open({ kind: 'server', url, readOnly: true });
  const path = await holder.write('paced.json', [
    record('a', 1, { callbackTimeMs: 60_000 }),
    record('a', 2),
    record('a', 2),
    record('b', 1),
  ]);
  const paced = { arrival: 'sequential', delay: { fromMs: 400, toMs: 400 }, speed: 20 };
  const { runId } = await holder.run({ kind: 'path', path }, paced);
  await looking.client.untilFrame(({ status }) => status?.runId === runId && status.state === 'completed');
  const timeline = await looking.client.call('timeline.get', { runId });
  expect(timeline.counted).toMatchObject({ indexed: 3, duplicate: 1, fired: 2, cancelled: 1 });
  expect(timeline).toEqual(await holder.client.call('timeline.get', { runId }));
});

it('a read-only one shows whether the run is paused, its speed and its clock', async () => {
  const url = await createTestDatabase();
  const holder = await open({ kind: 'server', url });
  const looking = await open({ kind: 'server', url, readOnly: true });
  const path = await holder.write(
    'slow.json',
    [1, 2, 3, 4].map((version) => record('a', version, { callbackTimeMs: 9e8 })),
  );
  const days = { arrival: 'sequential', delay: { fromMs: 86_400_000, toMs: 86_400_000 } } as const;
  await holder.client.call('run.start', { source: { kind: 'path', path }, settings: days });
  const started = await looking.client.untilFrame(({ status }) => status?.state === 'running');
  await looking.client.untilFrame(({ status }) => (status?.at ?? 0) >= (started.status?.at ?? 0) + 1_000);
  await holder.client.call('run.setSpeed', { speed: 3 });
  await looking.client.untilFrame(({ status }) => status?.speed === 3 && status.rate === 3);
  await holder.client.call('run.pause', {});
  const { status } = await looking.client.untilFrame((frame) => frame.status?.state === 'paused');
  expect(status).toEqual({ ...(await holder.client.call('run.status', {})), ...UNKNOWN_TO_OTHERS });
  for (let step = 0; step < 3; step += 1) await holder.client.call('run.step', {});
  const timeline = { runId: status?.runId ?? '' };
  expect(await looking.client.call('timeline.get', timeline)).toEqual(
    await holder.client.call('timeline.get', timeline),
  );
  await holder.client.call('run.resume', {});
  await looking.client.untilFrame((frame) => frame.status?.state === 'running', looking.client.frames.length);
});
