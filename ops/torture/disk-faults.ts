import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { FaultPlan } from '../drive/program';
import { openChain } from './chain';
import type { CaseContext, CaseResult, Scenario } from './scenario';

const SOURCE = {
  records: 3_000,
  accounts: 400,
  callbackTimesMs: [0, 50, 200],
  arrival: ['--arrival', 'none'],
};
const ERRORS = ['EIO', 'EACCES', 'EMFILE', 'ENOSPC'] as const;
/** About how many files a program opens and writes: the fault falls anywhere in it. */
const OPERATIONS = 1_200;

async function failOperation(context: CaseContext): Promise<CaseResult> {
  const chain = await openChain(context, { ...SOURCE, begin: context.prepared });
  const act = ERRORS[context.index % ERRORS.length] ?? 'EIO';
  const plan: FaultPlan = {
    at: 'file',
    match:
      act === 'EMFILE' ? '^open' : act === 'EIO' ? '^(open|read|write|sync)' : '^(open|write|mkdir|rename)',
    nth: chain.random.int(1, OPERATIONS),
    act,
    sticky: chain.random.int(0, 1) === 1,
    markTo: join(context.folder, 'done'),
  };
  const ended = await chain.start(plan).ended;
  await chain.check(ended);
  if (chain.breaches.length === 0) await chain.finish();
  const isDone = existsSync(join(context.folder, 'done'));
  if (!isDone) return { tried: 0, outcomes: ['ended before it'], breaches: chain.breaches };
  const how = ended.code === 0 ? 'went on' : 'ended with a message, nothing lost';
  // A stack is no message for a person; nothing is lost by it.
  const plain = /\n {4}at /.test(ended.stderr) ? 'ended with a stack, nothing lost' : how;
  return { tried: 1, outcomes: [`${act}: ${plain}`], breaches: chain.breaches };
}

/** Space beyond the database's initial size. */
const ROOM_MB = 6;
const MORE_ROOM_MB = 400;
const FILLING_RECORDS = { short: 15_000, long: 60_000 };

async function fillDisk(context: CaseContext): Promise<CaseResult> {
  const mount = join(context.folder, 'data');
  mkdirSync(mount);
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${MORE_ROOM_MB}m`, 'tmpfs', mount]);
  try {
    execFileSync('cp', ['-a', `${context.prepared}/.`, mount]);
    const used = Math.ceil(Number(execFileSync('du', ['-sk', mount]).toString().split('\t')[0]) / 1024);
    const options = { ...SOURCE, records: FILLING_RECORDS[context.size], accounts: 4_000, begin: null };
    const chain = await openChain(context, options);
    const size = used + chain.random.int(2, ROOM_MB);
    execFileSync('mount', ['-o', `remount,size=${size}m`, mount]);
    const ended = await chain.start().ended;
    const toldSo = /no room|disk is full|full disk/i.test(ended.stderr);
    if (ended.code === 0) chain.breaches.push('came to its end on a full disk');
    else if (!toldSo) chain.breaches.push(`did not say that the disk is full: ${ended.stderr}`);
    execFileSync('mount', ['-o', `remount,size=${MORE_ROOM_MB}m`, mount]);
    await chain.check(ended);
    if (chain.breaches.length === 0) await chain.finish();
    return { tried: 1, outcomes: ['said so, went on when there was room'], breaches: chain.breaches };
  } finally {
    execFileSync('umount', [mount]);
    rmSync(mount, { recursive: true, force: true });
  }
}

export const diskFaults: readonly Scenario[] = [
  {
    name: 'file-error',
    fault: 'EIO, EACCES, EMFILE, ENOSPC from the Nth use of a file, once or from then on',
    cases: { short: 1, long: 48 },
    kills: false,
    perCase: 1,
    run: failOperation,
  },
  {
    name: 'full-disk',
    fault: 'a disk (tmpfs) that fills up during the run',
    cases: { short: 1, long: 8 },
    kills: false,
    perCase: 1,
    obstacle: () =>
      process.platform === 'linux' && process.getuid?.() === 0
        ? null
        : 'not tried: mounting needs root on Linux',
    run: fillDisk,
  },
];
