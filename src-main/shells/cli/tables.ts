import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { type ComparedFate, foundIn } from '../../../src-shared/compare';
import type { DeliveryMark } from '../../../src-shared/deliveries';
import { IngotError } from '../../../src-shared/errors';
import type { ResolvedInstant } from '../../../src-shared/instant';
import { toPrintable } from '../../../src-shared/printable';
import type { Moment } from '../../../src-shared/run-clock';
import { readTableQuery, type TableWords } from '../../../src-shared/table-command';
import {
  type AnyRow,
  type ChainFormat,
  describeLeftOut,
  type ExportFormat,
  type LeftOutCounts,
  type TableName,
  type TableQuery,
  type TableRows,
} from '../../../src-shared/tables';
import { countIn, exportFiles, exportTable, isFolder, readTable } from '../../host/export/exports';
import { writeWhole, writeWholeFolder } from '../../host/export/write-whole';
import type { Program } from '../../host/open-program';
import type { LoadedSettings } from '../../settings/load-settings';
import { EXIT, type ExitCode } from '../process/failure';
import { describeTerminal } from '../process/terminal';
import { refuseMemory } from './command';
import { tellNow } from './compare';
import { openReader } from './report';
import { formatTime, headOf, type Times } from './times';
import { writeOut } from './write-out';

export interface TableOptions extends TableWords {
  readonly table: TableName;
  readonly format: 'table' | ExportFormat | ChainFormat;
  /** The most rows; undefined: all. */
  readonly limit: number | undefined;
  /** A file to write; undefined: standard output. */
  readonly out: string | undefined;
  /** A byte order mark before CSV. */
  readonly byteOrderMark: boolean;
  /** Of a table for a person; the other formats have them all. */
  readonly times: Times;
}

/**
 * Prints a table, or writes it to a file.
 * @throws IngotError `invalid_input` if the filter, the order or the file is not one, or there is no database yet.
 */
export async function showTable(
  loaded: LoadedSettings,
  { table, format, limit, out, byteOrderMark, times, ...words }: TableOptions,
  samplePath: string,
): Promise<ExitCode> {
  refuseMemory(loaded, 'is empty at every start: nothing to show.');
  // Before the database is opened, and again with the instant.
  const isOfLastRun = table === 'rejects' && words.where === undefined;
  const check = { ...words, asOf: undefined, ...(isOfLastRun && { where: 'run=0' }) };
  readTableQuery(table, check);
  checkOut(out, format);
  const program = await openReader(loaded, samplePath, 'tables');
  try {
    const { views } = program;
    const instant = words.asOf === undefined ? null : await views.resolve(words.asOf);
    const asOf = instant?.asOf;
    const where = isOfLastRun ? `run=${await findLastRun(views)}` : words.where;
    const asked = readTableQuery(table, { ...words, where, asOf });
    if (asked.table === 'account') await requireAccount(views, asked.id, asOf);
    const { query, head } = await withHead(views, asked, instant);
    if (format === 'table') {
      const columns = SHOWN[table] as readonly Shown<AnyRow>[];
      await write(out, formatTable(readTable(views, query, limit), columns, widthOf(out), times, head));
      return EXIT.done;
    }
    // The formats for programs have no place for it.
    process.stderr.write(head);
    const leftOut: LeftOutCounts = {};
    const request = { query, format, byteOrderMark, limit };
    if (out !== undefined && isFolder(format, out)) {
      await writeWholeFolder(resolve(out), exportFiles(views, request, undefined, countIn(leftOut)));
    } else await write(out, exportTable(views, request, undefined, countIn(leftOut)));
    const described = describeLeftOut(leftOut);
    if (described !== '') process.stderr.write(`${described}.\n`);
    return EXIT.done;
  } finally {
    await program.close();
  }
}

const write = (out: string | undefined, pieces: AsyncIterable<Uint8Array>) =>
  out === undefined ? writeOut(pieces) : writeWhole(resolve(out), pieces);

/** @throws IngotError `invalid_input` if a file is there already, or a terminal would get what it cannot show. */
export function checkOut(out: string | undefined, format: TableOptions['format']): void {
  if (out !== undefined && existsSync(resolve(out))) {
    throw new IngotError('invalid_input', `--out ${out} is there already: it is not overwritten.`, {
      hint: 'Choose another name.',
    });
  }
  if (out !== undefined || !process.stdout.isTTY) return;
  if (format === 'parquet') {
    throw new IngotError('invalid_input', 'A terminal does not show Parquet.', { hint: 'Add --out FILE.' });
  }
  if (format === 'account-dir') {
    throw new IngotError('invalid_input', 'A terminal does not show a folder.', {
      hint: 'Add --out FOLDER, or send it to a program: | tar xz.',
    });
  }
}

type Views = Program['views'];

