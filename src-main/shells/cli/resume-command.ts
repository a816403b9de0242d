import type { Command } from 'commander';
import { IngotError } from '../../../src-shared/errors';
import type { ExitCode } from '../process/failure';
import { addSettingOptions, readSettings } from '../process/setting-options';
import { EXIT_CODES_HELP, formatExamples } from './help-text';

const KEYS = [
  'wait',
  'overdue',
  'dataDir',
  'database',
  'readOnly',
  'json',
  'logLevel',
  'logDir',
  'logFileLevel',
  'metricsPort',
] as const;

export function addResume(program: Command, end: (code: ExitCode) => void): void {
  const command = program
    .command('resume')
    .argument('[RUN]', 'number of the run; left out: the latest that can be resumed')
    .summary('go on with a run that was cut off, stopped or failed')
    .description(
      'Takes a run up where it was cut off, stopped or failed: the same run, with its own settings, goes on ' +
        'at its checkpoint. Nothing is read into the database twice, nothing is left out. Its file must be what it was.',
    )
    .option('--list', 'show the runs that ended early, and whether they can be resumed')
    .addHelpText(
      'after',
      formatExamples([
        ['ingot resume', 'go on with the latest'],
        ['ingot resume 7 --json', 'with run 7, for another program'],
        ['ingot resume --list', 'what there is to resume'],
      ]) + EXIT_CODES_HELP,
    );
  addSettingOptions(command, KEYS);
  command.action(async (run: string | undefined, { list }: { list?: boolean }) => {
    if (run !== undefined && !/^\d{1,19}$/.test(run)) {
      throw new IngotError('invalid_input', `${run} is not the number of a run.`, {
        hint: '"ingot resume --list" shows them.',
      });
    }
    const loaded = await readSettings(command, KEYS);
    const { resume, listResumable } = await import('./resume');
    end(await (list === true ? listResumable(loaded) : resume(run ?? null, loaded)));
  });
}
