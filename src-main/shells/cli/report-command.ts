import type { Command } from 'commander';
import { IngotError } from '../../../src-shared/errors';
import { REPORT_LIMITS } from '../../../src-shared/update';
import { numberFromText } from '../../settings/number-from-text';
import type { ExitCode } from '../process/failure';
import { addSettingOptions, readSettings } from '../process/setting-options';
import { formatExamples } from './help-text';

const KEYS = ['dataDir', 'database', 'readOnly', 'json', 'logLevel', 'logDir', 'logFileLevel'] as const;
/** Leaders of one type on one page: with the longest ids some 8 MiB. */
const MOST_LEADERS = 10_000;

export function addReport(program: Command, end: (code: ExitCode) => void): void {
  const command = program
    .command('report')
    .summary('show the accounts with the most tokens of each type')
    .description(
      'Shows the leaders of each account type, as the database has them now. Of a tie it says how many share the ' +
        `place and names the first ${REPORT_LIMITS.leaders} by id; with --type it pages through all of them.`,
    )
    .option('--type <TYPE>', 'only this account type, with all its leaders')
    .option(
      '--limit <N>',
      `with --type, accounts on a page (default: ${REPORT_LIMITS.leaders}); else account types`,
    )
    .option('--after <ID>', 'begin after this account; without --type, after this account type')
    .addHelpText(
      'after',
      formatExamples([
        ['ingot report', 'the leaders of each type'],
        ['ingot report --type mint --limit 1000', 'the first thousand of a tie'],
        ['ingot report --type mint --after 6Bhk --json', 'those after an account, for another program'],
      ]),
    );
  addSettingOptions(command, KEYS);
  command.action(async ({ type, after, limit }: { type?: string; after?: string; limit?: string }) => {
    const most = type === undefined ? REPORT_LIMITS.types : MOST_LEADERS;
    const fallback = type === undefined ? REPORT_LIMITS.types : REPORT_LIMITS.leaders;
    const count = limit === undefined ? fallback : Number(numberFromText(limit));
    if (!Number.isInteger(count) || count < 1 || count > most) {
      throw new IngotError(
        'invalid_input',
        `--limit is "${limit}": it must be a whole number from 1 to ${most}.`,
      );
    }
    const loaded = await readSettings(command, KEYS);
    const { report } = await import('./report');
    end(await report(loaded, { type, after, limit: count }));
  });
}
