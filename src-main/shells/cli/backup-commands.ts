import type { Command } from 'commander';
import type { ExitCode } from '../process/failure';
import { addSettingOptions, readSettings } from '../process/setting-options';
import { formatExamples } from './help-text';

const KEYS = ['dataDir', 'database', 'readOnly', 'logLevel', 'logDir', 'logFileLevel'] as const;

export function addBackup(program: Command, end: (code: ExitCode) => void): void {
  const command = program
    .command('backup')
    .summary('write everything to one file')
    .description(
      'Writes the whole database to one file that any later version can restore, into the embedded ' +
        'database or a server. The file is read back and checked before it counts; its path is printed.',
    )
    .option('--out <FILE|DIR>', 'where to; left out: among the backups that the window shows')
    .addHelpText(
      'after',
      formatExamples([
        ['ingot backup', 'beside the database'],
        ['ingot backup --out /mnt/usb', 'into a directory, under a name of its own'],
        ['ingot backup --out monday.ndjson.gz --database postgres://localhost/ingot', 'of a server'],
      ]),
    );
  addSettingOptions(command, KEYS);
  command.action(async ({ out }: { out?: string }) => {
    const loaded = await readSettings(command, KEYS);
    const { backup } = await import('./backup');
    end(await backup(loaded, { out }));
  });
}

export function addRestore(program: Command, end: (code: ExitCode) => void): void {
  const command = program
    .command('restore')
    .argument('<FILE>', 'a backup, of the embedded database or of a server')
    .summary('put a backup in the place of the database')
    .description(
      'Puts the content of a backup in the place of everything in the database. The backup is checked to ' +
        'its end first, a backup is made of what is there, and then it is one transaction.',
    )
    .option('--yes', 'do not ask')
    .addHelpText(
      'after',
      formatExamples([
        ['ingot restore monday.ndjson.gz', 'ask first'],
        ['ingot restore monday.ndjson.gz --yes --data-dir ./fresh', 'into a directory of its own'],
      ]),
    );
  addSettingOptions(command, KEYS);
  command.action(async (file: string, { yes }: { yes?: boolean }) => {
    const loaded = await readSettings(command, KEYS);
    const { restore } = await import('./restore');
    end(await restore(file, loaded, { yes: yes === true }));
  });
}
