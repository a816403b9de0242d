import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { waitMs } from '../drive/program';
import { openChain } from './chain';
import type { CaseContext, CaseResult, Scenario } from './scenario';

const STOPPED_MS = { short: 3_000, long: 30_000 };
const RECORDS = 400;
const SHARED_RECORDS = 500;
/** The number of statements depends on how many records one batch takes. */
const LATEST_STATEMENTS = [25, 50, 120];

/** Stopped while callbacks fall due, then woken: none may be lost, none early. */
async function stopAndGoOn(context: CaseContext): Promise<CaseResult> {
  const chain = await openChain(context, {
    records: RECORDS,
    accounts: 120,
    callbackTimesMs: [0, 200, 900, 2_500],
    arrival: ['--arrival', 'sequential', '--delay', '0-4'],
    begin: context.prepared,
  });
  const life = chain.start();
  await Promise.race([life.untilLines(chain.random.int(1, RECORDS)), life.ended]);
  life.child.kill('SIGSTOP');
  await waitMs(STOPPED_MS[context.size]);
  life.child.kill('SIGCONT');
  const ended = await life.ended;
  if (ended.code !== 0) chain.breaches.push(`ended with ${ended.code}: ${ended.stderr}`);
  await chain.check(ended);
  return { tried: 1, outcomes: ['went on, all fired, none early'], breaches: chain.breaches };
}

/** The database's thread ends in the middle of the run. */
async function endThread(context: CaseContext): Promise<CaseResult> {
  const chain = await openChain(context, {
    records: 80,
    accounts: 20,
    callbackTimesMs: [0, 3, 40],
    arrival: ['--arrival', 'sequential', '--delay', '0-3'],
    begin: context.prepared,
  });
  const nth = chain.random.int(1, chain.random.pick(LATEST_STATEMENTS));
  const at = chain.random.pick(['statement', 'reply'] as const);
  const markTo = join(context.folder, 'done');
  const ended = await chain.start({ at, nth, act: 'end-thread', markTo }).ended;
  await chain.check(ended);
  if (ended.stderr.includes('inside Ingot')) chain.breaches.push(`no plain message: ${ended.stderr}`);
  if (chain.breaches.length === 0) await chain.finish();
  if (!existsSync(markTo)) return { tried: 0, outcomes: ['ended before it'], breaches: chain.breaches };
  const outcome = ended.code === 0 ? 'went on' : 'ended with a message, nothing lost';
  return { tried: 1, outcomes: [outcome], breaches: chain.breaches };
}

/** Other processes try the directory during a run. */
async function comeSecond(context: CaseContext): Promise<CaseResult> {
  const chain = await openChain(context, {
    records: SHARED_RECORDS,
    accounts: 60,
    callbackTimesMs: [0, 20, 300],
    arrival: ['--arrival', 'sequential', '--delay', '0-8'],
    begin: context.prepared,
  });
  const life = chain.start();
  await Promise.race([life.untilLines(1 + chain.random.int(0, SHARED_RECORDS / 4)), life.ended]);
  // It holds the directory while others try, and does not end meanwhile.
  life.child.kill('SIGSTOP');
  const place = ['--data-dir', chain.dataDir];
  const others = [
    ['ingest', chain.workload.path, ...place, '--arrival', 'none', '--json'],
    ['reset', '--yes', ...place],
  ];
  const outcomes: string[] = [];
  for (const args of others) {
    const { code, stderr } = await context.program.run(args);
    if (code === 1 && stderr.includes(`process ${life.child.pid}`))
      outcomes.push('refused, named the holder');
    else chain.breaches.push(`${args[0]} ended with ${code}: ${stderr}`);
  }
  life.child.kill('SIGCONT');
  const ended = await life.ended;
  if (ended.code !== 0) chain.breaches.push(`the first was disturbed: ${ended.stderr}`);
  await chain.check(ended);
  return { tried: others.length, outcomes, breaches: chain.breaches };
}

export const stops: readonly Scenario[] = [
  {
    name: 'stop',
    fault: 'SIGSTOP for 30 s while callbacks fall due, then SIGCONT',
    cases: { short: 1, long: 6 },
    kills: false,
    perCase: 1,
    atOnce: 6,
    run: stopAndGoOn,
  },
  {
    name: 'end-thread',
    fault: "the database's thread ended at the Nth statement or answer",
    cases: { short: 1, long: 30 },
    kills: false,
    perCase: 1,
    run: endThread,
  },
  {
    name: 'second-process',
    fault: 'a second process on a directory that is in use',
    cases: { short: 1, long: 10 },
    kills: false,
    perCase: 2,
    run: comeSecond,
  },
];
