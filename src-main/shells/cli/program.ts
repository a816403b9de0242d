import { Command } from 'commander';
import { SETTING_KEYS } from '../../settings/schema';
import type { ExitCode } from '../process/failure';
import { addSettingOptions, readSettings } from '../process/setting-options';
import { describeVersion } from '../process/version';
import { addBackup, addRestore } from './backup-commands';
import { addGenerateOptions, readGenerateOptions } from './generate-options';
import { addHealth } from './health-command';
import { EXIT_CODES_HELP, formatExamples } from './help-text';
import { addLink } from './link-command';
import { addReport } from './report-command';
import { addResume } from './resume-command';
import { writeOut } from './write-out';

/**
 * Builds the command line. Commands are loaded when they are called for, so that `--help` is quick;
 * `end` gets the exit code of the one that ran.
 */
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
  addIngest(program, end);
  addResume(program, end);
  addReport(program, end);
  addHealth(program, end);
  addLink(program, end);
  addConfig(program, end);
  addBackup(program, end);
  addRestore(program, end);
  addReset(program, end);
  addGenerate(program, end);
  program
    .command('version')
    .summary('the same as --version')
    .action(() => writeOut(`${describeVersion()}\n`));
  return program;
}

function addIngest(program: Command, end: (code: ExitCode) => void): void {
  const command = program
    .command('ingest')
    .argument('<FILE>', 'JSON array or NDJSON, gzipped or not; - reads standard input')
    .summary('ingest a file of account updates')
    .description(
      'Ingests a file of account updates: keeps every unique update, fires one callback for each ' +
        'account version that is not superseded, and ends with the leaders of each account type.',
    )
    .addHelpText(
      'after',
      formatExamples([
        ['ingot ingest updates.json', 'one update every 0 to 1000 ms'],
        ['ingot ingest updates.json --speed 20', 'the same, 20 times as fast'],
        ['ingot ingest updates.json --simulate --json', 'at once, for another program'],
        ['ingot ingest updates.json --arrival none --no-wait', 'as fast as it goes, callbacks later'],
        ['zcat updates.json.gz | ingot ingest - --memory', 'from a pipe, keeping nothing'],
      ]) + EXIT_CODES_HELP,
    );
  addSettingOptions(command, SETTING_KEYS);
  command.action(async (file: string) => {
    const loaded = await readSettings(command, SETTING_KEYS);
    const { ingest } = await import('./ingest');
    end(await ingest(file, loaded));
  });
}

function addConfig(program: Command, end: (code: ExitCode) => void): void {
  const command = program
    .command('config')
    .summary('show the settings in force, and where each came from')
    .description(
      'Shows the settings in force and where each came from: the default, the configuration file, ' +
        'a variable of the environment, or a flag; the later of these wins.',
    )
    .addHelpText(
      'after',
      formatExamples([
        ['ingot config', 'as a table'],
        ['INGOT_SEED=7 ingot config --speed 20', 'what these would change'],
        ['ingot config --json', 'for another program'],
      ]),
    );
  addSettingOptions(command, SETTING_KEYS);
  command.action(async () => {
    const loaded = await readSettings(command, SETTING_KEYS);
    const { showConfig } = await import('./show-config');
    end(await showConfig(loaded));
  });
}

function addReset(program: Command, end: (code: ExitCode) => void): void {
  const keys = ['dataDir', 'database', 'readOnly', 'logLevel', 'logDir', 'logFileLevel'] as const;
  const command = program
    .command('reset')
    .summary('start afresh with an empty database')
    .description(
      'Empties the database, after saying what will be lost, asking, and making a backup. A data directory ' +
        'that cannot be opened is set aside, whole, and an empty database made in its place.',
    )
    .option('--yes', 'do not ask')
    .option('--no-backup', 'make no backup first')
    .addHelpText(
      'after',
      formatExamples([
        ['ingot reset', 'ask first'],
        ['ingot reset --yes --data-dir ./state', 'for scripts'],
      ]),
    );
  addSettingOptions(command, keys);
  command.action(async ({ yes, backup }: { yes?: boolean; backup: boolean }) => {
    const loaded = await readSettings(command, keys);
    const { reset } = await import('./reset');
    end(await reset(loaded, { yes: yes === true, backup }));
  });
}

function addGenerate(program: Command, end: (code: ExitCode) => void): void {
  const command = program
    .command('generate')
    .summary('write a file of made-up account updates')
    .description('Writes made-up account updates, the same for the same seed, in constant memory.')
    .addHelpText(
      'after',
      formatExamples([
        ['ingot generate --records 1000 --accounts 50 --seed 7 --out updates.json', 'a small file'],
        ['ingot generate --records 1000000 --ndjson | gzip > big.ndjson.gz', 'a large one'],
      ]),
    );
  addGenerateOptions(command);
  command.action(async () => {
    const { options, file } = readGenerateOptions(command);
    const { generate } = await import('./generate');
    end(await generate(options, file));
  });
}
