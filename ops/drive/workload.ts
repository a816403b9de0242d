import { createWriteStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { planArrivals } from '../../src-main/ingestion/arrival-plan';
import { generateRecords } from '../../src-main/ingestion/generator';
import { openSource } from '../../src-main/ingestion/open-source';
import type { SourceRecord } from '../../src-main/ingestion/record';
import { type DelayRange, parseDelayRange, runSettingsSchema } from '../../src-shared/run-settings';
import { OUTCOMES, type Outcome } from '../../src-shared/update';
import type { Random } from './random';

/** The kind of updates: as from `ingot generate`, except for the callbacks' times. */
export interface Mix {
  readonly accounts: number;
  readonly seed: number;
  readonly stale: number;
  readonly duplicate: number;
  readonly conflict: number;
  readonly invalid: number;
  /** A range, or the times to choose from. */
  readonly callbackTimeMs: DelayRange | readonly number[];
}

/** Updates in a prepared file, so that making them costs the measured program nothing. */
export interface Workload {
  readonly path: string;
  readonly records: number;
  /** Meaningless for an invalid record. */
  callbackTimeMs(record: number): number;
  /** The outcome that the generator intended. */
  expected(record: number): Outcome;
  openReader(): Promise<WorkloadReader>;
  /** The records as Ingot reads them, in order. */
  sourceRecords(): AsyncGenerator<SourceRecord>;
}

/** Hands out the updates in order, as bytes. */
export interface WorkloadReader {
  readonly taken: number;
  /** The next `count` records, or as many as fit into `atMostBytes`, but at least one. */
  take(count: number, atMostBytes: number): Promise<Uint8Array>;
  close(): Promise<void>;
}

/** The generator's largest callback time. */
const GENERATED_TIMES_TO_MS = 10_000;
const WRITE_BYTES = 64 * 1024;
const READ_BYTES = 1024 * 1024;

/** Writes the updates of a mix to a file, compressed if its name ends in `.gz`, and keeps a few bytes of each. */
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
  const file = createWriteStream(path);
  const bytes = Readable.from(compose());
  await (path.endsWith('.gz') ? pipeline(bytes, createGzip(), file) : pipeline(bytes, file));
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

export interface SourceOptions {
  readonly records: number;
  readonly accounts: number;
  /** Callback times are drawn from these. */
  readonly callbackTimesMs: readonly number[];
  readonly gzip?: boolean;
  /** Flags for its arrivals. */
  readonly arrival: readonly string[];
}

export interface Source {
  readonly path: string;
  /** As the program reads them, in order of arrival. */
  readonly records: readonly SourceRecord[];
}

/** Writes a source with every outcome, to a file whose name begins with `path`. */
export async function writeSource(
  path: string,
  random: Random,
  { records, accounts, callbackTimesMs, arrival, gzip = false }: SourceOptions,
): Promise<Source> {
  const shares = { stale: 0.1, duplicate: 0.05, conflict: 0.02, invalid: 0.01 };
  const mix = { accounts, seed: random.int(0, 0x7fff_ffff), ...shares, callbackTimeMs: callbackTimesMs };
  const file = `${path}.ndjson${gzip ? '.gz' : ''}`;
  await writeWorkload(file, records, mix);
  const flagValue = (flag: string) => arrival[arrival.indexOf(flag) + 1] ?? '';
  const delay = arrival.includes('--delay') ? parseDelayRange(flagValue('--delay')) : undefined;
  const settings = runSettingsSchema.parse({ arrival: flagValue('--arrival'), ...(delay && { delay }) });
  const source = await openSource({ kind: 'file', path: file });
  const arrived: SourceRecord[] = [];
  for await (const planned of planArrivals(source.chunks(), settings)) {
    for (const { source: record } of planned) arrived.push(record);
  }
  return { path: file, records: arrived };
}

/**
 * The record with a callback time from the requested ones. Equal times stay equal, so that a repeated update stays a repetition.
 * An invalid record is unchanged.
 */
function retime(text: string, times: Mix['callbackTimeMs']): { line: string; timeMs: number } {
  let timeMs = 0;
  const line = text.replace(/"callbackTimeMs":(\d+)(?=[,}])/, (_, generated: string) => {
    const share = Number(generated) / GENERATED_TIMES_TO_MS;
    timeMs = timeAt(share, times);
    return `"callbackTimeMs":${timeMs}`;
  });
  return { line: `${line}\n`, timeMs };
}

function timeAt(share: number, times: Mix['callbackTimeMs']): number {
  if ('fromMs' in times) {
    const { fromMs, toMs } = times;
    return fromMs + Math.min(toMs - fromMs, Math.floor(share * (toMs - fromMs + 1)));
  }
  return times[Math.min(times.length - 1, Math.floor(share * times.length))] ?? 0;
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
