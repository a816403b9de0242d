// Puts updates into Ingot at a rate of its own, whatever Ingot does meanwhile, and checks every outcome:
//
//   npm run load -- --rate 5000 --duration 60                       the command line, a temporary data directory
//   npm run load -- --rate 1000 --shell web --memory                the web shell
//   npm run load -- --find --database embedded-postgres             the highest rate that holds, on a server
//
// Ends with an error if an update was lost, doubled or judged wrongly, or a callback came early.

import { resolve } from 'node:path';
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { ensureBuilt, ROOT } from '../ensure-built.mjs';
import { ensurePrometheus } from '../ensure-prometheus.mjs';
import { createTypeScriptLoader } from '../load-typescript.mjs';

const EXIT = { done: 0, failed: 1, misused: 2, interrupted: 130 };

const number = (from, to) => (text) => {
  const value = Number(text);
  if (/^\d+(\.\d+)?$/.test(text) && value >= from && value <= to) return value;
  throw new InvalidArgumentError(`It must be a number from ${from} to ${to}.`);
};
const wholeNumber = (from, to) => (text) => {
  const value = number(from, to)(text);
  if (Number.isInteger(value)) return value;
  throw new InvalidArgumentError('It must be a whole number.');
};
const share = number(0, 1);

const command = new Command('load')
  .description(
    'Puts updates into Ingot at a rate of its own, whatever Ingot does meanwhile; checks every outcome ' +
      'against the law; says how long answers and callbacks took.',
  )
  .option(
    '--rate <N>',
    'updates a second; with --find the first one tried (default: 1000)',
    number(0.1, 1_000_000),
  )
  .option(
    '--duration <S>',
    'for how many seconds (default: 60, with --find 15 for each rate)',
    number(0.1, 86_400),
  )
  .option('--warm-up <S>', 'for how many seconds before that: checked, but not measured', number(0, 3_600), 3)
  .addOption(new Option('--shell <SHELL>', 'what is driven').choices(['cli', 'web']).default('cli'))
  .addOption(new Option('--memory', 'embedded database in memory').conflicts(['dataDir', 'database']))
  .addOption(
    new Option('--data-dir <DIR>', 'a new or empty directory (default: a temporary one)').conflicts(
      'database',
    ),
  )
  .option(
    '--database <URL>',
    'an empty database of a Postgres server; "embedded-postgres" starts a server for it',
  )
  .option('--accounts <N>', 'over how many accounts, at most', wholeNumber(1, 50_000_000), 10_000)
  .option('--delay-ms <A-B>', 'callback times, in milliseconds', '0-2000')
  .option('--stale <R>', 'share of updates that come too late', share, 0.1)
  .option('--duplicate <R>', 'share that say the same again', share, 0.02)
  .option('--conflict <R>', 'share that contradict an earlier one', share, 0.01)
  .option('--invalid <R>', 'share that are not valid', share, 0.01)
  .option('--seed <N>', 'the same seed gives the same updates', wholeNumber(0, 0xffff_ffff), 1)
  .option('--find', 'search for the highest rate that holds: doubles, then halves what is left')
  .option(
    '--bound-ms <MS>',
    'with --find: p99 from intended arrival to outcome at most',
    number(1, 3_600_000),
    500,
  )
  .option('--tries <N>', 'with --find: so often a rate is tried before it is given up', wholeNumber(1, 10), 2)
  .addOption(
    new Option(
      '--monitored',
      'a real Prometheus, a collector of traces and debug logs look on; an alert is provoked',
    ).conflicts('find'),
  )
  .option('--json', 'the result as one line of JSON; everything else goes to standard error')
  .addHelpText(
    'after',
    `
Examples:
  npm run load -- --rate 5000 --duration 60               the command line, a temporary data directory
  npm run load -- --rate 500 --duration 10 --shell web    the web shell, over its socket
  npm run load -- --rate 2000 --memory --accounts 100     few accounts: most callbacks are cancelled
  npm run load -- --find --database embedded-postgres     the highest rate that holds, on a server
  npm run load -- --rate 500 --monitored                  with metrics, alerts, traces and logs
  npm run --silent load -- --rate 1000 --json             for another program

A rate holds if 99 % of it is reached but for what is answered within the bound after the end, p99 is within
the bound, and the backlog does not grow.

Exit codes: 0 nothing wrong, 1 an update lost, doubled or judged wrongly, or a callback early, 2 wrong usage,
130 interrupted.`,
  )
  .exitOverride();

function placeOf({ memory, dataDir, database }) {
  if (memory) return { kind: 'memory' };
  if (database !== undefined)
    return { kind: 'server', url: database === 'embedded-postgres' ? null : database };
  // `npm run` changes into the project; file names mean the directory in which they were typed.
  const typedIn = process.env.INIT_CWD ?? process.cwd();
  return { kind: 'data-dir', dataDir: dataDir === undefined ? null : resolve(typedIn, dataDir) };
}

async function main(options) {
  if (options.stale + options.duplicate + options.conflict + options.invalid > 1)
    command.error('error: the shares come to more than 1 together', { exitCode: EXIT.misused });
  const load = await createTypeScriptLoader();
  const { parseDelayRange } = await load('src-shared/run-settings.ts');
  const callbackTimeMs = parseDelayRange(options.delayMs);
  if (!callbackTimeMs)
    command.error('error: --delay-ms must be like 0-2000 or 500', { exitCode: EXIT.misused });
  ensureBuilt(options.shell === 'web' ? ['main', 'window'] : ['main']);
  const { testLoad } = await load('ops/load/load.ts');
  if (options.monitored && options.shell !== 'cli')
    command.error('error: --monitored drives the command line only', { exitCode: EXIT.misused });
  const monitoredBy = options.monitored ? ensurePrometheus().prometheus : null;
  const { accounts, seed, stale, duplicate, conflict, invalid, find = false, json = false } = options;
  const ok = await testLoad(
    {
      shell: options.shell,
      perSecond: options.rate ?? 1000,
      durationS: options.duration ?? (find ? 15 : 60),
      warmUpS: options.warmUp,
      mix: { accounts, seed, stale, duplicate, conflict, invalid, callbackTimeMs },
      place: placeOf(options),
      find,
      boundMs: options.boundMs,
      tries: options.tries,
      json,
      monitoredBy,
    },
    {
      root: ROOT,
      print: (text) => console.log(text),
      note: (text) => (json ? console.error(text) : console.log(text)),
      onInterrupt: (leave) => {
        for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'])
          process.once(signal, () => {
            leave();
            process.exit(EXIT.interrupted);
          });
      },
    },
  );
  return ok ? EXIT.done : EXIT.failed;
}

try {
  command.parse();
  // PGlite and vite leave handles open.
  process.exit(await main(command.opts()));
} catch (error) {
  // Commander has said what is wrong, or shown its help.
  if (error instanceof CommanderError) process.exit(error.exitCode === 0 ? EXIT.done : EXIT.misused);
  console.error(`load: ${error.message}`);
  process.exit(error.code === 'invalid_input' ? EXIT.misused : EXIT.failed);
}
