import { expect, it } from 'vitest';
import { runSettingsSchema } from '../../src-shared/run-settings';
import { openEmptyDatabase } from '../database/testing/each-database';
import type { RecordSource, SourceRecord } from '../ingestion/record';
import { migrate } from '../storage/migrate';
import { createVirtualClock } from '../time/testing/virtual-clock';
import { createEngine } from './engine';
import { collectGarbage } from './testing/collect-garbage';
import { silentLogger } from './testing/play-run';

const CHUNKS = 400;
const RECORDS_PER_CHUNK = 10;
/** The latest records may still be on their way to the database, or read ahead. */
const UNDER_WAY = 80;

it('holds nothing of the records that a run is done with while it goes on', async () => {
  const database = await openEmptyDatabase('pglite');
  await migrate(database);
  const engine = await createEngine({ database, clock: createVirtualClock(), logger: silentLogger });
  const source = watchedSource();
  const settings = runSettingsSchema.parse({ arrival: 'none', wait: false });
  const run = await engine.startRun(source, settings);
  expect((await run.ended).counts.records).toBe(CHUNKS * RECORDS_PER_CHUNK);
  await engine.close();
  expect(source.livingAtTheEnd()).toEqual(Array.from({ length: CHUNKS - UNDER_WAY }, () => 0));
});

/** Before it reports its end, counts the living records of each chunk except the last ones. */
function watchedSource(): RecordSource & { livingAtTheEnd(): readonly number[] } {
  const chunks: WeakRef<SourceRecord>[][] = [];
  let living: readonly number[] = [];
  let handedOut = 0;
  return {
    name: 'watched.json',
    bytesTotal: null,
    format: 'json-array',
    compression: 'none',
    reading: null,
    skipped: [],
    idls: [],
    fieldMap: 'canonical',
    notes: [],
    onDeath: () => undefined,
    async *chunks() {
      while (chunks.length < CHUNKS) {
        const chunk = Array.from({ length: RECORDS_PER_CHUNK }, () => makeRecord(handedOut++));
        chunks.push(chunk.map((record) => new WeakRef(record)));
        yield chunk;
      }
      // A weak reference keeps its target alive until the end of the current turn.
      await new Promise(setImmediate);
      collectGarbage();
      living = chunks
        .slice(0, -UNDER_WAY)
        .map((records) => records.filter((record) => record.deref() !== undefined).length);
    },
    identify: async () => ({ kind: 'stream' }),
    progress: () => ({ bytesRead: handedOut, byteOffset: handedOut, expectedRecords: null }),
    close: async () => {},
    livingAtTheEnd: () => living,
  };
}

/** One account, with rising versions. */
function makeRecord(record: number): SourceRecord {
  const version = String(record + 1);
  const update = { id: 'a', accountType: 'mint', tokens: '5', version, data: '{}', callbackTimeMs: 1000 };
  return { record, kind: 'update', update };
}
