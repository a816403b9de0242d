import type { LiveSource } from '../ingestion/live/live-source';
import type { RecordSource } from '../ingestion/record';
import type { Clock } from '../time/clock';

/** Resolves when more may be made. */
export type Ready = () => Promise<void>;

/** The same source, read only as fast as its outcomes can be told. */
export function holdSource(source: RecordSource, ready: Ready): RecordSource {
  return {
    name: source.name,
    bytesTotal: source.bytesTotal,
    format: source.format,
    compression: source.compression,
    reading: source.reading,
    idls: source.idls,
    get skipped() {
      return source.skipped;
    },
    get fieldMap() {
      return source.fieldMap;
    },
    get notes() {
      return source.notes;
    },
    identify: () => source.identify(),
    progress: () => source.progress(),
    close: () => source.close(),
    onDeath: (tell) => source.onDeath(tell),
    async *chunks() {
      for await (const chunk of source.chunks()) {
        await ready();
        yield chunk;
      }
    },
  };
}

/** As `holdSource`. */
export function holdLiveSource(source: LiveSource, ready: Ready): LiveSource {
  return {
    name: source.name,
    committed: (position) => source.committed(position),
    async *connect(from, signal) {
      for await (const messages of source.connect(from, signal)) {
        await ready();
        yield messages;
      }
    },
  };
}

/**
 * The same clock, whose alarms and pauses for breath also wait for `ready`: so callbacks fire only as
 * fast as they can be told. Late they may be, never early; virtual time stands still meanwhile.
 */
export function holdClock(clock: Clock, ready: Ready): Clock {
  return {
    now: () => clock.now(),
    monotonicMs: () => clock.monotonicMs(),
    waitUntil: (at, signal) => clock.waitUntil(at, signal),
    async breathe() {
      await ready();
      await clock.breathe();
    },
    setAlarm(at, wake) {
      let cleared = false;
      const alarm = clock.setAlarm(at, async () => {
        await ready();
        if (!cleared) await wake();
      });
      return {
        clear() {
          cleared = true;
          alarm.clear();
        },
      };
    },
  };
}
