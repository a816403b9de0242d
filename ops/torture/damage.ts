import { createHash } from 'node:crypto';
import {
  closeSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  statSync,
  truncateSync,
  writeSync,
} from 'node:fs';
import { join, relative } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { readMark } from '../../src-main/storage/high-water';
import { copyDirectory } from '../drive/program';
import { createRandom, type Random } from '../drive/random';
import { readStored, readWhole, type Stored } from '../drive/stored';
import { openChain } from './chain';
import type { CaseContext, CaseResult, Scenario } from './scenario';

/** Damaged copies of one directory. */
const COPIES = { short: 2, long: 8 };
/** The files that name the holder. */
const NOT_CONTENT = /(ingot\.lock|postmaster\.pid|postmaster\.opts)$/;

function listFiles(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !NOT_CONTENT.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

function fingerprint(folder: string): string {
  const hash = createHash('sha256');
  for (const path of listFiles(folder)) hash.update(relative(folder, path)).update(readFileSync(path));
  return hash.digest('hex');
}

/** The parts of the directory, each equally likely, whatever the number of its files. */
const PLACES = [/\/pg_wal\//, /\/base\//, /\/global\//, /\/pg_xact\//, /\/pg\/[^/]+$/, /./];

function damage(dataDir: string, random: Random): string {
  const place = random.pick(PLACES);
  const files = listFiles(dataDir).filter((path) => place.test(path) && statSync(path).size > 0);
  const path = random.pick(files);
  const { size } = statSync(path);
  const what = random.int(0, 2);
  const name = relative(dataDir, path);
  if (what === 0) {
    const left = random.int(0, size - 1);
    truncateSync(path, left);
    return `${name} cut to ${left} of ${size} bytes`;
  }
  // A byte, or a page that never reached the disk.
  const length = what === 1 ? 1 : Math.min(8_192, size);
  const at = what === 1 ? random.int(0, size - 1) : Math.floor(random.int(0, size - length) / 8_192) * 8_192;
  const fd = openSync(path, 'r+');
  const bytes = Buffer.alloc(length);
  readSync(fd, bytes, 0, length, at);
  writeSync(fd, what === 1 ? Buffer.from([bytes.readUInt8() ^ 0xff]) : Buffer.alloc(length), 0, length, at);
  closeSync(fd);
  return `${name}: ${what === 1 ? 'a byte turned' : 'a page of zeros'} at ${at}`;
}

async function damageCopies(context: CaseContext): Promise<CaseResult> {
  const chain = await openChain(context, {
    records: 1_500,
    accounts: 300,
    callbackTimesMs: [0, 40, 3_600_000],
    arrival: ['--arrival', 'none', '--no-wait'],
    begin: context.prepared,
  });
  const { program, folder } = context;
  const closed = context.index % 2 === 0;
  const life = chain.start();
  if (!closed) {
    await Promise.race([life.untilLines(1_200), life.ended]);
    life.child.kill('SIGKILL');
  }
  await life.ended;
  const whole = join(folder, 'whole');
  await copyDirectory(chain.dataDir, whole);
  const reference = await readWhole(program, whole);
  const outcomes: string[] = [];
  const breaches: string[] = [];
  for (let copy = 0; copy < COPIES[context.size]; copy += 1) {
    const random = createRandom(...context.seedWords, 'copy', copy);
    const dataDir = join(folder, `copy-${copy}`);
    await copyDirectory(chain.dataDir, dataDir);
    const what = damage(dataDir, random);
    const before = fingerprint(dataDir);
    const reading = await readStored(program, dataDir);
    if (reading.kind === 'refused') {
      if (reading.ended.hung) breaches.push(`hung: ${what}`);
      if (/\n {4}at /.test(reading.ended.stderr))
        breaches.push(`no plain message: ${what}: ${reading.ended.stderr}`);
      // The database was opened, and the one damaged page was refused, in these words.
      if (/The database refused the statement/.test(reading.ended.stderr))
        outcomes.push('a damaged page told');
      else if (fingerprint(dataDir) === before) outcomes.push('refused, left as it was');
      else breaches.push(`refused, but changed: ${what}: ${reading.ended.stderr}`);
    } else if (isDeepStrictEqual(reading.stored, reference)) outcomes.push('all there');
    else if (isTold(reading.stderr)) outcomes.push('less there, and told');
    else if (await holdsWhatWasNoted(reading.stored, chain.dataDir))
      outcomes.push('less than a second lost, all there that was noted');
    else breaches.push(`opened without a word: ${what}: ${describe(reading.stored, reference)}`);
  }
  return { tried: COPIES[context.size], outcomes, breaches };
}

/** Acknowledged content is noted once a second: what came after the last note before a kill can be lost unnoticed. */
async function holdsWhatWasNoted({ runs, updates }: Stored, dataDir: string): Promise<boolean> {
  const mark = await readMark(dataDir);
  return mark !== null && runs.length >= mark.runs && BigInt(updates.length) >= BigInt(mark.updates);
}

function isTold(stderr: string): boolean {
  return stderr.split('\n').some((line) => line.trim() !== '' && !line.startsWith('Backed up '));
}

function describe(found: Stored, reference: Stored): string {
  const names = ['runs', 'accounts', 'updates', 'rejects'] as const;
  return names.map((name) => `${found[name].length} of ${reference[name].length} ${name}`).join(', ');
}

export const damages: readonly Scenario[] = [
  {
    name: 'damage',
    fault: 'a byte turned, a page zeroed or a tail cut in one file of a copy of the data directory',
    cases: { short: 1, long: 24 },
    kills: false,
    perCase: COPIES.long,
    run: damageCopies,
  },
];