async function findLastRun(views: Views): Promise<string> {
  const { rows } = await views.runs({ window: { from: { edge: 'start' }, limit: 1 } });
  const [last] = rows;
  if (last) return last.runId;
  throw new IngotError('not_found', 'There is no run yet.');
}

/** Which instant each side or the table is of, and the query of just that one. */
async function withHead(
  views: Views,
  query: TableQuery,
  instant: ResolvedInstant | null,
): Promise<{ readonly query: TableQuery; readonly head: string }> {
  if (query.table === 'compare-accounts' || query.table === 'compare-callbacks') {
    const comparison = await views.compare({ from: query.from, to: query.to });
    tellNow(query, comparison);
    const { from, to } = comparison;
    const head = `${headOf(from.instant)}${headOf(to.instant)}`;
    return { query: { ...query, found: foundIn(comparison) }, head };
  }
  const head = headOf(instant);
  if (query.table !== 'callbacks' || head === '') return { query, head };
  return {
    query,
    head: `${head}Callbacks are shown as known then: a place on the chain says nothing of them.\n`,
  };
}

async function requireAccount(views: Views, id: string, asOf: string | undefined): Promise<void> {
  if (await views.account({ id, asOf })) return;
  throw new IngotError(
    'not_found',
    `There is no account ${toPrintable(id)}${asOf === undefined ? '' : ' as of then'}.`,
  );
}

/** What a line of text may be as wide as; in a pipe or a file nothing is cut. */
export function widthOf(out: string | undefined): number {
  const isScreen = out === undefined && describeTerminal(process.stdout).isTerminal;
  // A terminal without a size says 0.
  return isScreen ? process.stdout.columns || 80 : Number.POSITIVE_INFINITY;
}

/** A column for a person's eyes: fewer than in a file, and times of one clock. */
export interface Shown<Row> {
  readonly title: string;
  readonly text: (row: Row, times: Times) => string;
  readonly isNumber?: boolean;
}

const timeOf = (moment: Moment | null, times: Times) =>
  moment === null ? '' : `${moment.runId}@${formatTime(moment, times)}`;
const shown = <Row>(title: string, text: Shown<Row>['text'], isNumber = false): Shown<Row> => ({
  title,
  text,
  isNumber,
});

const UPDATES: readonly Shown<TableRows['updates']>[] = [
  shown('arrived', ({ arrived }, times) => timeOf(arrived, times)),
  shown('id', ({ id }) => toPrintable(id)),
  shown('type', ({ accountType }) => toPrintable(accountType)),
  shown('version', ({ version }) => version, true),
  shown('tokens', ({ tokens }) => tokens, true),
  shown('change', ({ tokensChange }) => tokensChange ?? '', true),
  shown('outcome', ({ outcome, retracted }) => (retracted === null ? outcome : `${outcome}, retracted`)),
  shown('callback', ({ callbackState }) => callbackState ?? ''),
  shown('due', ({ callbackDue }, times) => timeOf(callbackDue, times)),
  shown('settled', ({ callbackSettled }, times) => timeOf(callbackSettled, times)),
  shown('how', ({ settledHow, supersededBy }) =>
    supersededBy === null ? (settledHow ?? '') : `by ${supersededBy}`,
  ),
];

/** `3 → 5`, one of them if they are the same, and a dash for a side without one. */
const changeText = (from: string | undefined, to: string | undefined, print = (text: string) => text) =>
  from === to
    ? print(to ?? '')
    : `${from === undefined ? '–' : print(from)} → ${to === undefined ? '–' : print(to)}`;
const fateText = (fate: ComparedFate | null, times: Times) => {
  if (fate === null) return 'none';
  const at = fate.settled === null ? '' : ` ${timeOf(fate.settled, times)}`;
  return `${fate.state}${fate.supersededBy === null ? '' : ` by ${fate.supersededBy}`}${at}`;
};

const describeMark = ({ target, state, attempts }: DeliveryMark) =>
  `${target}: ${state}${attempts > 1 ? ` (${attempts} attempts)` : ''}`;

