import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { FeedFrame } from '../../src-shared/feed';
import { AT_ONCE, record, useConnectedHost } from './testing/connected-host';

const window = { from: { edge: 'start' }, limit: 100 } as const;

/** Without alerts, which a slow machine may raise at any time. */
const noticesOf = (frame: FeedFrame) =>
  frame.kind === 'events'
    ? frame.events.filter((event) => event.event === 'notice' && event.alert === undefined)
    : [];

describe('the host', () => {
  const open = useConnectedHost();

  it('runs a file of an allowed directory to its end', async () => {
    const { client, write, run } = open();
    const path = await write('a.json', [record('a', 1), record('a', 2), record('a', 1), record('b', 1)]);
    expect(await run({ kind: 'path', path })).toMatchObject({
      state: 'completed',
      counts: { records: 4, indexed: 3, duplicate: 1 },
    });
    const accounts = await client.call('accounts.page', {
      window,
      sort: { by: 'id', direction: 'asc' },
      filter: {},
    });
    expect(accounts.rows.map(({ id, version }) => [id, version])).toEqual([
      ['a', '2'],
      ['b', '1'],
    ]);
  });

  it('says at the end of a run that nearly every record was known already, where, and how to start afresh', async () => {
    const { client, write, run } = open();
    const path = await write('again.json', [record('a', 1), record('b', 1)]);
    await run({ kind: 'path', path });
    const skip = client.frames.length;
    await run({ kind: 'path', path });
    const told = await client.untilFrame((frame) => noticesOf(frame).length > 0, skip);
    expect(noticesOf(told)).toMatchObject([
      {
        level: 'warning',
        message:
          'Nearly every record was known already: the database in memory keeps what earlier runs brought. ' +
          '"Reset database" empties it.',
      },
    ]);
  });

  it('gives the same counts in a simulated run, in no time, and has its own time back after it', async () => {
    const { client, write, run, begin } = open();
    const path = await write('slow.json', [record('a', 1, { callbackTimeMs: 86_400_000 }), record('b', 1)]);
    expect(await run({ kind: 'path', path }, { simulate: true })).toMatchObject({
      state: 'completed',
      counts: { fired: 2 },
    });
    await write('slow.json', [record('c', 1, { callbackTimeMs: 86_400_000 })]);
    const { ended } = await begin({ kind: 'path', path }, { ...AT_ONCE, speed: 1, wait: false });
    expect(await ended()).toMatchObject({ counts: { pending: 1 } });
    await client.call('callbacks.fire', { id: 'c', version: '1' });
    expect(await client.call('callbacks.counts', {})).toMatchObject({ pending: 0, fired: 3 });
  });

  it('refuses a speed to a simulated run, whose clock jumps', async () => {
    const { client, write } = open();
    await client.call('callbacks.resume', {});
    const path = await write(
      'many.json',
      Array.from({ length: 3000 }, (_, n) => record(`a${n}`, 1)),
    );
    await client.call('run.start', { source: { kind: 'path', path }, settings: { simulate: true } });
    await expect(client.call('run.setSpeed', { speed: 2 })).rejects.toMatchObject({ code: 'conflict' });
    await client.call('run.stop', {});
  });

  it('refuses a second run while one is under way, and to change the database', async () => {
    const { client, write } = open();
    const path = await write('long.json', [record('a', 1, { callbackTimeMs: 3_600_000 })]);
    await client.call('run.start', { source: { kind: 'path', path }, settings: { arrival: 'none' } });
    await expect(
      client.call('run.start', { source: { kind: 'path', path }, settings: {} }),
    ).rejects.toMatchObject({ code: 'conflict' });
    await expect(client.call('database.backup', {})).rejects.toMatchObject({ code: 'conflict' });
    await expect(client.call('database.reset', { confirm: 'reset' })).rejects.toMatchObject({
      code: 'conflict',
    });
    await expect(client.call('database.restore', { backupId: 'x' })).rejects.toMatchObject({
      code: 'not_found',
    });
    expect(await client.call('run.stop', {})).toMatchObject({ state: 'stopped' });
  });

  it('resets to nothing after a backup, tells everyone, and brings it back', async () => {
    const { client, write, begin } = open();
    const path = await write('b.json', [record('a', 1), record('b', 7, { callbackTimeMs: 3_600_000 })]);
    const { ended } = await begin({ kind: 'path', path }, { ...AT_ONCE, speed: 1, wait: false });
    await ended();
    const skip = client.frames.length;
    const { backup } = await client.call('database.reset', { confirm: 'reset' });
    expect(backup).toMatchObject({ reason: 'before reset', rows: 6 });
    expect(await client.call('database.info', {})).toMatchObject({
      rows: { accounts: 0, accountUpdates: 0, runs: 0 },
    });
    expect(await client.call('run.status', {})).toBeNull();
    const cleared = await client.untilFrame(({ kind }) => kind === 'reset', skip);
    expect(cleared).toMatchObject({ reason: 'database', stats: { pending: 0 }, status: null });

    await client.call('database.restore', { backupId: backup?.backupId ?? '' });
    expect(await client.call('accounts.get', { id: 'b' })).toMatchObject({
      version: '7',
      callbackState: 'pending',
    });
    expect(await client.call('callbacks.counts', {})).toMatchObject({ pending: 1, fired: 1 });
    const restored = (frame: FeedFrame) =>
      frame.kind === 'events' &&
      frame.events.some((event) => event.event === 'database' && event.change === 'restored');
    expect(await client.untilFrame(restored, skip)).toMatchObject({ stats: { pending: 1 } });
  });

  it('makes no backup of nothing', async () => {
    const { client } = open();
    expect(await client.call('database.reset', { confirm: 'reset' })).toEqual({ backup: null });
  });

  it('makes a backup on request, and continues firing afterwards', async () => {
    const { client, write, begin } = open();
    const path = await write('c.json', [record('a', 1, { callbackTimeMs: 3_600_000 })]);
    const { ended } = await begin({ kind: 'path', path }, { arrival: 'none', wait: false });
    await ended();
    const made = await client.call('database.backup', {});
    expect(await client.call('database.backups', {})).toContainEqual(made);
    expect(await client.call('callbacks.counts', {})).toMatchObject({ pending: 1, paused: false });
  });

  it('leaves callbacks held over a backup', async () => {
    const { client } = open();
    await client.call('callbacks.pause', {});
    await client.call('database.backup', {});
    expect(await client.call('callbacks.counts', {})).toMatchObject({ paused: true });
  });

  it('changes only the preferences that it is told, and keeps them beside the database', async () => {
    const { client } = open();
    await client.call('preferences.set', { theme: 'dark', layout: { width: 5 } });
    await client.call('preferences.set', { layout: { height: 7 } });
    const expected = {
      theme: 'dark',
      density: 'dense',
      timeZone: 'local',
      timeShown: 'wall',
      notifications: true,
      layout: { width: 5, height: 7 },
    };
    expect(await client.call('preferences.get', {})).toEqual(expected);
    expect(JSON.parse(await readFile(join(open().test.stateDirectory, 'preferences.json'), 'utf8'))).toEqual(
      expected,
    );
    expect((await readdir(open().test.stateDirectory)).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });

  it('keeps the mappings that a person saved, by name', async () => {
    const { client } = open();
    const saved = async () => (await client.call('mappings.list', {})).saved;
    const fields = { id: 'address', accountType: 'kind', tokens: 'balance' };
    await client.call('mappings.save', { mapping: { name: 'ours', fields } });
    await client.call('mappings.save', { mapping: { name: 'ours', list: 'rows', fields } });
    expect(await saved()).toEqual([expect.objectContaining({ name: 'ours', list: 'rows', fields })]);
    expect(await readdir(open().test.stateDirectory)).toContain('mappings.json');
    await client.call('mappings.delete', { name: 'ours' });
    expect(await saved()).toEqual([]);
  });

  it('warns before a source with slots joins accounts without, and the other way round', async () => {
    const { client, write, run } = open();
    const preview = async (name: string, content: object) => {
      const source = { kind: 'path' as const, path: await write(name, [content]) };
      const { reading } = await client.call('source.preview', { source, count: 1 });
      return { source, said: reading?.warnings.filter((warning) => warning.startsWith('The database')) };
    };
    const key = '1'.repeat(32);
    const account = { pubkey: key, account: { lamports: 1, owner: key } };
    const withSlot = { result: { context: { slot: 5 }, value: [account] } };
    const { source, said } = await preview('without.json', account);
    expect(said).toEqual([]);
    await run(source, { arrival: 'none', wait: false });
    expect((await preview('with.json', withSlot)).said).toEqual([
      expect.stringContaining('accounts without slots'),
    ]);
  });

  it('lists the packages that are shipped, and gives each licence by itself', async () => {
    const { client, write } = open();
    expect(await client.call('app.packages', {})).toEqual([]);
    const shipped = [
      { name: 'a', version: '1.0.0', licence: 'MIT', homepage: null, text: 'Permission is granted.' },
      { name: 'b', version: '2.0.0', licence: null, homepage: null, text: null },
    ];
    await write('licences.json', shipped);
    expect(await client.call('app.packages', {})).toEqual([
      { name: 'a', version: '1.0.0', licence: 'MIT' },
      { name: 'b', version: '2.0.0', licence: null },
    ]);
    expect(await client.call('app.licence', { name: 'a', version: '1.0.0' })).toEqual({
      text: shipped[0]?.text,
    });
    expect(await client.call('app.licence', { name: 'b', version: '2.0.0' })).toEqual({ text: null });
    await expect(client.call('app.licence', { name: 'b', version: '1.0.0' })).rejects.toThrow(
      'does not ship',
    );
  });

  it('gives the timeline, the report and the rejects of a run', async () => {
    const { client, write, run } = open();
    const path = await write('d.json', [record('a', 1), record('a', 0), record('b', 1, { tokens: -1 })]);
    const { runId } = await run({ kind: 'path', path });
    const { bins } = await client.call('timeline.get', { runId });
    const sum = (line: readonly number[]) => line.reduce((total, count) => total + count, 0);
    expect([bins.indexed, bins.stale, bins.rejected, bins.fired].map(sum)).toEqual([1, 1, 1, 1]);
    expect(await client.call('report.get', {})).toMatchObject({
      accounts: 1,
      types: [{ accountType: 'mint', tokens: '5', tied: 1, leaders: [{ id: 'a', version: '1' }] }],
      moreTypes: false,
    });
    expect((await client.call('runs.rejects', { runId, window })).rows).toMatchObject([
      { record: 2, field: 'tokens' },
    ]);
  });

  it('says of a run which names its source used', async () => {
    const { client, write, run } = open();
    const older = { id: 'a', account_type: 'mint', tokens: 1, callback_time_ms: 0, version: 1 };
    await run({ kind: 'path', path: await write('older.json', [older]) });
    await run({ kind: 'path', path: await write('mixed.json', [older, record('b', 1)]) });
    const { rows } = await client.call('runs.page', { window });
    expect(rows.map(({ fieldMap }) => fieldMap)).toEqual([
      'mixed: account_type, accountType, callback_time_ms, callbackTimeMs',
      'account_type, callback_time_ms',
    ]);
  });

  it.each([
    ['accounts.get', { id: 'nobody' }],
    ['timeline.get', { runId: '999' }],
    ['runs.source', { runId: '999' }],
    ['callbacks.fire', { id: 'nobody', version: '1' }],
    ['database.restore', { backupId: '../../etc/passwd' }],
  ] as const)('says that there is no such thing: %s', async (method, params) => {
    const { client } = open();
    await expect(client.callAnything(method, params)).rejects.toMatchObject({ code: 'not_found' });
  });

  it('refuses a message that is not of the protocol', () => {
    const { connection, refused } = open();
    connection.receive({ type: 'call', method: 'run.status' });
    expect(refused).toEqual(['The message is not of the protocol.']);
  });

  it('refuses more calls at once than a window makes', async () => {
    const { client } = open();
    const calls = Array.from({ length: 100 }, () => client.call('database.info', {}));
    const results = await Promise.allSettled(calls);
    expect(results.filter(({ status }) => status === 'rejected')).toHaveLength(36);
  });

  it('answers for what it is, without a word of how it was reached', async () => {
    const { client } = open();
    expect(await client.call('app.info', {})).toMatchObject({ name: 'Ingot', shell: 'web' });
    await expect(client.call('source.choose', {})).rejects.toMatchObject({ code: 'invalid_input' });
  });
});
