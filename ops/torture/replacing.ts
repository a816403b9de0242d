import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { copyDirectory } from '../drive/program';
import { createRandom } from '../drive/random';
import { readBackup, readWhole, type Stored } from '../drive/stored';
import { writeSource } from '../drive/workload';
import {
  type CaseContext,
  type CaseResult,
  countEvents,
  drawPlan,
  type FaultKind,
  type Scenario,
} from './scenario';

const KILLS = { short: 2, long: 6 };
const PLANS: readonly FaultKind[] = [
  { at: 'statement', act: 'kill' },
  { at: 'statement', act: 'kill', spinUs: 60_000 },
  { at: 'reply', act: 'kill' },
  { at: 'file', match: '^(write|rename|truncate|unlink|sync)', act: 'kill' },
  { at: 'file', match: '^write', act: 'tear' },
];

interface Stage {
  /** It has content. */
  readonly dataDir: string;
  readonly before: Stored;
  readonly after: Stored;
  readonly args: (dataDir: string) => readonly string[];
}

/** A restore stops them. */
const withoutClocks = ({ runs, ...rest }: Stored) => ({
  ...rest,
  runs: runs.map(({ clock: _, ...run }) => run),
});

/** Two directories with different content. */
async function setStage(context: CaseContext, command: 'restore' | 'reset'): Promise<Stage> {
  const { program, folder, prepared, seedWords } = context;
  const fill = async (name: string, records: number) => {
    const dataDir = join(folder, name);
    await copyDirectory(prepared, dataDir);
    const arrival = ['--arrival', 'none'];
    const options = { records, accounts: 90, callbackTimesMs: [0, 3_600_000], arrival };
    const { path } = await writeSource(dataDir, createRandom(...seedWords, name), options);
    await program.run(['ingest', path, '--data-dir', dataDir, ...arrival, '--no-wait']);
    return dataDir;
  };
  const dataDir = await fill('before', 900);
  const before = await readWhole(program, dataDir);
  if (command === 'reset') {
    // A copy, because other cases use the initial directory too.
    const empty = join(folder, 'empty');
    await copyDirectory(prepared, empty);
    const after = await readWhole(program, empty);
    return { dataDir, before, after, args: (place) => ['reset', '--yes', '--data-dir', place] };
  }
  const other = await fill('other', 700);
  const file = join(folder, 'other.ndjson.gz');
  await program.run(['backup', '--data-dir', other, '--out', file]);
  return {
    dataDir,
    before,
    after: await readBackup(file),
    args: (place) => ['restore', file, '--yes', '--data-dir', place],
  };
}

async function killWhileReplacing(context: CaseContext, command: 'restore' | 'reset'): Promise<CaseResult> {
  const { program, folder } = context;
  const random = createRandom(...context.seedWords);
  const stage = await setStage(context, command);
  const outcomes: string[] = [];
  const breaches: string[] = [];
  let tried = 0;
  for (let kill = 0; kill < KILLS[context.size]; kill += 1) {
    const plan = random.pick(PLANS);
    const dataDir = join(folder, `kill-${kill}`);
    await copyDirectory(stage.dataDir, dataDir);
    const events = await countEvents(context, command, plan, async (counting, place) => {
      const copy = join(place, 'data');
      await copyDirectory(stage.dataDir, copy);
      await program.run(stage.args(copy), { plan: counting });
    });
    const ended = await program.run(stage.args(dataDir), {
      plan: drawPlan(random, plan, random.int(1, events)),
    });
    if (ended.signal !== 'SIGKILL') {
      outcomes.push('ended before the kill');
      continue;
    }
    tried += 1;
    const found = await readWhole(program, dataDir);
    const isBefore = isDeepStrictEqual(found, stage.before);
    if (isBefore) outcomes.push('as before');
    else if (isDeepStrictEqual(withoutClocks(found), withoutClocks(stage.after)))
      outcomes.push('as after, with a backup of before');
    else breaches.push(`neither before nor after: ${JSON.stringify(plan)}`);
    breaches.push(...(await checkBackups(dataDir, stage.before, isBefore)));
    rmSync(dataDir, { recursive: true });
  }
  return { tried, outcomes, breaches };
}

/** A file with the name of a backup is complete; once the content is replaced, there is one. */
async function checkBackups(dataDir: string, before: Stored, isBefore: boolean): Promise<string[]> {
  const folder = join(dataDir, 'backups');
  const names = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith('.gz')) : [];
  const breaches: string[] = [];
  for (const name of names) {
    const isWhole = isDeepStrictEqual(await readBackup(join(folder, name)), before);
    if (!isWhole) breaches.push(`the backup ${name} is not what was there`);
  }
  if (!isBefore && names.length === 0) breaches.push('replaced without a backup');
  return breaches;
}

export const replacing: readonly Scenario[] = (['restore', 'reset'] as const).map((command) => ({
  name: `kill-${command}`,
  fault: `SIGKILL at the Nth statement, answer or change of a file of \`ingot ${command}\``,
  cases: { short: command === 'reset' ? 1 : 0, long: 6 },
  kills: true,
  perCase: KILLS.long,
  run: (context) => killWhileReplacing(context, command),
}));