const SHOWN: { readonly [Table in TableName]: readonly Shown<TableRows[Table]>[] } = {
  accounts: [
    shown('id', ({ id }) => toPrintable(id)),
    shown('type', ({ accountType }) => toPrintable(accountType)),
    shown('tokens', ({ tokens }) => tokens, true),
    shown('version', ({ version }) => version, true),
    shown('callback', ({ callbackState }) => callbackState),
    shown('due', ({ callbackDue }, times) => timeOf(callbackDue, times)),
    shown('updated', ({ updated }, times) => timeOf(updated, times)),
  ],
  account: UPDATES.filter(({ title }) => title !== 'id'),
  updates: UPDATES,
  callbacks: [
    ...UPDATES,
    shown('delivery', ({ deliveries }) => (deliveries ?? []).map(describeMark).join(', ')),
  ],
  leaders: [
    shown('type', ({ accountType }) => toPrintable(accountType)),
    shown('tokens', ({ tokens }) => tokens, true),
    shown('id', ({ id }) => toPrintable(id)),
    shown('version', ({ version }) => version, true),
  ],
  runs: [
    shown('run', ({ runId }) => runId, true),
    shown('source', ({ source }) => toPrintable(source)),
    shown('state', ({ state }) => state),
    ...(['records', 'indexed', 'stale', 'rejected', 'fired', 'cancelled', 'pending'] as const).map((name) =>
      shown<TableRows['runs']>(name, ({ counts }) => String(counts[name]), true),
    ),
    shown('started', ({ startedAtMs }) => new Date(startedAtMs).toISOString()),
  ],
  'compare-accounts': [
    shown('id', ({ id }) => toPrintable(id)),
    shown('type', ({ from, to }) => changeText(from?.accountType, to?.accountType, toPrintable)),
    shown('version', ({ from, to }) => changeText(from?.version, to?.version)),
    shown('tokens', ({ from, to }) => changeText(from?.tokens, to?.tokens)),
    shown('data', ({ from, to }) => (from?.data === to?.data ? 'same' : 'differs')),
  ],
  'compare-callbacks': [
    shown('id', ({ id }) => toPrintable(id)),
    shown('version', ({ version }) => version, true),
    shown('from', ({ from }, times) => fateText(from, times)),
    shown('to', ({ to }, times) => fateText(to, times)),
  ],
  rejects: [
    shown('record', ({ record }) => String(record), true),
    shown('field', ({ field }) => toPrintable(field)),
    shown('reason', ({ reason }) => toPrintable(reason)),
    shown('excerpt', ({ excerpt }) => toPrintable(excerpt)),
  ],
};

/** A column that is cut keeps at least so much. */
const LEAST_WIDTH = 9;
const GAP = '  ';
/** How many rows decide about the widths. */
const MEASURED_ROWS = 100;

/** Lines of columns, as wide as the first rows need, and no wider than `width`: then the widest columns are cut. */
export async function* formatTable<Row>(
  pages: AsyncIterable<readonly Row[]>,
  columns: readonly Shown<Row>[],
  width: number,
  times: Times = 'run',
  before = '',
): AsyncGenerator<Uint8Array> {
  let widths: number[] | null = null;
  const lineOf = (cells: readonly string[]) =>
    `${cells
      .slice(0, widths?.length)
      .map((cell, at) => {
        const most = widths?.[at] ?? 0;
        const isWhole = width === Number.POSITIVE_INFINITY || columns[at]?.isNumber;
        const text = isWhole ? cell : cutMiddle(cell, most);
        return columns[at]?.isNumber ? text.padStart(most) : text.padEnd(most);
      })
      .join(GAP)
      .trimEnd()}\n`;
  const head = columns.map(({ title }) => title);
  let first: string[][] = [];
  const begin = () => {
    widths = fitWidths(
      head.map((title, at) =>
        first.reduce((most, line) => Math.max(most, line[at]?.length ?? 0), title.length),
      ),
      // Numbers are never cut.
      columns.map(({ isNumber }) => (isNumber ? Number.POSITIVE_INFINITY : LEAST_WIDTH)),
      width,
    );
    return Buffer.from(before + [head, ...first].map(lineOf).join(''));
  };
  for await (const page of pages) {
    const lines = page.map((row) => columns.map(({ text }) => text(row, times)));
    if (widths !== null) {
      yield Buffer.from(lines.map(lineOf).join(''));
      continue;
    }
    first = first.concat(lines);
    if (first.length > MEASURED_ROWS) yield begin();
  }
  if (widths === null) yield begin();
}

/** Leaves out the last columns if there is no room for all, then takes from the widest, so that a long id is cut before a short word. */
function fitWidths(wanted: readonly number[], least: readonly number[], width: number): number[] {
  const widths = [...wanted];
  const sum = (all: readonly number[]) =>
    all.reduce((total, one) => total + one, GAP.length * (all.length - 1));
  while (widths.length > 1 && sum(widths.map((one, at) => Math.min(one, least[at] ?? one))) > width)
    widths.pop();
  if (widths.length < wanted.length) {
    process.stderr.write('Some columns are left out: the terminal is too narrow. Other formats have all.\n');
  }
  while (sum(widths) > width) {
    const spare = widths.map((one, at) => (one > (least[at] ?? one) ? one : 0));
    const widest = spare.indexOf(spare.reduce((most, one) => Math.max(most, one), 0));
    if ((spare[widest] ?? 0) === 0) break;
    widths[widest] = (widths[widest] ?? 0) - 1;
  }
  return widths;
}

function cutMiddle(text: string, most: number): string {
  if (text.length <= most) return text;
  const head = Math.ceil((most - 1) / 2);
  return `${text.slice(0, head)}…${text.slice(text.length - (most - 1 - head))}`;
}
