import { createWriteStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { generateRecords } from '../../src-main/ingestion/generator';
import { openSource } from '../../src-main/ingestion/open-source';
import type { SourceRecord } from '../../src-main/ingestion/record';
import type { DelayRange } from '../../src-shared/run-settings';
import { OUTCOMES, type Outcome } from '../../src-shared/update';

/** What the updates are like: as of `ingot generate`, but for the times of the callbacks. */
export interface Mix {
  readonly accounts: number;
  readonly seed: number;
  readonly stale: number;
  readonly duplicate: number;
  readonly conflict: number;
  readonly invalid: number;
  readonly callbackTimeMs: DelayRange;
}

/** Updates that lie ready in a file, so that making them takes nothing from the program that is measured. */
export interface Workload {
  readonly path: string;
  readonly records: number;
  /** Of an invalid record it means nothing. */
  callbackTimeMs(record: number): number;
  /** What the generator made it to become. */
  expected(record: number): Outcome;
  openReader(): Promise<WorkloadReader>;
  /** The records as Ingot reads them, in order. */
  sourceRecords(): AsyncGenerator<SourceRecord>;
}

/** Hands the updates out in order, as bytes. */
export interface WorkloadReader {
  readonly taken: number;
  /** The next `count` records, or as many of them as `atMostBytes` has room for: one at least. */
  take(count: number, atMostBytes: number): Promise<Uint8Array>;
  close(): Promise<void>;
}

/** The generator draws callback times up to this. */
const GENERATED_TIMES_TO_MS = 10_000;
const WRITE_BYTES = 64 * 1024;
const READ_BYTES = 1024 * 1024;

/** Writes the updates of a mix to a file, and remembers a few bytes of each. */
export async function writeWorkload(path: string, records: number, mix: Mix): Promise<Workload> {
  const lengths = new Uint32Array(records);
  const times = new Uint32Array(records);
  const expected = new Uint8Array(records);
  const { callbackTimeMs, ...options } = mix;
  function* compose(): Generator<Buffer> {
    let record = 0;
    let text = '';
    for (const { outcome, text: generated } of generateRecords({ ...options, records, ndjson: true })) {
      const { line, timeMs } = retime(generated, callbackTimeMs);
      lengths[record] = Buffer.byteLength(line);
      times[record] = timeMs;
      expected[record] = OUTCOMES.indexOf(outcome);
      record += 1;
      text += line;
      if (text.length < WRITE_BYTES) continue;
      yield Buffer.from(text);
      text = '';
    }
    yield Buffer.from(text);
  }
  await pipeline(Readable.from(compose()), createWriteStream(path));
  return {
    path,
    records,
    callbackTimeMs: (record) => times[record] ?? 0,
    expected: (record) => OUTCOMES[expected[record] ?? 0] ?? 'indexed',
    openReader: () => openReader(path, lengths),
    async *sourceRecords() {
      const source = await openSource({ kind: 'file', path });
      for await (const chunk of source.chunks()) yield* chunk;
    },
  };
}

/**
 * The record with its callback time moved into the range asked for. The same time becomes the same again, so
 * that what repeats an update goes on repeating it. One that is not valid stays as it is.
 */
function retime(text: string, { fromMs, toMs }: DelayRange): { line: string; timeMs: number } {
  let timeMs = 0;
  const line = text.replace(/"callbackTimeMs":(\d+)(?=[,}])/, (_, generated: string) => {
    const share = Number(generated) / GENERATED_TIMES_TO_MS;
    timeMs = fromMs + Math.min(toMs - fromMs, Math.floor(share * (toMs - fromMs + 1)));
    return `"callbackTimeMs":${timeMs}`;
  });
  return { line: `${line}\n`, timeMs };
}

async function openReader(path: string, lengths: Uint32Array): Promise<WorkloadReader> {
  const file = await open(path, 'r');
  let ready: Uint8Array = Buffer.alloc(0);
  let taken = 0;
  const readOn = async () => {
    const more = Buffer.allocUnsafe(READ_BYTES);
    const { bytesRead } = await file.read(more, 0, READ_BYTES, null);
    if (bytesRead === 0) throw new Error(`${path} is shorter than it was written`);
    ready = Buffer.concat([ready, more.subarray(0, bytesRead)]);
  };
  return {
    get taken() {
      return taken;
    },
    async take(count, atMostBytes) {
      let bytes = 0;
      let records = 0;
      while (records < count && (records === 0 || bytes + (lengths[taken + records] ?? 0) <= atMostBytes)) {
        bytes += lengths[taken + records] ?? 0;
        records += 1;
      }
      while (ready.length < bytes) await readOn();
      const piece = ready.subarray(0, bytes);
      ready = ready.subarray(bytes);
      taken += records;
      return piece;
    },
    close: () => file.close(),
  };
}
