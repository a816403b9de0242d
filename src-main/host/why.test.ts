import { describe, expect, it } from 'vitest';
import { formatRunTime } from '../../src-shared/run-clock';
import { explainUpdate, lifelineOf, plainSentence, type Why } from '../../src-shared/why';
import { type ConnectedHost, record, useConnectedHost } from './testing/connected-host';

const HOUR_MS = 3_600_000;
const VIRTUAL = { simulate: true, delay: { fromMs: 100, toMs: 100 } } as const;

const whyOf = ({ client }: ConnectedHost, id: string, version: string) =>
  client.call('updates.why', { id, version });
const say = (why: Why) => plainSentence(explainUpdate(why, ({ at }) => formatRunTime(at)));
async function play({ write, run }: ConnectedHost, records: readonly object[], settings: object) {
  const path = await write('why.json', records);
  return run({ kind: 'path', path }, settings);
}

describe('why', () => {
  const open = useConnectedHost();

  it('explains every version of a virtual run, and what waits after its end', async () => {
    const records = [
      record('a', 9, { callbackTimeMs: 5_000 }),
      record('a', 7),
      record('a', 13, { callbackTimeMs: 50 }),
      record('b', 1, { callbackTimeMs: HOUR_MS }),
      record('c', 1, { callbackTimeMs: HOUR_MS }),
    ];
    await play(open(), records, { ...VIRTUAL, wait: false });
    const sayOf = async (id: string, version: string) => say(await whyOf(open(), id, version));
    expect(await sayOf('a', '9')).toBe(
      'Did not fire: cancelled by version 13 at 00:00.300, 4.8 s before it was due.',
    );
    expect(await sayOf('a', '7')).toBe('Stale: version 9 was there 100 ms before.');
    expect(await sayOf('a', '13')).toBe('Fired on time at 00:00.350.');
    expect(await sayOf('b', '1')).toBe(
      'Waits, frozen: due at 1:00:00.400, 1 h 00 m after the end of its virtual run. Fire or cancel it by hand.',
    );
    await open().client.call('callbacks.fire', { id: 'b', version: '1' });
    expect(await sayOf('b', '1')).toMatch(/^Fired by hand at 00:00\.\d+, 1 h 00 m before it was due\.$/);
    await open().client.call('callbacks.cancel', { id: 'c', version: '1' });
    expect(await sayOf('c', '1')).toMatch(/^Did not fire: cancelled by hand at 00:00\.\d+, 1 h 00 m before/);

    const lifeline = lifelineOf(await whyOf(open(), 'a', '9'));
    expect(lifeline.map(({ kind, afterMs, version }) => [kind, afterMs, version])).toEqual([
      ['arrived', 0, null],
      ['cancelled', 200, '13'],
      ['due', 5_000, null],
    ]);
  });

  it('says where the clock of a callback that waits stands, and whether all are paused', async () => {
    const { client, write } = open();
    const path = await write('waits.json', [record('a', 1, { callbackTimeMs: HOUR_MS })]);
    await client.call('run.start', { source: { kind: 'path', path }, settings: { arrival: 'none' } });
    await client.untilFrame(({ status }) => status?.state === 'draining');
    expect(await whyOf(open(), 'a', '1')).toMatchObject({ clock: { rate: 1, state: 'moves' }, held: false });
    const paused = await client.call('run.pause', {});
    const why = await whyOf(open(), 'a', '1');
    expect(why.clock).toEqual({ at: paused.at, rate: 0, state: 'paused' });
    expect(say(why)).toMatch(/^Waits: due at 1:00:00\.\d+, in .* of the run, which is paused\.$/);

    await client.call('callbacks.pause', {});
    await client.call('run.stop', {});
    const stopped = await whyOf(open(), 'a', '1');
    expect(stopped).toMatchObject({ clock: { rate: 1, state: 'moves' }, held: true });
    expect(say(stopped)).toMatch(/of the run, but all callbacks are paused\.$/);
  });

  it('finds a version by its slot, and across runs', async () => {
    await play(open(), [record('a', 5, { slot: 12, callbackTimeMs: HOUR_MS })], { ...VIRTUAL, wait: false });
    await play(open(), [record('a', 99), record('a', 6, { slot: 12 })], VIRTUAL);
    expect(say(await whyOf(open(), 'a', '12:5'))).toBe(
      'Did not fire: cancelled by version 12:6 at 00:00.200 of run 2.',
    );
    expect(say(await whyOf(open(), 'a', '99'))).toBe(
      'Stale: version 12:5 was there since 00:00.100 of run 1.',
    );
    await expect(whyOf(open(), 'a', '5')).rejects.toMatchObject({ code: 'not_found' });
    await expect(whyOf(open(), 'z', '5')).rejects.toMatchObject({ code: 'not_found' });
  });
});
