import {
  COMPARED_LEADERS,
  type ComparedQuery,
  type Comparison,
  explainRemoved,
  isNow,
} from '../../../src-shared/compare';
import { IngotError } from '../../../src-shared/errors';
import { toPrintable } from '../../../src-shared/printable';
import type { TypeLeaders } from '../../../src-shared/update';
import type { LoadedSettings } from '../../settings/load-settings';
import { EXIT, type ExitCode } from '../process/failure';
import { refuseMemory } from './command';
import { openReader } from './report';
import { headOf } from './times';
import { writeOut } from './write-out';

/**
 * Prints two instants side by side, as text or as JSON.
 * @throws IngotError `invalid_input` if one is no instant, or there is no database yet; `not_found` if there is no such run.
 */
export async function showComparison(
  loaded: LoadedSettings,
  {
    from,
    to,
    format = 'table',
  }: { readonly from: string; readonly to: string; readonly format?: string | boolean | undefined },
  samplePath: string,
): Promise<ExitCode> {
  refuseMemory(loaded, 'is empty at every start: nothing to compare.');
  if (format !== 'table' && format !== 'json') {
    throw new IngotError('invalid_input', `--format ${format} needs --show accounts or --show callbacks.`);
  }
  const program = await openReader(loaded, samplePath, 'tables');
  try {
    const comparison = await program.views.compare({ from, to });
    tellNow({ from, to }, comparison);
    await writeOut(`${format === 'json' ? JSON.stringify(comparison) : textOf(comparison, [from, to])}\n`);
    return EXIT.done;
  } finally {
    await program.close();
  }
}

/** Tells which instant a side is of, where its own words do not. */
export function tellNow(sides: ComparedQuery, { from, to }: Pick<Comparison, 'from' | 'to'>): void {
  const now = isNow(sides.from) ? from.instant.wallMs : isNow(sides.to) ? to.instant.wallMs : null;
  if (now !== null) process.stderr.write(`Now is ${new Date(now).toISOString()}\n`);
}

const COUNTS = ['accounts', 'indexed', 'stale', 'pending', 'fired', 'cancelled'] as const;

function textOf(comparison: Comparison, sides: readonly [string, string]): string {
  const { from, to, accounts, callbacks, leaders, moreTypes } = comparison;
  const removed = explainRemoved(comparison);
  const total = callbacks.reduce((sum, { count }) => sum + count, 0);
  const heads = `${headOf(from.instant)}${headOf(to.instant)}`;
  return [
    ...(heads === '' ? [] : [heads]),
    ...table([
      ['', ...sides, 'difference'],
      ...COUNTS.map((name) => {
        const [a, b] = [from.counts[name], to.counts[name]];
        return [name, String(a), String(b), a === b ? '' : `${b > a ? '+' : ''}${b - a}`];
      }),
    ]),
    '',
    `accounts that differ: ${accounts}`,
    `callbacks that differ: ${total}`,
    ...callbacks.map((fate) => `  ${fate.from} → ${fate.to}: ${fate.count}`),
    ...(removed === null ? [] : [removed]),
    `leaders that changed: ${leaders.length}${moreTypes ? ' among the first types' : ''}`,
    ...leaders.map(
      ({ accountType, from: before, to: after }) =>
        `  ${toPrintable(accountType)}: ${leadersText(before)} → ${leadersText(after)}`,
    ),
  ].join('\n');
}

function leadersText(type: TypeLeaders | null): string {
  if (type === null) return 'no account';
  const more = type.tied > COMPARED_LEADERS ? ` and ${type.tied - COMPARED_LEADERS} more` : '';
  return `${type.tokens} (${type.leaders.map(({ id }) => toPrintable(id)).join(', ')}${more})`;
}

/** The first column is words, the rest are numbers. */
function table(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, at) =>
    rows.reduce((most, row) => Math.max(most, row[at]?.length ?? 0), 0),
  );
  return rows.map((row) =>
    row
      .map((cell, at) => (at === 0 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0)))
      .join('  ')
      .trimEnd(),
  );
}
