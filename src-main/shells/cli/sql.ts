import { resolve } from 'node:path';
import { countOf, formatBytes } from '../../../src-shared/amounts';
import { IngotError } from '../../../src-shared/errors';
import { toPrintable, toPrintableText } from '../../../src-shared/printable';
import {
  LONGEST_QUERY,
  type SqlColumn,
  type SqlResult,
  type SqlRow,
  sqlQuerySchema,
} from '../../../src-shared/sql';
import { writeWhole } from '../../host/export/write-whole';
import { exportResult } from '../../host/sql/export-result';
import type { LoadedSettings } from '../../settings/load-settings';
import { numberFromText } from '../../settings/number-from-text';
import { EXIT, type ExitCode } from '../process/failure';
import { refuseMemory } from './command';
import { openReader } from './report';
import { readFormat } from './table-commands';
import { checkOut, formatTable, type Shown, widthOf } from './tables';
import { writeOut } from './write-out';

/** A copy that takes longer than a moment is announced. */
const LARGE_BYTES = 2 ** 30;

/**
 * Runs one query on a copy of the database, and prints its result or writes it to a file.
 * @throws IngotError `database_error` as Postgres says it; `invalid_input`; `conflict` if the query took too long.
 */
export async function runSql(
  loaded: LoadedSettings,
  argument: string,
  flags: Readonly<Record<string, string | boolean | undefined>>,
  samplePath: string,
): Promise<ExitCode> {
  refuseMemory(loaded, 'is empty at every start: nothing to ask.');
  const { out, format: named, limit, timeout } = flags as Record<string, string | undefined>;
  const format = readFormat(named);
  checkOut(out, format);
  const query = readQuery(argument === '-' ? await readInput() : argument, { limit, timeout });
  const program = await openReader(loaded, samplePath, 'tables');
  try {
    const sql = await program.openSql();
    const { newCopy } = await sql.status();
    if (newCopy.sizeBytes >= LARGE_BYTES) {
      const seconds = Math.ceil(newCopy.expectedMs / 1000);
      process.stderr.write(
        `The database is copied first: ${formatBytes(newCopy.sizeBytes)}, some ${countOf(seconds, 'second')}.\n`,
      );
    }
    const result = sql.resultOf(
      (await sql.run(query).catch((error) => markPlace(error, query.text))).resultId,
    );
    const { columns, rows } = result;
    const pieces =
      format === 'table'
        ? formatTable(pageOf(rows), shownOf(columns), widthOf(out))
        : exportResult(result, { format, byteOrderMark: flags.bom === true });
    if (out === undefined) await writeOut(pieces);
    else await writeWhole(resolve(out), pieces);
    process.stderr.write(`${describeResult(result)}\n`);
    return EXIT.done;
  } finally {
    await program.close();
  }
}

/** No further than a query may be long. */
async function readInput(): Promise<string> {
  let text = '';
  for await (const piece of process.stdin.setEncoding('utf8')) {
    text += piece;
    if (text.length > LONGEST_QUERY) break;
  }
  return text;
}

function readQuery(text: string, flags: Readonly<Record<string, string | undefined>>) {
  const numbers = Object.entries(flags).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, Number(numberFromText(value))]],
  );
  const parsed = sqlQuerySchema.safeParse({ text, ...Object.fromEntries(numbers) });
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const of = issue?.path[0] === 'text' ? 'The query' : `--${String(issue?.path[0])}`;
  throw new IngotError('invalid_input', `${of} cannot be used: ${issue?.message ?? 'it is not valid'}.`);
}

/** The line of the query where Postgres stopped, and a mark below. */
function markPlace(error: unknown, text: string): never {
  if (!(error instanceof IngotError) || error.details.offset === undefined) throw error;
  const { offset, hint, ...details } = error.details;
  const start = text.lastIndexOf('\n', offset - 1) + 1;
  const indent = /^\s*/.exec(text.slice(start, offset))?.[0].length ?? 0;
  const before = toPrintableText(text.slice(start + indent, offset));
  const [rest = ''] = text.slice(offset).split('\n');
  const head = `line ${text.slice(0, start).split('\n').length}: `;
  const mark = ' '.repeat(head.length + before.length);
  const said = hint === undefined ? error.message : `${error.message} ${hint}`;
  const message = `${said}\n${head}${before}${toPrintableText(rest)}\n${mark}^`;
  throw new IngotError(error.code, message, { ...details, offset }, error);
}

async function* pageOf(rows: readonly SqlRow[]) {
  yield rows;
}

const NUMBERS = /^(?:smallint|integer|bigint|numeric|real|double precision|oid)$/;
const shownOf = (columns: readonly SqlColumn[]): Shown<SqlRow>[] =>
  columns.map(({ name, type }, at) => ({
    title: toPrintable(name),
    isNumber: NUMBERS.test(type),
    // The lines of a plan are indented.
    text: (row) => toPrintableText(row[at] ?? ''),
  }));

function describeResult({ rowCount, cut, copy: { asOfSeq, madeAtMs } }: SqlResult): string {
  const more =
    cut === null
      ? ''
      : cut === 'rows'
        ? ' of more: --limit reads more'
        : ' of more: the result is larger than Ingot holds';
  const at = new Date(madeAtMs).toISOString().slice(11, 19);
  return `${countOf(rowCount, 'row')}${more}. Copy of the database as of seq ${asOfSeq}, ${at} UTC.`;
}
