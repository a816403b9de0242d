import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { EXIT } from '../../src-main/shells/process/failure';
import { findBreaches, findRunBreaches, findUnfinished } from '../drive/invariants';
import { copyDirectory, type Ended, type FaultPlan, type Life, type Program } from '../drive/program';
import { createRandom, type Random } from '../drive/random';
import { readStored, type Stored } from '../drive/stored';
import { createTranscript, type Transcript } from '../drive/transcript';
import { type Source, type SourceOptions, writeSource } from '../drive/workload';
import type { CaseContext } from './scenario';

/**
 * One data directory and one source, over several starts of the program: each is damaged in its own way, then a fresh process
 * reads the content, which is compared with what was reported.
 */
export interface Chain {
  readonly dataDir: string;
  readonly random: Random;
  readonly workload: Source;
  readonly breaches: string[];
  /** Starts the program again: the run resumes, or begins. */
  start(plan?: FaultPlan): Life;
  /** Reads the content and compares it with what was reported; null if the directory cannot be opened. */
  check(ended: Ended): Promise<Stored | null>;
  /** Whether there is no database yet, and the program says so. */
  isUnborn(): Promise<boolean>;
  /** The last start, undamaged: the result must equal that of an uninterrupted run. */
  finish(): Promise<void>;
}

export interface ChainOptions extends SourceOptions {
  /** The initial directory; null: none. */
  readonly begin: string | null;
}

export async function openChain(context: CaseContext, options: ChainOptions): Promise<Chain> {
  const { program, folder, seedWords } = context;
  const random = createRandom(...seedWords);
  const dataDir = join(folder, 'data');
  mkdirSync(folder, { recursive: true });
  if (options.begin !== null) await copyDirectory(options.begin, dataDir);
  const workload = await writeSource(join(folder, 'updates'), random, options);
  const transcript = createTranscript();
  const breaches: string[] = [];
  let cutOff = false;

  const args = () => {
    const place = ['--data-dir', dataDir, '--json'];
    return cutOff ? ['resume', ...place] : ['ingest', workload.path, ...place, ...options.arrival];
  };
  const check = async (ended: Ended) => {
    const stored = await look(program, dataDir, transcript, workload, breaches, ended);
    const state = stored?.runs.at(-1)?.state;
    cutOff = state !== undefined && state !== null && state !== 'completed';
    return stored;
  };
  return {
    dataDir,
    random,
    workload,
    breaches,
    start: (plan) => program.start(args(), plan ? { plan } : {}),
    check,
    async isUnborn() {
      const { code, stderr } = await program.run(['backup', '--data-dir', dataDir, '--out', `${dataDir}.gz`]);
      rmSync(`${dataDir}.gz`, { force: true });
      return code === EXIT.misused && stderr.includes('There is no database');
    },
    async finish() {
      const ended = await program.run(args());
      if (ended.code !== 0)
        breaches.push(`the undamaged life ended with ${ended.code}: ${ended.stderr.trim()}`);
      const stored = await check(ended);
      if (stored) breaches.push(...findUnfinished(stored, workload.records));
    },
  };
}

async function look(
  program: Program,
  dataDir: string,
  transcript: Transcript,
  { records }: Source,
  breaches: string[],
  ended: Ended,
): Promise<Stored | null> {
  if (ended.hung) breaches.push('the program hung');
  const reading = await readStored(program, dataDir);
  if (reading.kind === 'refused') {
    breaches.push(`the directory could not be opened afterwards: ${reading.ended.stderr.trim()}`);
    return null;
  }
  const { stored } = reading;
  transcript.add(ended.lines, Math.max(0, stored.runs.length - 1));
  breaches.push(...findBreaches({ stored, records, said: transcript.read() }), ...findRunBreaches(stored));
  return stored;
}
