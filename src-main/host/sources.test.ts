import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { runSettingsSchema } from '../../src-shared/run-settings';
import { record, useConnectedHost } from './testing/connected-host';

const window = { from: { edge: 'start' }, limit: 100 } as const;

const ID = 'BjecmA3hhW8zD7ToGsosrHA8FFwpovaXDErrFL9Xjuz7';

describe('sources', () => {
  const open = useConnectedHost();

  it('repeats a run of a file that is still there', async () => {
    const { client, write, run } = open();
    const path = await write('again.json', [record('a', 1)]);
    await run({ kind: 'path', path });
    const [row] = (await client.call('runs.page', { window })).rows;
    expect(row).toMatchObject({ source: 'again.json', notRepeatable: null, settings: { speed: 1000 } });
    const found = await client.call('runs.source', { runId: row?.runId ?? '' });
    expect(found).toEqual({ source: { kind: 'path', path }, name: 'again.json', settings: row?.settings });
    expect(await run(found.source)).toMatchObject({ counts: { duplicate: 1 } });
  });

  it('repeats a run of an upload under its own name, and offers the upload among the recent sources', async () => {
    const { client, test, run } = open();
    const text = JSON.stringify([record('a', 1)]);
    const send = (name: string) => test.host.uploads.store(name, Readable.from([Buffer.from(text)]));
    const { uploadId } = await send('up.json');
    const source = { kind: 'upload', uploadId } as const;
    const status = await run(source);
    expect(status).toMatchObject({ source: 'up.json', state: 'completed' });
    await send('the same again.json');
    expect(await client.call('runs.source', { runId: status.runId })).toMatchObject({
      source,
      name: 'up.json',
    });
    expect((await client.call('source.recent', {}))[0]).toMatchObject({ source, sizeBytes: text.length });

    await test.host.uploads.discard(uploadId);
    const [row] = (await client.call('runs.page', { window })).rows;
    expect(row).toMatchObject({ notRepeatable: 'Its upload is no longer kept.' });
    await expect(client.call('runs.source', { runId: row?.runId ?? '' })).rejects.toMatchObject({
      code: 'source_unreadable',
      message: expect.stringContaining('Its upload is no longer kept.'),
    });
    expect(await client.call('source.recent', {})).not.toContainEqual(expect.objectContaining({ source }));
  });

  it('shows what is in a source before its run', async () => {
    const { client, write } = open();
    const path = await write('look.json', [record('a', 1), { id: '' }]);
    expect(await client.call('source.preview', { source: { kind: 'path', path }, count: 5 })).toMatchObject({
      name: 'look.json',
      format: 'json-array',
      records: [{ kind: 'update', id: 'a', version: '1' }, { kind: 'reject' }],
    });
  });

  it('says of a log without write versions what may be among its duplicates', async () => {
    const { client, write, run } = open();
    const notified = (lamports: number) => {
      const account = { lamports, owner: '1'.repeat(32), executable: false, data: ['', 'base64'] };
      const value = { pubkey: 'SysvarC1ock11111111111111111111111111111111', account };
      const result = { context: { slot: 5 }, value };
      return { jsonrpc: '2.0', method: 'programNotification', params: { result, subscription: 1 } };
    };
    const path = await write('log.json', [notified(1), notified(2), notified(1)]);
    const skip = client.frames.length;
    expect((await run({ kind: 'path', path })).counts).toMatchObject({ indexed: 2, duplicate: 1 });
    await client.untilFrame(
      (frame) => JSON.stringify(frame).includes('returned to an earlier state within a slot'),
      skip,
    );
  });

  it('reads a directory of accounts as one source, without its key pair', async () => {
    const { client, write } = open();
    const folder = dirname(await write('a.json', []));
    const path = join(folder, 'accounts');
    await mkdir(path);
    const account = { lamports: 5, data: ['', 'base64'], owner: ID, executable: false, rentEpoch: 0 };
    await writeFile(join(path, 'b.json'), JSON.stringify({ pubkey: ID, account }));
    await writeFile(join(path, 'id.json'), JSON.stringify(Array.from({ length: 64 }, (_, at) => at)));
    const preview = await client.call('source.preview', { source: { kind: 'path', path }, count: 5 });
    expect(preview.records).toMatchObject([{ id: ID, tokens: '5' }]);
    expect(preview.reading?.notes).toEqual(['accounts holds 1 key pair, which was not read.']);
  });

  it('refuses what is surely no source before a run, and keeps no upload of it', async () => {
    const { client, test, write } = open();
    const key = JSON.stringify(Array.from({ length: 64 }, (_, at) => (at * 37 + 101) % 256));
    const store = async () => {
      const { uploadId } = await test.host.uploads.store('id.json', Readable.from([Buffer.from(key)]));
      return { kind: 'upload', uploadId } as const;
    };
    const refused = { code: 'source_unreadable', message: expect.stringContaining('a Solana key pair') };
    const previewed = await store();
    await expect(client.call('source.preview', { source: previewed, count: 1 })).rejects.toMatchObject(
      refused,
    );
    const started = await store();
    await expect(client.call('run.start', { source: started, settings: {} })).rejects.toMatchObject(refused);
    expect([previewed, started].map(({ uploadId }) => test.host.uploads.sizeOf(uploadId))).toEqual([
      null,
      null,
    ]);
    const path = await write('id.json', []);
    await writeFile(path, key);
    await expect(
      client.call('source.preview', { source: { kind: 'path', path }, count: 1 }),
    ).rejects.toMatchObject(refused);
  });

  it('remembers what was opened, the latest first', async () => {
    const { client, write, run } = open();
    const first = await write('first.json', [record('a', 1)]);
    const second = await write('second.json', [record('a', 1)]);
    for (const path of [first, second, first]) await run({ kind: 'path', path });
    const names = (await client.call('source.recent', {})).map(({ name }) => name);
    expect(names.slice(0, 2)).toEqual(['first.json', 'second.json']);
  });

  it.each<[string, () => Promise<string>]>([
    ['outside of the allowed directories', () => open().write('out.json', [], open().test.forbidden)],
    [
      'that leads out of an allowed directory',
      async () => {
        await open().write('out.json', [], open().test.forbidden);
        return join(open().test.allowed, '../forbidden/out.json');
      },
    ],
    [
      'through a symbolic link that leads out',
      async () => {
        const link = join(open().test.allowed, `link-${Math.random()}.json`);
        await symlink(await open().write('out.json', [], open().test.forbidden), link);
        return link;
      },
    ],
    [
      'of a directory whose name begins alike',
      async () => {
        await mkdir(`${open().test.allowed}-too`, { recursive: true });
        return open().write('out.json', [], `${open().test.allowed}-too`);
      },
    ],
    ['that is not whole', async () => 'allowed/a.json'],
    ['of a system file', async () => '/etc/passwd'],
  ])('refuses a path %s', async (_, makePath) => {
    const { client } = open();
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
    const { write, run } = open();
    const { source } = await open().test.host.grantFile(
      await write('chosen.json', [record('a', 1)], open().test.forbidden),
    );
    expect(await run(source)).toMatchObject({ state: 'completed' });
  });

  it('tells every window why a file that it was started with could not be run', async () => {
    const { client, write } = open();
    const path = await write('broken.json', []);
    await writeFile(path, 'hello');
    const settings = runSettingsSchema.parse({});
    await expect(open().test.host.ingest(path, settings)).rejects.toMatchObject({
      code: 'source_unreadable',
    });
    await client.untilFrame(
      (frame) =>
        frame.kind === 'events' &&
        frame.events.some((event) => event.event === 'notice' && event.message.includes('broken.json')),
    );
  });
});
