import { openChain } from './chain';
import type { CaseContext, CaseResult, Scenario } from './scenario';

const RECORDS = 500;

/** Others come for the same directory while a run is under way. */
async function comeSecond(context: CaseContext): Promise<CaseResult> {
  const chain = await openChain(context, {
    records: RECORDS,
    accounts: 60,
    callbackTimesMs: [0, 20, 300],
    arrival: ['--arrival', 'sequential', '--delay', '0-8'],
    begin: context.prepared,
  });
  const life = chain.start();
  await Promise.race([life.untilLines(1 + chain.random.int(0, RECORDS / 4)), life.ended]);
  // It holds the directory for as long as others come, and does not end meanwhile.
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

export const secondProcess: readonly Scenario[] = [
  {
    name: 'second-process',
    fault: 'a second process on a directory that is in use',
    cases: { short: 1, long: 10 },
    kills: false,
    perCase: 2,
    run: comeSecond,
  },
];
