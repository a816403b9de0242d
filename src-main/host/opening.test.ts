import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { SourceRef } from '../../src-shared/contract';
import { runSettingsSchema } from '../../src-shared/run-settings';
import { createTestFolder } from '../database/testing/each-database';
import { AT_ONCE, connect, record } from './testing/connected-host';
import { openTestHost } from './testing/open-test-host';

it('is there before its database is open: previews a source, and runs it once the database is', async () => {
  const test = await openTestHost({ stillOpening: true });
  const { host } = test;
  try {
    const { client, write, endOf } = connect(test);
    const source: SourceRef = { kind: 'path', path: await write('a.json', [record('a', 1)]) };
    client.subscribe(null);
    expect(await client.call('database.state', {})).toEqual({ phase: 'opening', lost: null });
    expect(await client.call('source.preview', { source, count: 5 })).toMatchObject({ name: 'a.json' });
    await expect(
      client.call('runs.page', { window: { from: { edge: 'start' }, limit: 1 } }),
    ).rejects.toMatchObject({ code: 'database_unavailable', message: 'The database is being opened.' });
    expect(await client.call('health.get', {})).toMatchObject({ status: 'not ready' });
    await client.call('callbacks.pause', {});
    await client.call('callbacks.resume', {});
    const started = client.call('run.start', { source, settings: AT_ONCE });
    expect(host.databaseState().phase).toBe('opening');

    await client.untilFrame(({ kind }) => kind === 'reset');
    expect(await client.call('database.state', {})).toMatchObject({ phase: 'open' });
    const run = await started;
    expect(run).toMatchObject({ source: 'a.json' });
    expect(await endOf(run)).toMatchObject({ state: 'completed', counts: { indexed: 1 } });
    // What was said before it was open is not lost to a window that joins later.
    const later = connect(test);
    later.client.subscribe(null);
    await later.client.untilFrame(({ lastSeq }) => lastSeq > 0);
    expect(later.client.events()).toContainEqual(
      expect.objectContaining({ event: 'notice', message: 'Callbacks are resumed.' }),
    );
  } finally {
    await test.close();
  }
});

it('keeps a file that it is given while its database is being opened, and says so', async () => {
  const test = await openTestHost({ stillOpening: true });
  try {
    const { client, write } = connect(test);
    client.subscribe(null);
    const path = await write('a.json', [record('a', 1)]);
    const settings = runSettingsSchema.parse(AT_ONCE);
    expect(await test.host.ingest(path, settings)).toMatchObject({ source: 'a.json' });
    expect(client.events()).toContainEqual(
      expect.objectContaining({ level: 'info', message: 'a.json starts when the database is open.' }),
    );
  } finally {
    await test.close();
  }
});

it('tells whose run did not start if its database cannot be opened', async () => {
  const inTheWay = join(createTestFolder(), 'file');
  await writeFile(inTheWay, '');
  const test = await openTestHost({
    target: { kind: 'data-dir', dataDir: inTheWay },
    stillOpening: true,
  });
  const { host } = test;
  try {
    const { client, write } = connect(test);
    client.subscribe(null);
    const path = await write('a.json', [record('a', 1)]);
    await expect(host.ingest(path, runSettingsSchema.parse(AT_ONCE))).rejects.toThrow(
      /^a\.json was not run: .*cannot be used/,
    );
    await client.untilFrame(
      (frame) =>
        frame.kind === 'events' &&
        frame.events.some(
          (event) => event.event === 'notice' && event.message.startsWith('a.json was not run: '),
        ),
    );
    expect(await host.taken).toBe(false);
  } finally {
    await test.close();
  }
});

it('closes in order while its database is being opened, and refuses the run that waited', async () => {
  const test = await openTestHost({ stillOpening: true });
  const { client, write } = connect(test);
  const source: SourceRef = { kind: 'path', path: await write('a.json', [record('a', 1)]) };
  const refused = expect(client.call('run.start', { source, settings: AT_ONCE })).rejects.toMatchObject({
    code: 'database_unavailable',
  });
  await test.close();
  await refused;
});
