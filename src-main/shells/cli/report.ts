import { IngotError } from '../../../src-shared/errors';
import { formatLeadersJson } from '../../../src-shared/leaders-json';
import { toPrintable } from '../../../src-shared/printable';
import { REPORT_LIMITS, type TypeLeaders } from '../../../src-shared/update';
import { rankLeaders, rankLeadersOfType } from '../../accounts/sql/rank-leaders';
import type { Queryable } from '../../database/database';
import type { LoadedSettings } from '../../settings/load-settings';
import { hasSchema } from '../../storage/migrate';
import { createSystemClock } from '../../time/clock';
import { EXIT, type ExitCode } from '../process/failure';
import { outputColors } from '../process/terminal';
import { requireThere } from './backup-places';
import { composeCommand, openChosenDatabase, quoteWord } from './open-chosen-database';
import { openCommandLogs } from './open-command-logs';
import { formatReport } from './report-text';
import { writeOut } from './write-out';

export interface ReportPage {
  /** Only the leaders of this type, however many tie; undefined: the first of each type. */
  readonly type?: string | undefined;
  /** Begins after this id; without a type, after this account type. */
  readonly after?: string | null | undefined;
  /** How many accounts at most; without a type, how many account types. */
  readonly limit: number;
}

type Page = Pick<ReportPage, 'after' | 'limit'>;

interface Read {
  readonly types: readonly TypeLeaders[];
  /** Where the next page begins, for `--after`; null: there is none. */
  readonly next: string | null;
}

/**
 * Prints one page of the leaders by account type, as the latest states have them now.
 * @throws IngotError `invalid_input` if there is no database yet, `not_found` if there is no account of the type.
 */
export async function report(loaded: LoadedSettings, page: ReportPage): Promise<ExitCode> {
  const { settings } = loaded;
  if (settings.memory) {
    throw new IngotError('invalid_input', 'A database in memory is empty at every start: nothing to report.');
  }
  requireThere(settings);
  const clock = createSystemClock();
  const { logger } = await openCommandLogs(loaded, { clock });
  const database = await openChosenDatabase(settings, { clock, logger, migrated: false, onlyReads: true });
  try {
    if (!(await hasSchema(database))) {
      throw new IngotError('invalid_input', `There is nothing of Ingot's in ${database.location} yet.`);
    }
    const { type } = page;
    const { types, next } = await (type === undefined
      ? readTypes(database, page)
      : readType(database, type, page));
    if (settings.json) {
      await writeOut(`{${formatLeadersJson(types)},"next":${JSON.stringify(next)}}\n`);
      return EXIT.done;
    }
    await writeOut(`${formatReport(types, outputColors(), !page.after)}\n`);
    if (next !== null) {
      const of = type === undefined ? '' : `--type=${quoteWord(type)} `;
      process.stderr.write(
        `Next page: ${composeCommand(loaded, 'report', `${of}--after=${quoteWord(next)}`)}\n`,
      );
    }
    return EXIT.done;
  } finally {
    await database.close();
  }
}

async function readTypes(db: Queryable, { after = null, limit }: Page): Promise<Read> {
  const { types, moreTypes } = await rankLeaders(db, after, Math.min(limit, REPORT_LIMITS.types));
  return { types, next: moreTypes ? (types.at(-1)?.accountType ?? null) : null };
}

async function readType(db: Queryable, type: string, { after = null, limit }: Page): Promise<Read> {
  // One more than asked for shows whether there is a next page.
  const found = await rankLeadersOfType(db, type, after, limit + 1);
  if (!found) throw new IngotError('not_found', `There is no account of type ${toPrintable(type)}.`);
  const leaders = found.leaders.slice(0, limit);
  const next = found.leaders.length > limit ? (leaders.at(-1)?.id ?? null) : null;
  return { types: [{ ...found, leaders }], next };
}
