import type { Command } from 'commander';
import { IngotError } from '../../../src-shared/errors';
import { databaseTargetOf } from '../../settings/database-target';
import { createSystemClock } from '../../time/clock';
import { EXIT, type ExitCode } from '../process/failure';
import { addSettingOptions, readSettings } from '../process/setting-options';
import { askRunningShell, webStatePath } from '../process/web-state';
import { formatExamples } from './help-text';
import { writeOut } from './write-out';

const KEYS = ['dataDir', 'database', 'json'] as const;

export function addLink(program: Command, end: (code: ExitCode) => void): void {
  const command = program
    .command('link')
    .summary('print an address that opens the window of a running Ingot')
    .description(
      'Asks the Ingot that shows its window in a browser for a new address. It opens the window once, within ten ' +
        'minutes, in any browser on this machine.',
    )
    .addHelpText(
      'after',
      formatExamples([
        ['ingot link', 'of the Ingot that has the usual database'],
        ['ingot link --data-dir ./state', 'of one that has another'],
      ]),
    );
  addSettingOptions(command, KEYS);
  command.action(async () => {
    const { settings } = await readSettings(command, KEYS);
    const path = webStatePath(databaseTargetOf(settings));
    const answer = path === null ? null : await askRunningShell(path, { ask: 'link' }, createSystemClock());
    if (!answer?.address) {
      throw new IngotError('not_found', 'No Ingot shows its window in a browser on this database.', {
        hint: 'Start it with `npm run web`, or name its database with --data-dir or --database.',
      });
    }
    const { address } = answer;
    await writeOut(settings.json ? `${JSON.stringify({ address })}\n` : `${address}\n`);
    end(EXIT.done);
  });
}
