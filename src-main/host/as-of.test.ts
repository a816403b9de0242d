import { describe, expect, it } from 'vitest';
import { record, useConnectedHost } from './testing/connected-host';

const EACH_MS = { simulate: true, delay: { fromMs: 1, toMs: 1 } } as const;
/** Takes a millisecond of the run, and stores nothing. */
const filler = record('', 1);

describe('as of an instant', () => {
  const open = useConnectedHost();

  it('names the leader that a type had at any point in time, and where it changed', async () => {
    const { client, write, run } = open();
    // The first record arrives after the first gap.
    const records: object[] = Array.from({ length: 250 }, () => filler);
    records[0] = record('a', 1, { tokens: 10 });
    records[109] = record('b', 1, { tokens: 10 });
    records[199] = record('c', 1, { tokens: 11 });
    const { runId } = await run({ kind: 'path', path: await write('three.json', records) }, EACH_MS);

    const leadersAt = async (instant: string) => {
      const { seq } = await client.call('instant.resolve', { instant });
      const { types, accounts } = await client.call('report.get', { asOf: seq });
      const summary = await client.call('instant.summary', { asOf: seq });
      expect(summary.types).toEqual(types);
      expect(summary.counts.accounts).toBe(accounts);
      return types.flatMap(({ tied, tokens, leaders }) => [tied, tokens, ...leaders.map(({ id }) => id)]);
    };
    expect(await leadersAt('last@0ms')).toEqual([]);
    expect(await leadersAt('last@1ms')).toEqual([1, '10', 'a']);
    expect(await leadersAt('last@109ms')).toEqual([1, '10', 'a']);
    expect(await leadersAt('last@0.110s')).toEqual([2, '10', 'a', 'b']);
    expect(await leadersAt(`${runId}@00:00.199`)).toEqual([2, '10', 'a', 'b']);
    expect(await leadersAt('last@200ms')).toEqual([1, '11', 'c']);
    expect(await leadersAt('now')).toEqual([1, '11', 'c']);
    expect(await leadersAt('last:0')).toEqual([1, '10', 'a']);
    expect(await leadersAt('last:150')).toEqual([2, '10', 'a', 'b']);
    const { changes } = await client.call('timeline.leaderChanges', { runId });
    expect(changes.map(({ at }) => at)).toEqual([1, 110, 200]);
    const sinceAt = async (instant: string) => {
      const { seq: asOf } = await client.call('instant.resolve', { instant });
      const found = await client.call('report.since', { asOf, accountTypes: ['mint', 'none'] });
      return found.map(({ accountType, since, before }) => [accountType, since.runId, since.at, before]);
    };
    expect(await sinceAt('last@0ms')).toEqual([]);
    expect(await sinceAt('last@109ms')).toEqual([['mint', runId, 1, 0]]);
    expect(await sinceAt('last@150ms')).toEqual([['mint', runId, 110, 0]]);
    expect(await sinceAt('now')).toEqual([['mint', runId, 200, 0]]);
  });

  it('shows a callback, an account and the counts as they were', async () => {
    const { client, write, run } = open();
    const records: object[] = Array.from({ length: 100 }, () => filler);
    records[9] = record('a', 1, { callbackTimeMs: 20 });
    records[19] = record('a', 2, { callbackTimeMs: 30 });
    records[24] = record('a', 1, { callbackTimeMs: 20 });
    records[29] = record('a', 0, { tokens: 3 });
    await run({ kind: 'path', path: await write('one.json', records) }, EACH_MS);
    const at = async (instant: string) => {
      const { seq: asOf } = await client.call('instant.resolve', { instant });
      const { counts } = await client.call('instant.summary', { asOf });
      const { rows } = await client.call('accounts.versions', {
        id: 'a',
        asOf,
        window: { from: { edge: 'start' }, limit: 10 },
      });
      const account = await client.call('accounts.get', { id: 'a', asOf }).catch(() => null);
      expect(await client.call('callbacks.counts', { asOf })).toMatchObject({
        pending: counts.pending,
        fired: counts.fired,
        cancelled: counts.cancelled,
      });
      return [
        account?.version,
        account?.callbackState,
        counts.stale,
        ...rows.map(({ callbackState }) => callbackState),
      ];
    };
    expect(await at('last@9ms')).toEqual([undefined, undefined, 0]);
    expect(await at('last@10ms')).toEqual(['1', 'pending', 0, 'pending']);
    expect(await at('last@20ms')).toEqual(['2', 'pending', 0, 'pending', 'cancelled']);
    expect(await at('last@30ms')).toEqual(['2', 'pending', 1, 'pending', 'cancelled', null]);
    expect(await at('last@49ms')).toEqual(['2', 'pending', 1, 'pending', 'cancelled', null]);
    expect(await at('last@50ms')).toEqual(['2', 'fired', 1, 'fired', 'cancelled', null]);
  });

  describe('a place on the chain', () => {
    const signature = (letter: string) => letter.repeat(88);
    const at = (id: string, slot: number, version: number, transaction: string, changes: object = {}) =>
      record(id, version, { slot, data: { signature: signature(transaction) }, ...changes });
    const accountsAt = async (instant: string) => {
      const { client } = open();
      const { asOf, cut } = await client.call('instant.resolve', { instant });
      const window = { from: { edge: 'start' }, limit: 10 } as const;
      const sort = { by: 'id', direction: 'asc' } as const;
      const { rows } = await client.call('accounts.page', { asOf, window, sort, filter: {} });
      expect((await client.call('report.get', { asOf })).accounts).toBe(rows.length);
      return [cut && `${cut.slot} ${cut.writeVersion}`, ...rows.map(({ id, version }) => `${id} ${version}`)];
    };
    const fill = async () => {
      const { write, run } = open();
      const records = [
        at('a', 5, 10, 'A'),
        at('b', 5, 11, 'B'),
        at('a', 7, 20, 'D', { callbackTimeMs: 90 }),
        at('c', 6, 15, 'C'),
        at('a', 6, 14, 'C'),
        at('d', 7, 21, 'D'),
        at('a', 7, 19, 'E'),
      ];
      await run({ kind: 'path', path: await write('slots.json', records) }, EACH_MS);
    };

    it('is a slot, with what came late, as known at any instant', async () => {
      await fill();
      expect(await accountsAt('slot:5')).toEqual(['5 null', 'a 5:10', 'b 5:11']);
      expect(await accountsAt('slot:6')).toEqual(['6 null', 'a 6:14', 'b 5:11', 'c 6:15']);
      expect(await accountsAt('slot:6,last@4ms')).toEqual(['6 null', 'a 5:10', 'b 5:11', 'c 6:15']);
      expect(await accountsAt('slot:6,last:2')).toEqual(['6 null', 'a 5:10', 'b 5:11']);
      expect(await accountsAt('slot:9')).toEqual(['9 null', 'a 7:20', 'b 5:11', 'c 6:15', 'd 7:21']);
      expect(await accountsAt('slot:4')).toEqual(['4 null']);
      const { client } = open();
      const knownBefore = (await client.call('instant.resolve', { instant: 'slot:6' })).seq;
      const { counts } = await client.call('instant.summary', { asOf: `${knownBefore},6:0` });
      // Callbacks are what they were in the order of arrival.
      expect(counts).toMatchObject({ accounts: 2, indexed: 5, stale: 2, fired: 5, pending: 0 });
      const why = client.call('updates.why', { asOf: `${knownBefore},6:14`, id: 'a', version: '7:20' });
      await expect(why).rejects.toMatchObject({ code: 'not_found' });
      // All have as many tokens: c joins them at 6:15, d at 7:21.
      for (const [cut, since] of [
        ['6:14', '5:11'],
        ['6:15', '6:15'],
        ['9:0', '7:21'],
      ] as const) {
        const asked = { asOf: `${knownBefore},${cut}`, accountTypes: ['mint'] };
        expect(await client.call('report.since', asked)).toMatchObject([{ onChain: since, before: 0 }]);
      }
    });

    it('is before or after a transaction, in the one order of write versions', async () => {
      await fill();
      expect(await accountsAt(`after:${signature('C')}`)).toEqual(['6 15', 'a 6:14', 'b 5:11', 'c 6:15']);
      expect(await accountsAt(`before:${signature('C')}`)).toEqual(['6 13', 'a 5:10', 'b 5:11']);
      expect(await accountsAt(`before:${signature('D')}`)).toEqual(['7 19', 'a 7:19', 'b 5:11', 'c 6:15']);
      expect(await accountsAt(`after:${signature('C')},last:3`)).toEqual([
        '6 15',
        'a 5:10',
        'b 5:11',
        'c 6:15',
      ]);
      await expect(accountsAt(`after:${signature('C')},last:2`)).rejects.toMatchObject({ code: 'not_found' });
      await expect(accountsAt(`after:${signature('F')}`)).rejects.toMatchObject({ code: 'not_found' });
    });

    it('is before or after a transaction past the slots that were dead as known then', async () => {
      const { write, run } = open();
      const update = (...of: Parameters<typeof at>) => ({ arrivalMs: 0, update: at(...of) });
      const records = [
        update('a', 5, 10, 'A'),
        update('a', 6, 15, 'B'),
        update('b', 6, 16, 'B'),
        update('c', 7, 20, 'C'),
        // Of a transaction that a fork had in another slot.
        update('b', 7, 21, 'B'),
        { arrivalMs: 0, slot: { slot: '6', status: 'dead' } },
        update('d', 8, 30, 'D'),
        { arrivalMs: 0, slot: { slot: '7', status: 'dead' } },
        update('e', 9, 40, 'E'),
      ];
      await run({ kind: 'path', path: await write('recording.json', records) }, EACH_MS);
      const [b, c, d] = [signature('B'), signature('C'), signature('D')];
      expect(await accountsAt(`after:${c},last:4`)).toEqual(['7 20', 'a 6:15', 'b 6:16', 'c 7:20']);
      expect(await accountsAt(`after:${c},last:5`)).toEqual(['7 20', 'a 5:10', 'c 7:20']);
      expect(await accountsAt(`before:${c},last:5`)).toEqual(['7 19', 'a 5:10']);
      expect(await accountsAt(`after:${d}`)).toEqual(['8 30', 'a 5:10', 'd 8:30']);
      expect(await accountsAt(`before:${d}`)).toEqual(['8 29', 'a 5:10']);
      // Its updates of a dead slot do not count.
      expect(await accountsAt(`before:${b},last:4`)).toEqual(['6 14', 'a 5:10']);
      expect(await accountsAt(`before:${b},last:5`)).toEqual(['7 20', 'a 5:10', 'c 7:20']);
      expect(await accountsAt(`after:${b},last:5`)).toEqual(['7 21', 'a 5:10', 'b 7:21', 'c 7:20']);
      for (const instant of [`after:${b}`, `before:${b}`, `after:${c}`]) {
        await expect(accountsAt(instant), instant).rejects.toMatchObject({
          code: 'not_found',
          message: /its slot was dead/,
        });
      }
    });

    it('is a whole slot where a source has no write versions', async () => {
      const { write, run } = open();
      const unordered = { data: { signature: signature('A'), writeVersion: null } };
      const records = [record('a', 0, { slot: 5, ...unordered }), record('b', 0, { slot: 4 })];
      await run({ kind: 'path', path: await write('unordered.json', records) }, EACH_MS);
      expect(await accountsAt(`after:${signature('A')}`)).toEqual(['5 null', 'a 5:0', 'b 4:0']);
      expect(await accountsAt(`before:${signature('A')}`)).toEqual(['4 null', 'b 4:0']);
    });

    it('is refused where nothing has a slot', async () => {
      const { client, write, run } = open();
      await run({ kind: 'path', path: await write('none.json', [record('a', 1)]) }, EACH_MS);
      await expect(client.call('instant.resolve', { instant: 'slot:0' })).rejects.toMatchObject({
        code: 'invalid_input',
        message: 'Nothing here has a slot, so there is no state as of one.',
      });
    });
  });

  it('lists what had happened before it, as far as that is stored', async () => {
    const { client, write, run } = open();
    const records = [
      record('a', 1, { callbackTimeMs: 2 }),
      record('b', 1, { callbackTimeMs: 90 }),
      record('b', 1, { callbackTimeMs: 90 }),
      record('c', 1, { tokens: -1 }),
      record('b', 2, { tokens: 7 }),
      record('b', 1, { tokens: 9 }),
      record('b', 0),
    ];
    await run({ kind: 'path', path: await write('log.json', records) }, EACH_MS);
    const eventsAt = async (instant: string) => {
      const { seq: asOf, runId, at } = await client.call('instant.resolve', { instant });
      const { events, ...rest } = await client.call('timeline.events', { asOf, runId, at });
      expect(rest).toEqual({ more: false, removed: false, rejects: true });
      return events.map(({ kind, moment, id, version, how, supersededBy }) =>
        [moment.at, kind, id, version, how, supersededBy].filter((part) => part !== null).join(' '),
      );
    };
    const all = [
      '1 indexed a 1',
      '2 indexed b 1',
      '3 fired a 1 due',
      '4 rejected',
      '5 indexed b 2',
      '5 cancelled b 1 newer version 2',
      '5 fired b 2 due',
      '7 stale b 0',
    ];
    expect(await eventsAt('last@7ms')).toEqual(all);
    expect(await eventsAt('last@4ms')).toEqual(all.slice(0, 4));
    expect(await eventsAt('last@3ms')).toEqual(all.slice(0, 3));
    expect(await eventsAt('last@0ms')).toEqual([]);
  });

  it('finds the next event of a run and the one before, callbacks too', async () => {
    const { client, write, run } = open();
    const records: object[] = Array.from({ length: 60 }, () => filler);
    records[9] = record('a', 1, { callbackTimeMs: 20 });
    records[19] = record('b', 1, { callbackTimeMs: 30 });
    const source = { kind: 'path', path: await write('two.json', records) } as const;
    const { runId } = await run(source, EACH_MS);
    await run({ kind: 'path', path: await write('more.json', [record('c', 1)]) }, EACH_MS);
    const walk = async (direction: 'next' | 'previous', from: number) => {
      const found: number[] = [];
      for (let at: number | null = from; at !== null; ) {
        at = await client.call('timeline.neighbour', { runId, at, direction });
        if (at !== null) found.push(at);
      }
      return found;
    };
    expect(await walk('next', 0)).toEqual([10, 20, 30, 50]);
    expect(await walk('previous', 60)).toEqual([50, 30, 20, 10]);
    expect(await walk('previous', 10)).toEqual([]);
    await expect(
      client.call('timeline.neighbour', { runId: '9', at: 0, direction: 'next' }),
    ).rejects.toMatchObject({ code: 'not_found' });
  });

  it('refuses what is no instant, and a run that is not there', async () => {
    const { client } = open();
    await expect(client.call('instant.resolve', { instant: 'later' })).rejects.toMatchObject({
      code: 'invalid_input',
    });
    await expect(client.call('instant.resolve', { instant: 'last' })).rejects.toMatchObject({
      code: 'invalid_input',
    });
    await expect(client.call('instant.resolve', { instant: 'last:1' })).rejects.toMatchObject({
      code: 'not_found',
    });
    await expect(client.call('instant.resolve', { instant: '9@1s' })).rejects.toMatchObject({
      code: 'not_found',
    });
  });
});
