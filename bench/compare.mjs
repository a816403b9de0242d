// Compares two results of `npm run --silent bench -- --json`, ratio by ratio: no machine's speed is in a ratio.
//
//   node bench/compare.mjs KEPT NEW [--limit 25]
//
// Ends with an error if a ratio has become worse by more than the limit, in percent, or if a bench is missing. Without a file KEPT
// there is nothing to compare with, and all is well.

import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';

/** Which of two ratios is the better one. */
export const BETTER = {
  reading: 'higher',
  ingest: 'higher',
  mapped: 'lower',
  profile: 'lower',
  observability: 'higher',
  memory: 'lower',
  burst: 'lower',
  lateness: 'lower',
  views: 'lower',
  start: 'lower',
  idle: 'lower',
  quit: 'lower',
  frames: 'higher',
  growth: 'higher',
  export: 'lower',
  'as-of': 'lower',
};

/** One line for each bench, and those that have become worse. `limit` is a share: 0.25 is a quarter. */
export function compareResults(kept, fresh, limit) {
  const lines = [];
  const worse = [];
  for (const { bench, ratio: before } of kept) {
    const better = BETTER[bench];
    if (better === undefined) throw new Error(`compare.mjs does not say which ratio of ${bench} is better.`);
    // A ratio that is no number is null in JSON.
    const after = fresh.find((result) => result.bench === bench)?.ratio ?? undefined;
    const loss =
      after === undefined ? Number.NaN : better === 'higher' ? before / after - 1 : after / before - 1;
    // A missing or impossible figure is no good one.
    const isWorse = !(loss <= limit);
    if (isWorse) worse.push(bench);
    const change = Number.isNaN(loss)
      ? 'missing'
      : `${loss > 0 ? 'worse' : 'better'} by ${Math.abs(loss * 100).toFixed(1)} %`;
    lines.push(
      `${isWorse ? 'WORSE' : 'ok   '}  ${bench}: ${before} to ${after ?? 'nothing'}, ${better} is better: ${change}`,
    );
  }
  return { lines, worse };
}

const readResults = (file) =>
  readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line));

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const command = new Command('compare')
    .argument('<kept>', 'the result to compare with')
    .argument('<new>', 'the result that is judged')
    .option('--limit <percent>', 'how much worse a ratio may be', Number, 25)
    .parse();
  const [kept, fresh] = command.args;
  if (!existsSync(kept)) {
    console.log(`There is no ${kept}: nothing to compare with.`);
  } else {
    const { lines, worse } = compareResults(
      readResults(kept),
      readResults(fresh),
      command.opts().limit / 100,
    );
    for (const line of lines) console.log(line);
    process.exitCode = worse.length > 0 ? 1 : 0;
  }
}
