import { lasting } from '../../../src-shared/chain-place';
import { IngotError } from '../../../src-shared/errors';
import { formatLeadersJson } from '../../../src-shared/leaders-json';
import { toPrintable } from '../../../src-shared/printable';
import { formatReport } from '../../../src-shared/report-text';
import type { TypeLeaders } from '../../../src-shared/update';
import { LONGEST_ID, LONGEST_TYPE } from '../../../src-shared/views';
import { requireDatabase } from '../../host/maintain';
import { openProgram, type Program } from '../../host/open-program';
import type { LoadedSettings } from '../../settings/load-settings';
import { EXIT, type ExitCode } from '../process/failure';
import { outputColors } from '../process/terminal';
import { composeCommand, openTools, quoteWord, refuseMemory } from './command';
import { headOf, instantJson } from './times';
import { writeOut } from './write-out';

export interface ReportPage {
  /** Only the leaders of this type, however many tie; undefined: the first of each type. */
  readonly type: string | undefined;
  /** Begins after this id; without a type, after this account type. */
  readonly after: string | undefined;
  /** How many accounts at most; without a type, how many account types. */
  readonly limit: number;
  /** An instant; undefined: now. */
  readonly asOf: string | undefined;
}

/**
 * Prints one page of the leaders by account type.
 * @throws IngotError `invalid_input` if there is no database yet or the instant is none, `not_found` if there is no account of the
 * type or no such run.
 */
export async function report(
  loaded: LoadedSettings,
  page: ReportPage,
  samplePath: string,
): Promise<ExitCode> {
  const { settings } = loaded;
  refuseMemory(loaded, 'is empty at every start: nothing to report.');
  const program = await openReader(loaded, samplePath);
  try {
    const instant =
      page.asOf === undefined ? null : await program.call('instant.resolve', { instant: page.asOf });
    const { types, next } = await readPage(program, page, instant?.asOf);
    if (settings.json) {
      const then = instantJson(instant);
      const asOf = then === null ? '' : `,"asOf":${JSON.stringify(then)}`;
      await writeOut(`{${formatLeadersJson(types)},"next":${JSON.stringify(next)}${asOf}}\n`);
      return EXIT.done;
    }
    await writeOut(
      `${headOf(instant)}${formatReport(types, { paint: outputColors().bold, fromFirst: !page.after })}\n`,
    );
    if (next !== null) {
      const of = [
        ...(page.type === undefined ? [] : [`--type=${quoteWord(page.type)}`]),
        ...(page.asOf === undefined || instant === null
          ? []
          : [`--as-of=${quoteWord(lasting(page.asOf, instant))}`]),
        `--after=${quoteWord(next)}`,
      ];
      process.stderr.write(`Next page: ${composeCommand(loaded, 'report', of.join(' '))}\n`);
    }
    return EXIT.done;
  } finally {
    await program.close();
  }
}

/**
 * Opens what is there, to read from it.
 * @throws IngotError `invalid_input` if there is no database yet.
 */
export async function openReader(
  loaded: LoadedSettings,
  samplePath: string,
  purpose: 'report' | 'tables' = 'report',
): Promise<Program> {
  const { settings } = loaded;
  requireDatabase(settings);
  return openProgram({ ...(await openTools(loaded)), settings, purpose, samplePath });
}

/**
 * `next` is where the next page begins, for `--after`; null if there is none. What is longer than any id or type sorts as its
 * beginning does.
 */
async function readPage(
  program: Program,
  { type, after, limit }: ReportPage,
  asOf: string | undefined,
): Promise<{ readonly types: readonly TypeLeaders[]; readonly next: string | null }> {
  if (type === undefined) {
    const { types, moreTypes } = await program.call('report.get', {
      asOf,
      limit,
      ...(after !== undefined && { afterType: after.slice(0, LONGEST_TYPE) }),
    });
    return { types, next: moreTypes ? (types.at(-1)?.accountType ?? null) : null };
  }
  const found =
    type.length > LONGEST_TYPE
      ? null
      : await program.call('report.ofType', {
          asOf,
          accountType: type,
          limit,
          ...(after !== undefined && { afterId: after.slice(0, LONGEST_ID) }),
        });
  if (!found) {
    const when = asOf === undefined ? '' : ' as of then';
    throw new IngotError('not_found', `There is no account of type ${toPrintable(type)}${when}.`);
  }
  return { types: [found], next: found.next };
}
