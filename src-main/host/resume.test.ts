import { appendFile, writeFile } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import type { SourceRef } from '../../src-shared/contract';
import { record, useConnectedHost } from './testing/connected-host';

const RECORDS = Array.from({ length: 6 }, (_, index) => record(`a${index}`, 1));
/** Records are a day apart. */
const WAITING = { arrival: 'sequential', delay: { fromMs: 86_400_000, toMs: 86_400_000 } } as const;

describe('resuming a run', () => {
  const open = useConnectedHost();

  /** A run that was stopped after three records, in steps. */
  async function stopAfterThree(source: SourceRef, skipBrokenLines = false): Promise<void> {
    const { client } = open();
    await client.call('run.start', { source, settings: { ...WAITING, skipBrokenLines } });
    await client.call('run.pause', {});
    for (let step = 0; step < 3; step += 1) await client.call('run.step', {});
    expect(await client.call('run.stop', {})).toMatchObject({ state: 'stopped', counts: { records: 3 } });
  }
  const rowOf = async () =>
    (await open().client.call('runs.page', { window: { from: { edge: 'start' }, limit: 10 } })).rows[0];
  /** Resumes the run and steps through the rest. */
  async function stepToTheEnd(counts = { indexed: 6, rejected: 0 }): Promise<void> {
    const { client } = open();
    const skip = client.frames.length;
    expect(await client.call('runs.resume', { runId: '1' })).toMatchObject({
      runId: '1',
      counts: { records: 3 },
    });
    await client.call('run.pause', {});
    for (let step = 0; step < 3; step += 1) await client.call('run.step', {});
    await client.call('run.resume', {});
    // A frame about the stopped run may still be on its way.
    const { status } = await client.untilFrame(
      (frame) => frame.status?.endedAtMs != null && frame.status.state !== 'stopped',
      skip,
    );
    expect(status).toMatchObject({
      runId: '1',
      state: 'completed',
      counts: { records: 6, duplicate: 0, pending: 0, ...counts },
    });
  }

  it('continues the same run of a file, as its row says that it can', async () => {
    await stopAfterThree({ kind: 'path', path: await open().write('six.json', RECORDS) });
    expect(await rowOf()).toMatchObject({ state: 'stopped', resumable: true, notResumable: null });
    await stepToTheEnd();
    expect(await rowOf()).toMatchObject({ runId: '1', resumable: false, notResumable: 'It is complete.' });
  });

  it('continues after skipped lines, which count as records, and skips those that follow', async () => {
    const path = await open().write('lines.ndjson', []);
    const [a, b, c, d] = RECORDS.map((one) => JSON.stringify(one));
    await writeFile(path, [a, 'oops', b, c, '{"id":', d].join('\n'));
    await stopAfterThree({ kind: 'path', path }, true);
    await stepToTheEnd({ indexed: 4, rejected: 2 });
    const window = { from: { edge: 'start' }, limit: 10 } as const;
    const { rows } = await open().client.call('runs.rejects', { runId: '1', window });
    expect(rows.map(({ record: index, excerpt }) => [index, excerpt])).toEqual([
      [1, 'oops'],
      [4, '{"id":'],
    ]);
    expect(await rowOf()).toMatchObject({ settings: { skipBrokenLines: true } });
    const source = { kind: 'path', path } as const;
    const preview = (skipBrokenLines: boolean) =>
      open().client.call('source.preview', { source, count: 10, skipBrokenLines });
    expect((await preview(true)).records.map(({ kind }) => kind)).toEqual([
      'update',
      'reject',
      'update',
      'update',
      'reject',
      'update',
    ]);
    expect((await preview(false)).fault?.details.hint).toContain('--skip-broken-lines');
  });

  it('continues the same run of an upload', async () => {
    const { test } = open();
    const bytes = Buffer.from(JSON.stringify(RECORDS));
    const { uploadId } = await test.host.uploads.store('up.json', Readable.from([bytes]));
    await stopAfterThree({ kind: 'upload', uploadId });
    expect(await rowOf()).toMatchObject({ resumable: true });
    await stepToTheEnd();
  });

  it('refuses a file that was changed, and one whose upload is gone', async () => {
    const { client, test, write } = open();
    const path = await write('six.json', RECORDS);
    await stopAfterThree({ kind: 'path', path });
    await appendFile(path, '\n');
    await expect(client.call('runs.resume', { runId: '1' })).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringContaining('six.json is not the file that it was: it has grown'),
    });

    const { uploadId } = await test.host.uploads.store(
      'up.json',
      Readable.from([Buffer.from(JSON.stringify(RECORDS))]),
    );
    await stopAfterThree({ kind: 'upload', uploadId });
    await test.host.uploads.discard(uploadId);
    expect(await rowOf()).toMatchObject({
      runId: '2',
      resumable: false,
      notResumable: 'Its upload is no longer kept.',
    });
    await expect(client.call('runs.resume', { runId: '2' })).rejects.toThrow('no longer kept');
    await expect(client.call('runs.resume', { runId: '9' })).rejects.toMatchObject({ code: 'not_found' });
  });
});
