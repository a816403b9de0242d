import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { SourceRef } from '../../src-shared/contract';
import type { FeedFrame } from '../../src-shared/feed';
import { runSettingsSchema } from '../../src-shared/run-settings';
import type { HostMessage } from '../../src-shared/wire';
import type { ClientConnection } from './connection';
import { openTestHost, type TestHost } from './testing/open-test-host';
import { createTestClient, type TestClient } from './testing/test-client';

const AT_ONCE = { arrival: 'none', speed: 1000 } as const;
const window = { from: { edge: 'start' }, limit: 100 } as const;

const record = (id: string, version: number, changes: object = {}) => ({
  id,
  accountType: 'mint',
  tokens: 5,
  callbackTimeMs: 0,
  data: {},
  version,
  ...changes,
});

describe('the host', () => {
  let test: TestHost;
  let client: TestClient;
  let connection: ClientConnection;
  const refused: string[] = [];

  beforeAll(async () => {
    test = await openTestHost();
    client = createTestClient((message) => connection.receive(structuredClone(message)));
    connection = test.host.connectClient({
      send: (message: HostMessage) => client.receive(structuredClone(message)),
      bufferedBytes: () => 0,
      refuse: (reason) => refused.push(reason.message),
    });
    client.subscribe(null);
  });
  afterAll(() => test.close());
  beforeEach(async () => {
    await client.call('run.stop', {}).catch(() => undefined);
    await client.call('callbacks.resume', {});
    await client.call('database.reset', { confirm: 'reset' });
  });

  const write = async (name: string, records: readonly object[], directory = test.allowed) => {
    const path = join(directory, name);
    await writeFile(path, JSON.stringify(records));
    return path;
  };
  /** Starts a run, and gives its end: run numbers begin anew with each reset. */
  const begin = async (source: SourceRef, settings: object = AT_ONCE) => {
    const skip = client.frames.length;
    const started = await client.call('run.start', { source, settings });
    return { started, ended: () => endedSince(skip) };
  };
  const endedSince = async (skip: number) => {
    const { status } = await client.untilFrame(
      (frame) => frame.status !== null && frame.status.endedAtMs !== null && frame.status.state !== 'running',
      skip,
    );
    if (!status) throw new Error('the frame that was waited for has a status');
    return status;
  };
  const run = async (source: SourceRef, settings?: object) => (await begin(source, settings)).ended();

  it('runs a file of an allowed directory to its end', async () => {
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

  it('gives the same counts in a simulated run, in no time, and has its own time back after it', async () => {
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

  it('refuses to pause a simulated run', async () => {
    await client.call('callbacks.resume', {});
    const path = await write(
      'many.json',
      Array.from({ length: 3000 }, (_, n) => record(`a${n}`, 1)),
    );
    await client.call('run.start', { source: { kind: 'path', path }, settings: { simulate: true } });
    await expect(client.call('run.pause', {})).rejects.toMatchObject({ code: 'conflict' });
    await client.call('run.stop', {});
  });

  it('repeats a run of a file that is still there', async () => {
    const path = await write('again.json', [record('a', 1)]);
    await run({ kind: 'path', path });
    const [row] = (await client.call('runs.page', { window })).rows;
    expect(row).toMatchObject({ source: 'again.json', repeatable: true, settings: { speed: 1000 } });
    const skip = client.frames.length;
    await client.call('runs.again', { runId: row?.runId ?? '' });
    expect(await endedSince(skip)).toMatchObject({ counts: { duplicate: 1 } });
  });

  it('forgets an upload after its run, and says so when it is asked to repeat it', async () => {
    const { uploadId } = await test.host.uploads.store(
      'up.json',
      Readable.from([Buffer.from(JSON.stringify([record('a', 1)]))]),
    );
    const status = await run({ kind: 'upload', uploadId });
    expect(status).toMatchObject({ source: 'up.json', state: 'completed' });
    await expect(client.call('runs.again', { runId: status.runId })).rejects.toMatchObject({
      code: 'source_unreadable',
    });
    await expect(
      client.call('source.preview', { source: { kind: 'upload', uploadId }, count: 1 }),
    ).rejects.toMatchObject({ code: 'not_found' });
  });

  it('shows what is in a source before its run', async () => {
    const path = await write('look.json', [record('a', 1), { id: '' }]);
    expect(await client.call('source.preview', { source: { kind: 'path', path }, count: 5 })).toMatchObject({
      name: 'look.json',
      format: 'json-array',
      records: [{ kind: 'update', id: 'a', version: '1' }, { kind: 'reject' }],
    });
  });

  it('remembers what was opened, the latest first', async () => {
    const first = await write('first.json', [record('a', 1)]);
    const second = await write('second.json', [record('a', 1)]);
    for (const path of [first, second, first]) await run({ kind: 'path', path });
    const names = (await client.call('source.recent', {})).map(({ name }) => name);
    expect(names.slice(0, 2)).toEqual(['first.json', 'second.json']);
  });

  it.each<[string, () => Promise<string>]>([
    ['outside of the allowed directories', () => write('out.json', [], test.forbidden)],
    [
      'that leads out of an allowed directory',
      async () => {
        await write('out.json', [], test.forbidden);
        return join(test.allowed, '../forbidden/out.json');
      },
    ],
    [
      'through a symbolic link that leads out',
      async () => {
        const link = join(test.allowed, `link-${Math.random()}.json`);
        await symlink(await write('out.json', [], test.forbidden), link);
        return link;
      },
    ],
    [
      'of a directory whose name begins alike',
      async () => {
        await mkdir(`${test.allowed}-too`, { recursive: true });
        return write('out.json', [], `${test.allowed}-too`);
      },
    ],
    ['that is not whole', async () => 'allowed/a.json'],
    ['of a system file', async () => '/etc/passwd'],
  ])('refuses a path %s', async (_, makePath) => {
    const path = await makePath();
    const source = { kind: 'path', path } as const;
    await expect(client.call('run.start', { source, settings: {} })).rejects.toMatchObject({
      code: 'forbidden',
    });
    await expect(client.call('source.preview', { source, count: 1 })).rejects.toMatchObject({
      code: 'forbidden',
    });
  });

  it('opens a file that a person chose, wherever it lies', async () => {
    const { source } = await test.host.grantFile(
      await write('chosen.json', [record('a', 1)], test.forbidden),
    );
    expect(await run(source)).toMatchObject({ state: 'completed' });
  });

  it('tells every window why a file that it was started with could not be run', async () => {
    const path = await write('broken.json', []);
    await writeFile(path, 'hello');
    const settings = runSettingsSchema.parse({});
    await expect(test.host.ingest(path, settings)).rejects.toMatchObject({ code: 'source_unreadable' });
    await client.untilFrame(
      (frame) =>
        frame.kind === 'events' &&
        frame.events.some((event) => event.event === 'notice' && event.message.includes('broken.json')),
    );
  });

  it('refuses a second run while one is under way, and to change the database', async () => {
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
    const path = await write('b.json', [record('a', 1), record('b', 7, { callbackTimeMs: 3_600_000 })]);
    const { ended } = await begin({ kind: 'path', path }, { ...AT_ONCE, speed: 1, wait: false });
    await ended();
    const skip = client.frames.length;
    const { backup } = await client.call('database.reset', { confirm: 'reset' });
    expect(backup).toMatchObject({ reason: 'before reset', rows: 5 });
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
    expect(await client.call('database.reset', { confirm: 'reset' })).toEqual({ backup: null });
  });

  it('makes a backup on request, and goes on firing afterwards', async () => {
    const path = await write('c.json', [record('a', 1, { callbackTimeMs: 3_600_000 })]);
    const { ended } = await begin({ kind: 'path', path }, { arrival: 'none', wait: false });
    await ended();
    const made = await client.call('database.backup', {});
    expect(await client.call('database.backups', {})).toContainEqual(made);
    expect(await client.call('callbacks.counts', {})).toMatchObject({ pending: 1, paused: false });
  });

  it('leaves callbacks held over a backup', async () => {
    await client.call('callbacks.pause', {});
    await client.call('database.backup', {});
    expect(await client.call('callbacks.counts', {})).toMatchObject({ paused: true });
  });

  it('changes only the preferences that it is told, and keeps them beside the database', async () => {
    await client.call('preferences.set', { theme: 'dark', layout: { width: 5 } });
    await client.call('preferences.set', { layout: { height: 7 } });
    const expected = { theme: 'dark', density: 'dense', timeZone: 'local', layout: { width: 5, height: 7 } };
    expect(await client.call('preferences.get', {})).toEqual(expected);
    expect(JSON.parse(await readFile(join(test.stateDirectory, 'preferences.json'), 'utf8'))).toEqual(
      expected,
    );
    expect((await readdir(test.stateDirectory)).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });

  it('gives the timeline, the report and the rejects of a run', async () => {
    const path = await write('d.json', [record('a', 1), record('a', 0), record('b', 1, { tokens: -1 })]);
    const { runId } = await run({ kind: 'path', path });
    const timeline = await client.call('timeline.get', { runId, bins: 10 });
    const sum = (line: readonly number[]) => line.reduce((total, count) => total + count, 0);
    expect([timeline.indexed, timeline.stale, timeline.rejected, timeline.fired].map(sum)).toEqual([
      1, 1, 1, 1,
    ]);
    expect(await client.call('report.get', {})).toMatchObject({
      accounts: 1,
      leaders: [{ id: 'a', tokens: '5' }],
    });
    expect((await client.call('runs.rejects', { runId, window })).rows).toMatchObject([
      { record: 2, field: 'tokens' },
    ]);
  });

  it.each([
    ['accounts.get', { id: 'nobody' }],
    ['timeline.get', { runId: '999', bins: 5 }],
    ['runs.again', { runId: '999' }],
    ['callbacks.fire', { id: 'nobody', version: '1' }],
    ['database.restore', { backupId: '../../etc/passwd' }],
  ] as const)('says that there is no such thing: %s', async (method, params) => {
    await expect(client.callAnything(method, params)).rejects.toMatchObject({ code: 'not_found' });
  });

  it('refuses a message that is not of the protocol', () => {
    connection.receive({ type: 'call', method: 'run.status' });
    expect(refused).toEqual(['The message is not of the protocol.']);
  });

  it('refuses more calls at once than a window makes', async () => {
    const calls = Array.from({ length: 100 }, () => client.call('database.info', {}));
    const results = await Promise.allSettled(calls);
    expect(results.filter(({ status }) => status === 'rejected')).toHaveLength(36);
  });

  it('answers for what it is, without a word of how it was reached', async () => {
    expect(await client.call('app.info', {})).toMatchObject({ name: 'Ingot', shell: 'web' });
    await expect(client.call('source.choose', {})).rejects.toMatchObject({ code: 'invalid_input' });
  });
});
