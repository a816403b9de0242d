import { describe, expect, it } from 'vitest';
import type { RecordSource, SourceRecord } from '../ingestion/record';
import { createVirtualClock } from '../time/testing/virtual-clock';
import { holdClock, holdSource } from './back-pressure';

/** A door that somebody else opens. */
function createDoor() {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { ready: () => opened, open };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

function sourceOf(chunks: readonly (readonly SourceRecord[])[]): RecordSource {
  return {
    name: 'test',
    bytesTotal: null,
    format: 'ndjson',
    compression: 'none',
    reading: null,
    skipped: [],
    idls: [],
    fieldMap: 'canonical',
    notes: [],
    async *chunks() {
      yield* chunks;
    },
    identify: async () => ({ kind: 'stream' }),
    progress: () => ({ bytesRead: 7, byteOffset: 5, expectedRecords: 3 }),
    onDeath: (tell) => tell({ slot: '5', after: 0 }),
    close: async () => {},
  };
}

const reject = (record: number): SourceRecord => {
  return { record, kind: 'reject', field: 'id', reason: 'id: required', excerpt: '{}' };
};

describe('a held source', () => {
  it('gives nothing before the output is ready, then everything in order', async () => {
    const door = createDoor();
    const source = holdSource(sourceOf([[reject(0), reject(1)], [reject(2)]]), door.ready);
    const got: number[] = [];
    const died: string[] = [];
    source.onDeath(({ slot }) => died.push(slot));
    expect(died).toEqual(['5']);
    const reading = (async () => {
      for await (const chunk of source.chunks()) got.push(...chunk.map(({ record }) => record));
    })();
    await turn();
    expect(got).toEqual([]);
    door.open();
    await reading;
    expect(got).toEqual([0, 1, 2]);
  });
});

describe('a held clock', () => {
  it('rings no alarm before the output is ready, and time stands still', async () => {
    const door = createDoor();
    const clock = holdClock(createVirtualClock(), door.ready);
    const rung: number[] = [];
    clock.setAlarm(500, () => void rung.push(clock.now()));
    const waiting = clock.waitUntil(1000);
    await turn();
    expect(rung).toEqual([]);
    expect(clock.now()).toBe(500);
    door.open();
    await waiting;
    expect(rung).toEqual([500]);
    expect(clock.now()).toBe(1000);
  });

  it('does not ring an alarm that was cleared while it was held', async () => {
    const door = createDoor();
    const clock = holdClock(createVirtualClock(), door.ready);
    let rung = false;
    const alarm = clock.setAlarm(500, () => {
      rung = true;
    });
    const waiting = clock.waitUntil(1000);
    await turn();
    alarm.clear();
    door.open();
    await waiting;
    expect(rung).toBe(false);
  });

  it('catches its breath only when the output is ready', async () => {
    const door = createDoor();
    const clock = holdClock(createVirtualClock(), door.ready);
    let breathed = false;
    const breathing = clock.breathe().then(() => {
      breathed = true;
    });
    await turn();
    expect(breathed).toBe(false);
    door.open();
    await breathing;
    expect(breathed).toBe(true);
  });
});
