import { appendFile, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readingFrom } from '../../../src-shared/mapping';
import { createVirtualClock } from '../../time/testing/virtual-clock';
import { planArrivals } from '../arrival-plan';
import type { ChainAccount } from '../chain-account';
import { openSource } from '../open-source';
import type { SlotDeath, SourceRecord } from '../record';
import { toUpdate } from '../to-update';
import type { LiveMessage, LiveSource } from './live-source';
import { recordSource } from './record-source';
import { createTaker } from './testing/taker';

const KEY = 'BjecmA3hhW8zD7ToGsosrHA8FFwpovaXDErrFL9Xjuz7';
const account = (slot: string, changes: object = {}): ChainAccount => ({
  id: KEY,
  slot,
  writeVersion: '18446744073709551615',
  signature: null,
  state: {
    lamports: '18446744073709551615',
    owner: '11111111111111111111111111111111',
    executable: true,
    rentEpoch: '18446744073709551615',
    data: { kind: 'bytes', bytes: new Uint8Array([1, 2, 3]), space: 9 },
  },
  ...changes,
});
type Chunk = readonly [afterMs: number, ...messages: LiveMessage[]];
const of = (one: ChainAccount): LiveMessage => ({ kind: 'account', account: one });
const settings = { arrival: 'recorded', delay: { fromMs: 0, toMs: 0 }, seed: 1, simulate: false } as const;

describe('a live source that is recorded', () => {
  let folder: string;
  let path: string;
  const clock = createVirtualClock(1_000);
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ingot-record-'));
    path = join(folder, 'recorded.ndjson');
  });
  afterEach(() => rm(folder, { recursive: true }));

  /** Each chunk comes so many milliseconds after the one before it. */
  const sourceOf = (...chunks: readonly Chunk[]): LiveSource => ({
    name: 'test',
    async *connect() {
      for (const [afterMs, ...messages] of chunks) {
        await clock.waitUntil(clock.now() + afterMs);
        yield [...messages, { kind: 'position', position: '{}' }];
      }
    },
    committed: async () => undefined,
  });
  const record = (...chunks: readonly Chunk[]) =>
    createTaker().take(recordSource(sourceOf(...chunks), path, clock), () => false);
  const replay = async (played = 0) => {
    const source = await openSource({ kind: 'file', path });
    const planned: { source: SourceRecord; at: number | null }[] = [];
    const deaths: SlotDeath[] = [];
    source.onDeath((death) => deaths.push(death));
    const part = { records: played, passed: () => undefined };
    for await (const group of planArrivals(source.chunks(), settings, part)) planned.push(...group);
    return { planned, deaths, skipped: source.skipped };
  };

  it('gives the same updates again, with the gaps that it had', async () => {
    const parsed = account('7', {
      state: {
        ...account('7').state,
        data: {
          kind: 'parsed',
          program: 'spl-token',
          type: 'mint',
          parsed: '{"type":"mint","info":{}}',
          space: 82,
        },
      },
    });
    const accounts = [
      account('5'),
      account('6', { signature: '1'.repeat(64) }),
      parsed,
      account('8', { state: null }),
    ];
    const [first, second, third, fourth] = accounts.map(of) as [
      LiveMessage,
      LiveMessage,
      LiveMessage,
      LiveMessage,
    ];
    await record(
      [0, first, { kind: 'slot', slot: '5', status: 'dead' }],
      [1500, second, third],
      [2, { kind: 'skipped', what: 'ping' }, { kind: 'gap', fromSlot: null, toSlot: '7', reason: 'lost' }],
      [40_000, fourth],
    );
    const { planned, deaths, skipped } = await replay();
    expect(deaths).toEqual([{ slot: '5', after: 1, arrivalMs: expect.any(Number) }]);
    expect(planned.map(({ at }) => at)).toEqual([0, 1500, 1500, 41_502]);
    expect(planned.map(({ source }) => source)).toEqual(
      accounts.map((one, index) =>
        expect.objectContaining({ record: index, ...toUpdate(one, readingFrom({}), () => null) }),
      ),
    );
    expect(skipped.map(({ name, records }) => [name, records])).toEqual([
      ['slot', 1],
      ['other', 1],
      ['gap', 1],
    ]);
    expect((await replay(2)).planned).toEqual(planned.slice(2));
  });

  it('keeps updates of Ingot, those without a version, and why others were rejected', async () => {
    const content = { id: 'a', accountType: 'mint', tokens: '5', callbackTimeMs: 9, data: '{"a":\n  [1]}' };
    await record([
      0,
      { kind: 'record', record: { record: 0, kind: 'update', update: { ...content, version: '7:3' } } },
      { kind: 'record', record: { record: 1, kind: 'unnumbered', update: { ...content, slot: '8' } } },
      {
        kind: 'record',
        record: { record: 2, kind: 'reject', field: 'id', reason: 'id: required', excerpt: '{}' },
      },
    ]);
    const { planned, skipped } = await replay();
    const data = '{"a": [1]}';
    expect(planned.map(({ source }) => source)).toEqual([
      expect.objectContaining({ kind: 'update', update: { ...content, data, version: '7:3' } }),
      expect.objectContaining({ kind: 'unnumbered', update: { ...content, data, slot: '8' } }),
    ]);
    expect(skipped).toEqual([{ name: 'rejected', records: 1 }]);
  });

  it('goes on in the same file after a crash, without the half line', async () => {
    await record([0, of(account('5'))]);
    await appendFile(path, `{"arrivalMs":5,"account":{"pubkey":"${'x'.repeat(200_000)}`);
    await record([700, of(account('6'))]);
    expect((await readFile(path, 'utf8')).split('\n')).toHaveLength(3);
    expect((await replay()).planned.map(({ at }) => at)).toEqual([0, 700]);
  });

  it('holds its file open only while it is connected: one that was moved away is not written to again', async () => {
    const recorded = recordSource(sourceOf([0, of(account('5'))]), path, clock);
    await createTaker().take(recorded, () => false);
    await rename(path, `${path}.1`);
    await createTaker().take(recorded, () => false);
    expect((await replay()).planned).toHaveLength(1);
  });

  it('is on disk before it is handed on', async () => {
    const source = recordSource(sourceOf([0, of(account('5'))], [0, of(account('6'))]), path, clock);
    let seen = 0;
    for await (const _ of source.connect(null, new AbortController().signal)) {
      seen++;
      expect((await replay()).planned).toHaveLength(seen);
    }
    expect(seen).toBe(2);
  });

  it('cannot be taken from a source that does not say when its records came', async () => {
    await writeFile(path, '{"id":"a","accountType":"mint","tokens":1,"version":1,"callbackTimeMs":0}\n');
    await expect(replay()).rejects.toMatchObject({ code: 'invalid_input' });
  });
});
