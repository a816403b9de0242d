// Measures Ingot against named references, both sides in turn in one run:
//
//   npm run bench                          all of them
//   npm run bench -- ingest                some
//   npm run --silent bench -- ingest --json   the last line is the result as JSON
//
// `--short` only shows that a bench runs: its figures mean nothing.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { createBenchLoader } from './lib/build-bench.mjs';

const NAMES = [
  'reading',
  'ingest',
  'mapped',
  'profile',
  'observability',
  'memory',
  'burst',
  'lateness',
  'views',
  'start',
  'idle',
  'quit',
  'frames',
  'growth',
  'export',
  'as-of',
];

async function main(names, { json, short, repeat, records, rate, minutes, plots, before }) {
  const load = await createBenchLoader();
  const say = json ? (line) => process.stderr.write(`${line}\n`) : (line) => console.log(line);
  for (const name of names.length > 0 ? names : NAMES) {
    const { bench } = await load(`bench/${name}.ts`);
    const directory = mkdtempSync(join(tmpdir(), `ingot-bench-${name}-`));
    try {
      say(`\n== ${name}: ${bench.title}`);
      const result = await bench.run({
        short,
        repeat: short ? 1 : repeat,
        records,
        rate,
        minutes,
        plots,
        before,
        directory,
        say,
      });
      if (json) console.log(JSON.stringify({ bench: name, ...result }));
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  }
  // PGlite leaves handles open.
  process.exit(0);
}

const wholeNumber = (most) => (text) => {
  const number = Number(text);
  if (/^\d+$/.test(text) && number >= 1 && number <= most) return number;
  throw new InvalidArgumentError(`a whole number from 1 to ${most}`);
};

await new Command('bench')
  .argument('[names...]', `which (${NAMES.join(', ')}); all if none is given`)
  .option('--json', 'the result as one line of JSON; everything else goes to standard error')
  .option('--short', 'smallest inputs, once: only to see that it runs')
  .option('--repeat <times>', 'how often each side is measured', wholeNumber(99), 3)
  .option(
    '--records <count>',
    'of `memory`, `mapped`, `views`, `growth`, `profile`, `export` and `as-of`: how many records',
    wholeNumber(10_000_000),
  )
  .option('--rate <count>', 'of `lateness`: so many updates a second come in', wholeNumber(1_000_000))
  .option('--minutes <count>', 'of `frames`: so long', wholeNumber(600))
  .option('--before <directory>', 'of `ingest` and `start`: an earlier version, built, to be compared with')
  .option('--plots <directory>', 'draws plots as SVG into it, of the benches that have any')
  .action(async (names, options) => {
    const unknown = names.filter((name) => !NAMES.includes(name));
    if (unknown.length > 0) throw new InvalidArgumentError(`no such bench: ${unknown.join(', ')}`);
    await main(names, options);
  })
  .parseAsync();
