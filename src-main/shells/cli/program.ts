import { Command } from 'commander';
import { IngotError } from '../../../src-shared/errors';
import { SQL_LIMITS } from '../../../src-shared/sql';
import { REPORT_LIMITS } from '../../../src-shared/update';
import { MOST_LEADERS } from '../../../src-shared/views';
import { numberFromText } from '../../settings/number-from-text';
import { SETTING_KEYS } from '../../settings/schema';
import { EXIT, type ExitCode } from '../process/failure';
import { addSettingOptions, readSettings } from '../process/setting-options';
import { describeVersion } from '../process/version';
import {
  type CommandSpec,
  DATABASE_KEYS,
  EXIT_CODES_HELP,
  LOG_KEYS,
  SAMPLE_PATH,
  withMapping,
} from './command-spec';
import { CONNECT_COMMANDS, refuseUnfollowed } from './connect-commands';
import { DATABASE_COMMANDS } from './database-commands';
import { GENERATE_OPTIONS, generate, readGenerateOptions } from './generate';
import { TABLE_COMMANDS, TABLE_OPTIONS } from './table-commands';
import { AS_OF_OPTION, TIMES_OPTION } from './times';
import { writeOut } from './write-out';

const COMMANDS: readonly CommandSpec[] = [
  {
    name: 'ingest',
    argument: [
      '<FILE>',
      'JSON, NDJSON or CSV, compressed or not, or a directory of accounts; - reads standard input',
    ],
    summary: 'ingest a file of account updates',
    description:
      'Ingests a file of account updates: keeps every unique update, fires one callback for each ' +
      'account version that is not superseded, and ends with the leaders of each account type.',
    options: [
      [
        '--until <WHERE>',
        'stop at record:N, a time such as 12.5s, account:ID, type:TYPE, an outcome, fired or cancelled',
      ],
      ['--follow', 'go on as the file grows, until Ctrl-C: the same as "ingot connect --follow FILE"'],
      ['--deliver', 'deliver its fired callbacks to the targets that are armed: see "ingot targets"'],
    ],
    keys: SETTING_KEYS.filter((key) => key !== 'updateFeed'),
    examples: [
      ['ingot ingest updates.json', 'one update every 0 to 1000 ms'],
      ['ingot ingest updates.json --speed 20', 'the same, 20 times as fast'],
      ['ingot ingest updates.json --simulate --json', 'at once, for another program'],
      ['ingot ingest updates.json --arrival none --no-wait', 'as fast as it goes, callbacks later'],
      ['ingot ingest updates.json --seed 2 --space second', 'apart from everything else, to compare'],
      ['ingot ingest updates.json --until conflict', 'as far as the first conflict'],
      ['zcat updates.json.gz | ingot ingest - --memory', 'from a pipe, keeping nothing'],
    ],
    more: EXIT_CODES_HELP,
    async run({ argument = '', flags, load }) {
      const loaded = await withMapping(await load());
      if (flags.follow === true) {
        refuseUnfollowed(loaded, argument, flags);
        const { connect } = await import('./connect');
        return connect(loaded, { follow: argument }, SAMPLE_PATH);
      }
      const { parseGoal } = await import('../../../src-shared/run-goal');
      const until = flags.until === undefined ? null : parseGoal(String(flags.until));
      const { ingest } = await import('./play-run');
      return ingest(argument, loaded, SAMPLE_PATH, { until, deliver: flags.deliver === true });
    },
  },
  ...CONNECT_COMMANDS,
  {
    name: 'resume',
    argument: ['[RUN]', 'number of the run; left out: the latest that can be resumed'],
    summary: 'go on with a run that was cut off, stopped or failed',
    description:
      'Takes a run up where it was cut off, stopped or failed: the same run, with its own settings, goes on ' +
      'at its checkpoint. Nothing is read into the database twice, nothing is left out. Its file must be what it was.',
    options: [['--list', 'show the runs that ended early, and whether they can be resumed']],
    keys: ['wait', 'overdue', 'idl', ...DATABASE_KEYS, 'json', ...LOG_KEYS, 'metricsPort'],
    examples: [
      ['ingot resume', 'go on with the latest'],
      ['ingot resume 7 --json', 'with run 7, for another program'],
      ['ingot resume --list', 'what there is to resume'],
    ],
    more: EXIT_CODES_HELP,
    async run({ argument, flags, load }) {
      if (argument !== undefined && !/^\d{1,19}$/.test(argument)) {
        throw new IngotError('invalid_input', `${argument} is not the number of a run.`, {
          hint: '"ingot resume --list" shows them.',
        });
      }
      const loaded = await load();
      const { resume, listUnfinished } = await import('./play-run');
      return flags.list === true
        ? listUnfinished(loaded, SAMPLE_PATH)
        : resume(argument ?? null, loaded, SAMPLE_PATH);
    },
  },
  {
    name: 'report',
    summary: 'show the accounts with the most tokens of each type',
    description:
      'Shows the leaders of each account type, now or as of an instant. Of a tie it says how many share the ' +
      `place and names the first ${REPORT_LIMITS.leaders} by id; with --type it pages through all of them.`,
    options: [
      ['--type <TYPE>', 'only this account type, with all its leaders'],
      [
        '--limit <N>',
        `with --type, accounts on a page (default: ${REPORT_LIMITS.leaders}); else account types`,
      ],
      ['--after <ID>', 'begin after this account; without --type, after this account type'],
      AS_OF_OPTION,
    ],
    keys: [...DATABASE_KEYS, 'json', ...LOG_KEYS],
    examples: [
      ['ingot report', 'the leaders of each type'],
      ['ingot report --type mint --limit 1000', 'the first thousand of a tie'],
      ['ingot report --type mint --after 6Bhk --json', 'those after an account, for another program'],
      ['ingot report --as-of last@12.5s', 'as it was 12.5 s into the last run'],
      ['ingot report --as-of slot:250123456', 'as of the end of a slot, as known now'],
    ],
    async run({ flags, load }) {
      const { type, after, limit, asOf } = flags as Partial<
        Record<'type' | 'after' | 'limit' | 'asOf', string>
      >;
      const most = type === undefined ? REPORT_LIMITS.types : MOST_LEADERS;
      const fallback = type === undefined ? REPORT_LIMITS.types : REPORT_LIMITS.leaders;
      const count = limit === undefined ? fallback : Number(numberFromText(limit));
      if (!Number.isInteger(count) || count < 1 || count > most) {
        throw new IngotError(
          'invalid_input',
          `--limit is "${limit}": it must be a whole number from 1 to ${most}.`,
        );
      }
      const loaded = await load();
      const { report } = await import('./report');
      return report(loaded, { type, after, limit: count, asOf }, SAMPLE_PATH);
    },
  },
  {
    name: 'formats',
    summary: 'list the formats that can be read',
    description:
      'Lists the formats that Ingot recognises, what each has to be told, and where it is described, and the mappings that you saved. ' +
      'A mapping of your own is a JSON file: "ingot ingest FILE --mapping MAPPING.json".',
    keys: ['dataDir', 'json', ...LOG_KEYS],
    examples: [
      ['ingot formats', 'as a table'],
      ['ingot formats --json', 'for another program'],
    ],
    async run({ load }) {
      const loaded = await load();
      const { showFormats } = await import('./formats');
      return showFormats(loaded);
    },
  },
  ...TABLE_COMMANDS,
  {
    name: 'why',
    argument: ['<ID[:VERSION]>', 'an account, or one of its versions: ID:VERSION or ID:SLOT:VERSION'],
    summary: 'say why an update is stale, or what became of its callback',
    description:
      'Says in a sentence why a version is what it is: stale, waiting, fired or cancelled, by whom and when; and ' +
      'whether its account leads its type. Without a version, of all versions of the account, the newest first.',
    options: [
      ['--limit <N>', 'without a version, the most versions to explain (default: 100, at most 500)'],
      AS_OF_OPTION,
      TIMES_OPTION,
    ],
    keys: [...DATABASE_KEYS, 'json', ...LOG_KEYS],
    examples: [
      ['ingot why 6Bhk', 'all versions of an account'],
      ['ingot why 6Bhk:13', 'version 13'],
      ['ingot why 6Bhk:13 --as-of last@12.5s', 'as it was 12.5 s into the last run'],
      ['ingot why 6Bhk:250123456:13 --json', 'version 13 of a slot, for another program'],
    ],
    more: `
Exit codes:
  ${EXIT.done}    done
  ${EXIT.failed}    there is no such account or version, or the database cannot be read
  ${EXIT.misused}    wrong usage, or there is no database yet
`,
    async run({ argument = '', flags, load }) {
      const { explainVersions } = await import('./why');
      return explainVersions(await load(), argument, flags, SAMPLE_PATH);
    },
  },
  {
    name: 'sql',
    argument: ['<QUERY>', 'one SELECT, WITH, VALUES, TABLE or EXPLAIN; - reads standard input'],
    summary: 'ask the database a question of your own',
    description:
      'Runs one query on a copy of the database, which is made first and removed at the end: the database itself is ' +
      'neither read by the query nor can be changed by it. Not for a database on a server.',
    options: [
      ['--timeout <S>', `seconds after which the query is ended (default: ${SQL_LIMITS.seconds})`],
      ['--limit <N>', `the most rows to read (default: ${SQL_LIMITS.rows}, at most ${SQL_LIMITS.mostRows})`],
      ...TABLE_OPTIONS.filter(([flags]) => !flags.startsWith('--limit')),
    ],
    keys: [...DATABASE_KEYS, ...LOG_KEYS],
    examples: [
      ["ingot sql 'SELECT account_type, count(*) FROM accounts GROUP BY 1'", 'as a table'],
      [
        'ingot sql - --format parquet --limit 100000 --out result.parquet < query.sql',
        'from a file, into a file',
      ],
    ],
    async run({ argument = '', flags, load }) {
      const { runSql } = await import('./sql');
      return runSql(await load(), argument, flags, SAMPLE_PATH);
    },
  },
  {
    name: 'health',
    summary: 'say whether Ingot is ready for work',
    description:
      'Asks a running Ingot for its health, or, if none has the database, looks into the database itself. ' +
      'Exit code 0: every check is well. 1: one is not, or nobody can tell.',
    options: [
      ['--port <N>', 'ask the Ingot that serves on this port of 127.0.0.1: its own, or its --metrics-port'],
    ],
    keys: [...DATABASE_KEYS, 'json'],
    examples: [
      ['ingot health', 'of the usual database, and of whoever has it'],
      ['ingot health --port 9464 --json', 'of a running Ingot, for another program'],
      ['ingot health --database postgres://localhost/ingot', 'of a server'],
    ],
    async run({ flags: { port, dataDir, database }, load }) {
      if (port !== undefined && (dataDir ?? database) !== undefined) {
        throw new IngotError('invalid_input', '--port excludes --data-dir and --database: set one of them.');
      }
      const { settings } = await load();
      const { showHealth } = await import('./health');
      return showHealth(settings, port === undefined ? null : portFrom(String(port)));
    },
  },
  {
    name: 'link',
    summary: 'print an address that opens the window of a running Ingot',
    description:
      'Asks the Ingot that shows its window in a browser for a new address. It opens the window once, within ten ' +
      'minutes, in any browser on this machine.',
    keys: ['dataDir', 'database', 'json'],
    examples: [
      ['ingot link', 'of the Ingot that has the usual database'],
      ['ingot link --data-dir ./state', 'of one that has another'],
    ],
    async run({ load }) {
      const { settings } = await load();
      const { showLink } = await import('./health');
      return showLink(settings);
    },
  },
  {
    name: 'config',
    summary: 'show the settings in force, and where each came from',
    description:
      'Shows the settings in force and where each came from: the default, the configuration file, ' +
      'a variable of the environment, or a flag; the later of these wins.',
    keys: SETTING_KEYS,
    examples: [
      ['ingot config', 'as a table'],
      ['INGOT_SEED=7 ingot config --speed 20', 'what these would change'],
      ['ingot config --json', 'for another program'],
    ],
    async run({ load }) {
      const loaded = await load();
      const { showConfig } = await import('./show-config');
      return showConfig(loaded);
    },
  },
  ...DATABASE_COMMANDS,
  {
    name: 'targets',
    argument: ['[ACTION]', 'add, remove, arm, disarm or test; left out: show them'],
    other: ['[NAME]', 'of the target'],
    summary: 'where fired callbacks are delivered: webhooks, commands, files',
    description:
      'Shows the targets of the database, or changes one. A target that is armed gets each callback that fires from then on, at ' +
      'least once, of runs that deliver: "ingot ingest FILE --deliver". Restoring a backup or copying a database disarms targets.',
    options: [
      ['--webhook <URL>', 'with add: post CloudEvents to this address'],
      ['--secret <NAME>', 'sign them with the secret in INGOT_SECRET_NAME'],
      ['--allow-private', 'the address may be of this machine or of a private network'],
      ['--command <PROGRAM>', 'with add: start this program, with the event on standard input'],
      [
        '--argument <ARGUMENT...>',
        'of the program; no shell reads it; --argument=-x where it begins with a hyphen',
      ],
      ['--file <FILE>', 'with add: append a line for each event'],
      ['--event <WHICH>', 'fired; or quiet, an alarm for accounts without an update (default: fired)'],
      ['--concurrency <N>', 'deliveries at once, 1 to 32 (default: 4)'],
      ['--rate <N>', 'deliveries a second at most'],
      ['--timeout <SECONDS>', 'of one attempt (default: 10)'],
      ['--attempts <N>', 'before a delivery is dead (default: 20)'],
      ['--arm', 'with add: arm it at once'],
      ['--catch-up', 'with arm: go on where it stopped, instead of with what fires from now on'],
    ],
    keys: [...DATABASE_KEYS, 'json', ...LOG_KEYS],
    examples: [
      ['ingot targets', 'what there is'],
      [
        'ingot targets add ops --webhook https://example.org/hook --secret OPS',
        'signed with INGOT_SECRET_OPS',
      ],
      ['ingot targets add log --file fired.ndjson --arm', 'a line for each callback'],
      ['ingot targets add mail --command ./notify.sh --event quiet', 'an alarm when an account falls quiet'],
      ['ingot targets test ops', 'send a test event'],
      ['ingot targets arm ops --catch-up', 'also what fired since it was disarmed'],
    ],
    async run({ argument, other, flags, load }) {
      const { changeTarget, showTargets } = await import('./deliveries');
      const loaded = await load();
      return argument === undefined ? showTargets(loaded) : changeTarget(loaded, argument, other, flags);
    },
  },
  {
    name: 'deliveries',
    argument: ['[TARGET]', 'only of this target'],
    summary: 'what became of the callbacks that fired, at each target',
    description:
      'Shows deliveries, the latest callback first: delivered, waiting for another attempt, or dead after too many. Dead ones are ' +
      'kept until they are sent again.',
    options: [
      ['--dead', 'only dead ones'],
      ['--waiting', 'only those that wait for another attempt'],
      ['--limit <N>', 'of each target (default: 100, at most 200)'],
      ['--resend <WHICH>', 'send dead ones again: all, or their numbers with commas between them'],
      ['--send', 'deliver what is left, for a minute at most, and end'],
      ['--run <RUN>', 'let a run deliver what it fires from now on; with --off, no more'],
      ['--off', 'with --run'],
    ],
    keys: [...DATABASE_KEYS, 'json', ...LOG_KEYS],
    examples: [
      ['ingot deliveries --dead', 'what was given up'],
      ['ingot deliveries ops --resend all', 'send it again, a thousand at most'],
      ['ingot deliveries --send', 'after a crash, without a new run'],
    ],
    async run({ argument, flags, load }) {
      const { deliveries } = await import('./deliveries');
      return deliveries(await load(), argument ?? null, flags);
    },
  },
  {
    name: 'generate',
    summary: 'write a file of made-up account updates',
    description: 'Writes made-up account updates, the same for the same seed, in constant memory.',
    options: GENERATE_OPTIONS,
    examples: [
      ['ingot generate --records 1000 --accounts 50 --seed 7 --out updates.json', 'a small file'],
      ['ingot generate --records 1000000 --ndjson | gzip > big.ndjson.gz', 'a large one'],
    ],
    async run({ flags }) {
      const { options, file } = readGenerateOptions(flags);
      return generate(options, file);
    },
  },
];

