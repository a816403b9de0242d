import { join } from 'node:path';
import { Readable } from 'node:stream';
import { createGzip, gzipSync } from 'node:zlib';
import { MAX_RECORD_BYTES } from '../../src-main/ingestion/limits';
import { EXIT } from '../../src-main/shells/process/failure';
import { copyDirectory } from '../drive/program';
import { createRandom, type Random } from '../drive/random';
import { readStored } from '../drive/stored';
import type { CaseContext, CaseResult, Scenario, Size } from './scenario';

/** Size of a line or a bomb. */
const BYTES = { short: 64 * 2 ** 20, long: 2 ** 30 };
const PIECE_BYTES = 2 ** 20;
/** Resident limit: the database takes some 300 MB of it. A program that kept the line or the bomb would exceed it by far. */
const MEMORY_LIMIT_BYTES = 700 * 2 ** 20;
const RECORDS = 200;

interface Fuzz {
  readonly name: string;
  /** Also in the short form. */
  readonly short?: true;
  /** Its expected exit codes. */
  readonly codes: readonly number[];
  /** How many records must have been applied, if known. */
  readonly applied?: number;
  readonly make: (random: Random, size: Size) => Readable;
}

const recordText = (index: number) =>
  JSON.stringify({
    id: `account-${index % 50}`,
    accountType: 'mint',
    tokens: 1,
    callbackTimeMs: 0,
    data: {},
    version: index,
  });
const ndjson = (end = '\n') =>
  Array.from({ length: RECORDS }, (_, index) => `${recordText(index)}${end}`).join('');
const of = (...parts: readonly (string | Buffer)[]) => Readable.from(parts.map((part) => Buffer.from(part)));

function* repeat(head: string, piece: Buffer, bytes: number): Generator<Buffer> {
  yield Buffer.from(head);
  for (let made = 0; made < bytes; made += piece.length) yield piece;
}

const FUZZES: readonly Fuzz[] = [
  { name: 'byte order mark', codes: [EXIT.done], applied: RECORDS, make: () => of('\ufeff', ndjson()) },
  { name: 'CRLF', codes: [EXIT.done], applied: RECORDS, make: () => of(ndjson('\r\n')) },
  {
    name: 'UTF-16',
    codes: [EXIT.misused],
    applied: 0,
    make: () => of(Buffer.from(`\ufeff${ndjson()}`, 'utf16le')),
  },
  {
    name: 'cut off at a random byte',
    short: true,
    codes: [EXIT.failed, EXIT.done],
    make: (random) => {
      const bytes = Buffer.from(`[${ndjson().trim().replaceAll('\n', ',')}]`);
      return of(bytes.subarray(0, random.int(2, bytes.length - 1)));
    },
  },
  {
    name: 'a byte changed at random',
    codes: [EXIT.failed, EXIT.done, EXIT.misused],
    make: (random) => {
      const bytes = Buffer.from(ndjson());
      bytes[random.int(0, bytes.length - 1)] = random.int(0, 255);
      return of(bytes);
    },
  },
  {
    name: 'nested a million deep',
    short: true,
    codes: [EXIT.failed, EXIT.misused],
    make: () => of(ndjson(), `{"id":"deep","data":${'['.repeat(1_000_000)}${']'.repeat(1_000_000)}}\n`),
    applied: RECORDS,
  },
  {
    name: 'a line without an end',
    short: true,
    codes: [EXIT.failed],
    applied: RECORDS,
    make: (_, size) =>
      Readable.from(repeat(`${ndjson()}{"id":"long","data":"`, Buffer.alloc(PIECE_BYTES, 'x'), BYTES[size])),
  },
  {
    name: 'gzip cut off',
    codes: [EXIT.failed, EXIT.misused],
    make: (random) => {
      const bytes = gzipSync(ndjson());
      return of(bytes.subarray(0, random.int(30, bytes.length - 1)));
    },
  },
  {
    name: 'gzip with a byte changed',
    codes: [EXIT.failed, EXIT.misused, EXIT.done],
    make: (random) => {
      const bytes = gzipSync(ndjson());
      const at = random.int(10, bytes.length - 1);
      bytes[at] = (bytes[at] ?? 0) ^ (1 << random.int(0, 7));
      return of(bytes);
    },
  },
  {
    name: 'a decompression bomb',
    short: true,
    codes: [EXIT.failed, EXIT.misused],
    make: (_, size) => {
      const text = Readable.from(
        repeat('{"id":"bomb","data":"', Buffer.alloc(PIECE_BYTES, ' '), BYTES[size]),
      );
      return text.pipe(createGzip());
    },
  },
];

async function feed(context: CaseContext): Promise<CaseResult> {
  const { program, folder, prepared, size } = context;
  const random = createRandom(...context.seedWords);
  const outcomes: string[] = [];
  const breaches: string[] = [];
  const fuzzes = size === 'long' ? FUZZES : FUZZES.filter(({ short }) => short);
  for (const fuzz of fuzzes) {
    const dataDir = join(folder, fuzz.name.replaceAll(' ', '-'));
    await copyDirectory(prepared, dataDir);
    const args = ['ingest', '-', '--data-dir', dataDir, '--arrival', 'none', '--no-wait', '--json'];
    const ended = await program.run(args, { input: fuzz.make(random, size) });
    const wrong = (what: string) => breaches.push(`${fuzz.name}: ${what}: ${ended.stderr.slice(0, 400)}`);
    if (ended.hung) wrong('hung');
    if (ended.code === null || !fuzz.codes.includes(ended.code)) wrong(`ended with ${ended.code}`);
    if (/\n {4}at /.test(ended.stderr)) wrong('no plain message');
    if (ended.peakMemoryBytes > MEMORY_LIMIT_BYTES) {
      wrong(
        `took ${Math.round(ended.peakMemoryBytes / 2 ** 20)} MiB for records of at most ${MAX_RECORD_BYTES}`,
      );
    }
    const reading = await readStored(program, dataDir);
    if (reading.kind === 'refused') wrong('the database cannot be opened afterwards');
    else {
      const said = ended.lines.filter((line) => /^\{"event":"(indexed|stale|duplicate|conflict)"/.test(line));
      const { updates } = reading.stored;
      const repeats = said.filter((line) => /"(duplicate|conflict)"/.test(line)).length;
      if (updates.length !== said.length - repeats) wrong(`${said.length} said, ${updates.length} kept`);
      if (fuzz.applied !== undefined && updates.length !== fuzz.applied)
        wrong(`${updates.length} records kept`);
    }
    outcomes.push(ended.code === EXIT.done ? 'read' : 'refused with a message');
  }
  return { tried: fuzzes.length, outcomes, breaches };
}

export const inputs: readonly Scenario[] = [
  {
    name: 'input',
    fault: 'broken, hostile and huge input on standard input',
    cases: { short: 1, long: 12 },
    kills: false,
    perCase: FUZZES.length,
    run: feed,
  },
];
