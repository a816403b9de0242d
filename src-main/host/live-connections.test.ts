import { appendFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { WindowRequest } from '../../src-shared/views';
import { openGeyserServer } from '../ingestion/yellowstone/testing/geyser-server';
import { AT_ONCE, record, useConnectedHost } from './testing/connected-host';

const lines = (...of: readonly [id: string, version: number][]) =>
  of.map(([id, version]) => `${JSON.stringify(record(id, version))}\n`).join('');
const FIRST_PAGE = { window: { from: { edge: 'start' }, limit: 100 } } as const;

describe('a connection of a window', () => {
  const open = useConnectedHost();
  const connect = async (name: string, content: string, settings: { readonly mapping?: string } = {}) => {
    const { client, test } = open();
    const path = join(test.allowed, name);
    await writeFile(path, content);
    const connection = { kind: 'follow', path } as const;
    const { run } = await client.call('connections.connect', { connection, settings });
    const { runId } = run;
    const recordsOf = async () =>
      (await client.call('connections.list', {})).find((one) => one.run.runId === runId)?.run.counts.records;
    const untilRecords = (records: number) => expect.poll(recordsOf).toBe(records);
    return { path, connection, runId, untilRecords };
  };

  it('ingests beside a run, is backed up, refuses a reset, and goes on where it was', async () => {
    const { client, write, run } = open();
    const { path, connection, runId, untilRecords } = await connect('live.ndjson', lines(['a', 1]));
    await untilRecords(1);
    expect(
      await run({ kind: 'path', path: await write('some.json', [record('b', 1)]) }, AT_ONCE),
    ).toMatchObject({
      state: 'completed',
    });
    await client.call('database.backup', {});
    await expect(client.call('database.reset', { confirm: 'reset' })).rejects.toMatchObject({
      code: 'conflict',
      message: 'A connection is open.',
    });
    await expect(client.call('connections.connect', { connection, settings: {} })).rejects.toMatchObject({
      code: 'conflict',
    });
    expect(await client.call('connections.list', {})).toMatchObject([{ run: { runId }, state: 'connected' }]);
    const ended = await client.call('connections.disconnect', { runId });
    expect(ended).toMatchObject({ state: 'ended', run: { state: 'stopped', counts: { records: 1 } } });
    await appendFile(path, lines(['a', 2]));
    const again = await client.call('connections.connect', { connection, settings: {} });
    expect(again.run.runId).toBe(runId);
    await untilRecords(2);
    await expect(client.call('connections.disconnect', { runId })).resolves.toMatchObject({
      run: { counts: { records: 2, duplicate: 0 } },
    });
    expect(await client.call('connections.list', {})).toMatchObject([{ run: { runId }, state: 'ended' }]);
    await client.untilFrame(
      (frame) =>
        frame.kind === 'events' &&
        frame.events.some(
          (event) =>
            event.event === 'connection' &&
            event.status.state === 'ended' &&
            event.status.run.counts.records === 2,
        ),
    );
    const states = client
      .events()
      .flatMap((event) => (event.event === 'connection' ? [event.status.state] : []));
    expect(states).toEqual(['connecting', 'connected', 'ended', 'connecting', 'connected', 'ended']);
    expect((await client.call('coverage.page', FIRST_PAGE)).rows).toEqual([]);
  });

  it('reads lines by a mapping that a person saved', async () => {
    const { client } = open();
    const fields = { id: 'who', accountType: { constant: 'mint' }, tokens: 'much', version: 'n' };
    await client.call('mappings.save', { mapping: { name: 'mine', fields } });
    const line = '{"who":"a","much":5,"n":7}\n';
    const { runId, untilRecords } = await connect('mine.ndjson', line, { mapping: 'mine' });
    await untilRecords(1);
    const { run } = await client.call('connections.disconnect', { runId });
    expect(run.counts).toMatchObject({ records: 1, rejected: 0 });
  });

  it('shows what it covered and what it missed, page by page, the latest first', async () => {
    const { client } = open();
    const server = await openGeyserServer({ remembers: 0 });
    try {
      const connection = { kind: 'yellowstone', address: server.address } as const;
      const { run } = await client.call('connections.connect', { connection, settings: {} });
      const records = async () => (await client.call('connections.list', {}))[0]?.run.counts.records;
      await server.untilConnected();
      server.produce(3);
      await expect.poll(records).toBe(6);
      server.kill();
      server.produce(2);
      await server.start();
      await server.untilConnected();
      server.produce(1);
      await expect.poll(records).toBe(8);
      const pageFrom = async (from: WindowRequest['from'], limit: number) =>
        (await client.call('coverage.page', { runId: run.runId, window: { from, limit } })).rows;
      const [latest] = await pageFrom({ edge: 'start' }, 1);
      const found = [latest, ...(await pageFrom({ after: latest?.cursor ?? '' }, 100))];
      expect(found.slice(-2).map((range) => [range?.kind, range?.fromSlot, range?.toSlot])).toEqual([
        ['gap', '4', '5'],
        ['covered', '2', '3'],
      ]);
      await client.call('connections.disconnect', { runId: run.runId });
    } finally {
      server.close();
    }
  });

  it('may follow only files that a person chose, and no input of this process', async () => {
    const { client, test } = open();
    const other = join(test.forbidden, 'other.ndjson');
    await writeFile(other, '');
    for (const connection of [{ kind: 'follow', path: other }, { kind: 'stdin' }] as const) {
      await expect(client.call('connections.connect', { connection, settings: {} })).rejects.toMatchObject({
        code: connection.kind === 'follow' ? 'forbidden' : 'invalid_input',
      });
    }
  });

  it('is saved by name, with the name of its secret and never the secret', async () => {
    const { client, test } = open();
    const connection = {
      kind: 'redis',
      address: 'redis://127.0.0.1:1',
      stream: 'updates',
      token: 'REDIS_TOKEN',
    } as const;
    await client.call('connections.save', { name: 'one', connection, settings: {} });
    await client.call('connections.save', { name: 'two', connection, settings: {} });
    await client.call('connections.save', { name: 'one', connection: { kind: 'stdin' }, settings: {} });
    await client.call('connections.remove', { name: 'two' });
    expect(await client.call('connections.saved', {})).toMatchObject([
      { name: 'one', connection: { kind: 'stdin' } },
    ]);
    await expect(client.call('connections.connect', { connection, settings: {} })).rejects.toMatchObject({
      message: 'There is no secret REDIS_TOKEN.',
    });
    expect(await client.call('connections.secrets', { names: ['REDIS_TOKEN'] })).toEqual({
      whyNoKeychain: 'Only the desktop app has a keychain.',
      secrets: [{ name: 'REDIS_TOKEN', from: null }],
    });
    const secret = 'never to be seen';
    await expect(client.call('connections.setSecret', { name: 'REDIS_TOKEN', secret })).rejects.toMatchObject(
      {
        code: 'invalid_input',
      },
    );
    expect(JSON.stringify(test.entries)).not.toContain(secret);
    const kept = await readFile(join(test.stateDirectory, 'connections.json'), 'utf8');
    expect(JSON.parse(kept)).toHaveLength(1);
  });

  it('is recorded to a file that the host made, and to no other', async () => {
    const { client, test } = open();
    const path = join(test.allowed, 'recorded.ndjson');
    await writeFile(path, lines(['r', 1]));
    const connection = { kind: 'follow', path } as const;
    const made = await client.call('connections.chooseRecording', {});
    const start = { connection, settings: {}, record: made?.record ?? null };
    const { run } = await client.call('connections.connect', start);
    const recorded = async () => (await client.call('connections.list', {}))[0]?.recording;
    // It is counted after it is written.
    await expect.poll(async () => (await recorded())?.bytes).toBeGreaterThan(0);
    const text = await readFile(made?.path ?? '', 'utf8');
    expect(text.split('\n')).toHaveLength(2);
    expect(await recorded()).toEqual({ path: made?.path, bytes: text.length });
    await client.call('connections.disconnect', { runId: run.runId });
    await expect(client.call('connections.connect', start)).rejects.toMatchObject({
      code: 'forbidden',
    });
  });
});
