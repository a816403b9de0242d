import { randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { Statement } from '../../src-main/database/database';
import { openPglite } from '../../src-main/database/pglite';
import { landedMigrations } from '../../src-main/storage/landed-migrations';
import { migrate } from '../../src-main/storage/migrate';
import { fillSchema8With } from '../../src-main/storage/testing/fill-schema-8';
import { copyDirectory, type FaultPlan, type Program } from '../drive/program';
import { createRandom } from '../drive/random';
import { readWhole, type Stored } from '../drive/stored';
import { type CaseContext, type CaseResult, countEvents, type FaultKind, type Scenario } from './scenario';

const KILLS_IN_A_ROW = { short: 1, long: 4 };
const CASES = 40;
const UPDATES = 300;
const EARLIER = 8;

const PLANS: readonly FaultKind[] = [
  { at: 'file', match: '^(write|truncate|rename|unlink|sync)', act: 'kill' },
  { at: 'file', match: '^write', act: 'tear' },
];

/** A directory of an earlier schema, and what undisturbed migrations make of it. */
interface Stage {
  readonly dataDir: string;
  readonly converted: Stored;
}

const stages = new Map<string, Promise<Stage>>();

async function setStage({ program, unmigrated, prepared }: CaseContext): Promise<Stage> {
  // Shared by all cases, so outside the folder of one.
  const folder = `${prepared}-conversion`;
  mkdirSync(folder);
  const dataDir = join(folder, 'earlier');
  await copyDirectory(unmigrated, dataDir);
  const database = await openPglite({ dataDir });
  await migrate(database, landedMigrations.slice(0, EARLIER));
  await database.executeScript('fill', fillSchema8With(UPDATES));
  await database.close();
  const whole = join(folder, 'whole');
  await copyDirectory(dataDir, whole);
  return { dataDir, converted: await readWhole(program, whole) };
}

/** Opens the directory, which migrates it. */
const open = (program: Program, dataDir: string, plan: FaultPlan) =>
  program.run(['backup', '--data-dir', dataDir, '--out', `${dataDir}.${randomUUID()}.gz`], { plan });

const findVersion: Statement = {
  name: 'find_version',
  deadline: 'read',
  text: 'SELECT max(version) AS version FROM ingot.schema_migrations',
};

/** Without the program, which would convert it. */
async function readSchemaVersion(dataDir: string): Promise<number> {
  const database = await openPglite({ dataDir });
  try {
    return (await database.query<{ version: number }>(findVersion)).rows[0]?.version ?? 0;
  } finally {
    await database.close();
  }
}

async function killConverting(context: CaseContext): Promise<CaseResult> {
  const { program, folder, index, size, seedWords } = context;
  const stage = await (stages.get(context.prepared) ?? remember(context));
  const random = createRandom(...seedWords);
  const dataDir = join(folder, 'data');
  await copyDirectory(stage.dataDir, dataDir);
  const outcomes: string[] = [];
  const breaches: string[] = [];
  let tried = 0;
  for (let round = 0; round < KILLS_IN_A_ROW[size]; round += 1) {
    const plan = PLANS[(index + round) % PLANS.length];
    if (!plan) break;
    const events = await countEvents(context, 'conversion', plan, async (counting, place) => {
      const copy = join(place, 'data');
      await copyDirectory(stage.dataDir, copy);
      await open(program, copy, counting);
    });
    // Together the cases go through all events, and each continues at a random one.
    const nth =
      round === 0 && size === 'long'
        ? 1 + Math.floor(((index + 0.5) * events) / CASES)
        : random.int(1, events);
    const { signal, code, stderr } = await open(program, dataDir, { ...plan, nth });
    if (signal !== 'SIGKILL') {
      if (code !== 0) breaches.push(`it ended with ${code}: ${stderr.trim()}`);
      outcomes.push('ended before the kill');
      break;
    }
    tried += 1;
    const version = await readSchemaVersion(dataDir);
    outcomes.push(version === landedMigrations.length ? 'converted' : 'as before');
  }
  if (!isDeepStrictEqual(await readWhole(program, dataDir), stage.converted)) {
    breaches.push('what was converted after the kills is not what it is without them');
  }
  return { tried, outcomes, breaches };
}

function remember(context: CaseContext): Promise<Stage> {
  const stage = setStage(context);
  stages.set(context.prepared, stage);
  return stage;
}

export const conversions: readonly Scenario[] = [
  {
    name: 'kill-conversion',
    fault: `SIGKILL at every Nth change of a file while a history of schema ${EARLIER} is converted, some writes torn in half`,
    cases: { short: 1, long: CASES },
    kills: true,
    perCase: KILLS_IN_A_ROW.long,
    run: killConverting,
  },
];
