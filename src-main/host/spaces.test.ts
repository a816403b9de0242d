import { describe, expect, it } from 'vitest';
import { AT_ONCE, record, useConnectedHost } from './testing/connected-host';

const SOME = [record('a', 1), record('b', 1)];

describe('a run in its own space', () => {
  const open = useConnectedHost();
  const runs = async () => {
    const window = { from: { edge: 'start' }, limit: 10 } as const;
    return (await open().client.call('runs.page', { window })).rows.map(({ source }) => source);
  };
  const names = async () => (await open().client.call('database.spaces', {})).map(({ name }) => name);

  it('finds nothing of earlier ones, is shown alone, and stays until it is deleted', async () => {
    const { client, write, run, endOf } = open();
    const source = { kind: 'path', path: await write('some.json', SOME) } as const;
    await run(source);
    const apart = await endOf(
      await client.call('run.start', { source, settings: AT_ONCE, inOwnSpace: true }),
    );
    expect(apart).toMatchObject({ runId: '1', counts: { indexed: 2, duplicate: 0 } });
    expect(await client.call('database.state', {})).toMatchObject({ phase: 'open', space: 'some' });
    expect(await runs()).toHaveLength(1);
    expect(await client.call('compare.summary', { from: 'main/last', to: 'last' })).toMatchObject({
      accounts: 0,
      callbacks: [],
    });
    await expect(client.call('database.deleteSpace', { name: 'some' })).rejects.toMatchObject({
      code: 'conflict',
    });
    expect(await client.call('database.enterSpace', { name: null })).toEqual({
      phase: 'open',
      setback: null,
    });
    // The same file in main: known, and counted as such there.
    expect(await run(source)).toMatchObject({ runId: '2', counts: { duplicate: 2 } });
    await client.call('database.deleteSpace', { name: 'some' });
    expect(await names()).toEqual([]);
  });

  it('is not entered while a run is under way, and is not made for one that cannot start', async () => {
    const { client, write, begin } = open();
    const source = { kind: 'path', path: await write('some.json', SOME) } as const;
    const nothing = {
      kind: 'path',
      path: await write('empty.json', []).then((path) => `${path}.gone`),
    } as const;
    await expect(
      client.call('run.start', { source: nothing, settings: AT_ONCE, inOwnSpace: true }),
    ).rejects.toMatchObject({ code: 'source_unreadable' });
    expect(await names()).toEqual([]);
    const { ended } = await begin(source, { delay: { fromMs: 60_000, toMs: 60_000 } });
    for (const asked of [
      client.call('database.enterSpace', { name: 'other' }),
      client.call('run.start', { source, settings: AT_ONCE, inOwnSpace: true }),
    ]) {
      await expect(asked).rejects.toMatchObject({ code: 'conflict' });
    }
    await client.call('run.stop', {});
    await ended();
    expect(await names()).toEqual([]);
    expect(await client.call('database.state', {})).toEqual({ phase: 'open', setback: null });
  });
});