/** Builds the command line; `end` gets the exit code of the command that ran. */
export function createProgram(end: (code: ExitCode) => void): Command {
  const program = new Command('ingot')
    .description('Replays streams of versioned account updates into Postgres, and shows what happens.')
    .showHelpAfterError('Run "ingot help" for the commands, "ingot COMMAND --help" for one of them.')
    .version(describeVersion(), '-V, --version', 'show the versions of Ingot, Node and the embedded Postgres')
    .exitOverride()
    .configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, 'ingot: ')) })
    .addHelpText(
      'after',
      formatExamples([
        ['ingot ingest updates.json', 'replay a file as if it came in now'],
        ['ingot help ingest', 'all that ingest can do'],
      ]),
    );
  for (const spec of COMMANDS) addCommand(program, spec, end);
  // Another shell: the launcher starts it before it comes to this. Here it is listed.
  program
    .command('web')
    .summary('show the window in a browser, or print its address')
    .argument('[FILE]', 'a file of account updates to ingest at once')
    .action(() => program.error('error: only the command `ingot` itself opens the window in a browser.'));
  program
    .command('version')
    .summary('the same as --version')
    .action(() => writeOut(`${describeVersion()}\n`));
  return program;
}

function addCommand(program: Command, spec: CommandSpec, end: (code: ExitCode) => void): void {
  const { keys } = spec;
  const command = program
    .command(spec.name)
    .summary(spec.summary)
    .description(spec.description)
    .addHelpText('after', `${formatExamples(spec.examples)}${spec.more ?? ''}`);
  if (spec.argument) command.argument(...spec.argument);
  if (spec.other) command.argument(...spec.other);
  for (const [flags, about] of spec.options ?? []) command.option(flags, about);
  if (keys) addSettingOptions(command, keys);
  command.action(async () => {
    const load = () => readSettings(command, keys ?? []);
    end(await spec.run({ argument: command.args[0], other: command.args[1], flags: command.opts(), load }));
  });
}

function formatExamples(examples: CommandSpec['examples']): string {
  const width = examples.reduce((widest, [line]) => Math.max(widest, line.length), 0);
  return `\nExamples:\n${examples.map(([line, meaning]) => `  ${line.padEnd(width)}  ${meaning}`).join('\n')}\n`;
}

function portFrom(text: string): number {
  const port = Number(text);
  if (/^\d{1,5}$/.test(text) && port >= 1 && port <= 65_535) return port;
  throw new IngotError('invalid_input', `--port is "${text}": it must be a whole number from 1 to 65535.`);
}
