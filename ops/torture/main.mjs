// Tries to break Ingot, and says what came of it:
//
//   npm run torture                              every scenario, about an hour on two cores
//   npm run torture -- --kills 500 --seed 7      so many kills, shared among the scenarios that kill
//   npm run torture -- --only kill-paced --case 3 --seed 7     one case again
//   npm run torture -- --short                   small numbers, a minute
//
// Ends with a table, and with an error if anything was found.

import { cpus, platform, release, totalmem } from 'node:os';
import { Command, InvalidArgumentError } from 'commander';
import { ensureBuilt, ROOT } from '../ensure-built.mjs';
import { createTypeScriptLoader } from '../load-typescript.mjs';

function countOf(scenario, scenarios, { kills, cases, size }) {
  if (cases !== undefined) return cases;
  if (kills === undefined || !scenario.kills) return scenario.cases[size];
  const all = scenarios
    .filter((one) => one.kills)
    .reduce((sum, one) => sum + one.cases.long * one.perCase, 0);
  return Math.max(1, Math.ceil((kills * scenario.cases.long) / all));
}

async function main(options) {
  ensureBuilt(['main']);
  const load = await createTypeScriptLoader();
  const { scenarios } = await load('ops/torture/scenarios.ts');
  const { runScenarios } = await load('ops/torture/run-scenarios.ts');
  const unknown = options.only.filter((name) => !scenarios.some((scenario) => scenario.name === name));
  if (unknown.length > 0) {
    const names = scenarios.map(({ name }) => name).join(', ');
    throw new InvalidArgumentError(`no such scenario: ${unknown.join(', ')}. There are: ${names}`);
  }
  const chosen = scenarios.filter(({ name }) => options.only.length === 0 || options.only.includes(name));
  const size = options.short ? 'short' : 'long';
  const [cpu] = cpus();
  console.log(
    `Seed ${options.seed}; ${cpus().length} × ${cpu?.model ?? 'unknown'}, ${Math.round(totalmem() / 2 ** 30)} GiB; ` +
      `${platform()} ${release()}; Node ${process.version}`,
  );
  const begin = Date.now();
  const results = await runScenarios(chosen, {
    root: ROOT,
    size,
    seed: options.seed,
    countOf: (scenario) => countOf(scenario, chosen, { ...options, size }),
    ...(options.case !== undefined && { only: options.case }),
    onCase: (scenario, index, { tried, breaches }) => {
      console.log(`${scenario.name} ${index}: ${breaches.length === 0 ? `ok (${tried})` : 'FOUND'}`);
      for (const text of breaches.slice(0, 5)) console.log(`    ${text}`);
    },
  });
  console.log(`\n${formatTable(results)}\n`);
  const found = results.flatMap(({ scenario, breaches }) =>
    breaches.map(
      ({ index }) => `npm run torture -- --only ${scenario.name} --case ${index} --seed ${options.seed}`,
    ),
  );
  for (const command of new Set(found)) console.log(`again: ${command}${options.short ? ' --short' : ''}`);
  const tried = results.reduce((sum, result) => sum + result.tried, 0);
  const killed = results
    .filter(({ scenario }) => scenario.kills)
    .reduce((sum, result) => sum + result.tried, 0);
  const minutes = ((Date.now() - begin) / 60_000).toFixed(1);
  console.log(`${tried} faults, ${killed} of them kills, in ${minutes} min; ${found.length} breaches found`);
  // PGlite leaves handles open.
  process.exit(found.length > 0 ? 1 : 0);
}

function formatTable(results) {
  const rows = results.map(({ scenario, obstacle, tried, outcomes, breaches }) => {
    const words = Object.entries(outcomes).map(([outcome, count]) => `${outcome}: ${count}`);
    const outcome = obstacle ?? [...words, `breaches: ${breaches.length}`].join('; ');
    return `| ${scenario.fault} | ${tried} | ${outcome} | \`npm run torture -- --only ${scenario.name}\` |`;
  });
  return ['| fault | times | outcome | command |', '| --- | --- | --- | --- |', ...rows].join('\n');
}

const wholeNumber = (text) => {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('a whole number');
  return Number(text);
};

await new Command('torture')
  .option('--only <name...>', 'these scenarios', [])
  .option('--kills <N>', 'about so many kills, shared among the scenarios that kill', wholeNumber)
  .option('--cases <N>', 'so many cases of each scenario', wholeNumber)
  .option('--case <N>', 'this case alone', wholeNumber)
  .option(
    '--seed <N>',
    'the same seed does the same damage, as far as instants can be repeated',
    wholeNumber,
    1,
  )
  .option('--short', 'small numbers')
  .action(main)
  .parseAsync();
