import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makePgliteTemplate } from '../../src-main/database/testing/pglite-template';
import { copyDirectory, copyProgram, type Program } from '../drive/program';
import type { CaseResult, Scenario, Size } from './scenario';

export interface RunScenariosOptions {
  readonly root: string;
  readonly size: Size;
  readonly seed: number;
  /** How many cases of a scenario. */
  readonly countOf: (scenario: Scenario) => number;
  /** Only this case. */
  readonly only?: number;
  readonly onCase: (scenario: Scenario, index: number, result: CaseResult) => void;
}

export interface ScenarioResult {
  readonly scenario: Scenario;
  /** Why it was skipped; null if it was not. */
  readonly obstacle: string | null;
  readonly cases: number;
  readonly tried: number;
  readonly outcomes: Readonly<Record<string, number>>;
  /** Each with the number of its case. */
  readonly breaches: readonly { readonly index: number; readonly text: string }[];
}

const AT_ONCE = 2;

/** Where cases run: a copy of the program, and initial directories. */
export interface Workshop {
  runCase(scenario: Scenario, index: number, options: { size: Size; seed: number }): Promise<CaseResult>;
  close(): void;
}

export async function openWorkshop(root: string): Promise<Workshop> {
  const place = mkdtempSync(join(tmpdir(), 'ingot-torture-'));
  const program = copyProgram(root);
  const close = () => {
    program.remove();
    rmSync(place, { recursive: true, force: true });
  };
  try {
    const unmigrated = await makePgliteTemplate(root);
    const prepared = join(place, 'prepared');
    await prepare(program, unmigrated, prepared);
    return {
      close,
      async runCase(scenario, index, { size, seed }) {
        const folder = join(place, `${scenario.name}-${index}`);
        mkdirSync(folder);
        try {
          const seedWords = [seed, scenario.name, index];
          return await scenario.run({ program, prepared, unmigrated, folder, seedWords, index, size });
        } catch (error) {
          const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
          return { tried: 1, outcomes: ['the harness failed'], breaches: [`the harness failed: ${text}`] };
        } finally {
          rmSync(folder, { recursive: true, force: true });
        }
      },
    };
  } catch (error) {
    close();
    throw error;
  }
}

/** Opened once to create the schema, and closed in order. */
async function prepare(program: Program, template: string, prepared: string): Promise<void> {
  await copyDirectory(template, prepared);
  const { code, stderr } = await program.run(['backup', '--data-dir', prepared, '--out', `${prepared}.gz`]);
  if (code !== 0) throw new Error(`the directory to begin with could not be made: ${stderr}`);
}

/** Runs scenarios in turn, a few cases of each at once. */
export async function runScenarios(
  scenarios: readonly Scenario[],
  options: RunScenariosOptions,
): Promise<readonly ScenarioResult[]> {
  const workshop = await openWorkshop(options.root);
  try {
    const results: ScenarioResult[] = [];
    for (const scenario of scenarios) results.push(await runScenario(scenario, workshop, options));
    return results;
  } finally {
    workshop.close();
  }
}

async function runScenario(
  scenario: Scenario,
  workshop: Workshop,
  options: RunScenariosOptions,
): Promise<ScenarioResult> {
  const obstacle = scenario.obstacle?.() ?? null;
  const outcomes: Record<string, number> = {};
  const breaches: { index: number; text: string }[] = [];
  let tried = 0;
  const all = [...Array(options.countOf(scenario)).keys()];
  const indexes = options.only === undefined ? all : [options.only];
  const left = obstacle === null ? [...indexes] : [];
  const work = async () => {
    for (let index = left.shift(); index !== undefined; index = left.shift()) {
      const result = await workshop.runCase(scenario, index, options);
      tried += result.tried;
      for (const outcome of result.outcomes) outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
      for (const text of result.breaches) breaches.push({ index, text });
      options.onCase(scenario, index, result);
    }
  };
  await Promise.all(Array.from({ length: scenario.atOnce ?? AT_ONCE }, work));
  return { scenario, obstacle, cases: obstacle === null ? indexes.length : 0, tried, outcomes, breaches };
}
