import { IngotError } from '../../../src-shared/errors';
import { describeSorts, describeTerms, type TableWords } from '../../../src-shared/table-command';
import { CHAIN_FORMATS, EXPORT_FORMATS, type TableName } from '../../../src-shared/tables';
import { numberFromText } from '../../settings/number-from-text';
import type { ExitCode } from '../process/failure';
import { type CommandSpec, DATABASE_KEYS, type Given, LOG_KEYS, SAMPLE_PATH } from './command-spec';
import { AS_OF_OPTION, readTimes, TIMES_OPTION } from './times';

const TABLE_FORMATS = ['table', ...EXPORT_FORMATS] as const;
const ACCOUNT_FORMATS = [...TABLE_FORMATS, ...CHAIN_FORMATS] as const;

/** What `ingot compare` shows. */
const COMPARED = ['summary', 'accounts', 'callbacks'] as const;
const optionsOf = (formats: readonly string[]) =>
  [
    ['--limit <N>', 'the most rows to show'],
    ['--format <FORMAT>', `one of ${formats.join(', ')} (default: table)`],
    ['--out <FILE>', 'write a file, whole or not at all'],
    ['--bom', 'begin CSV with a byte order mark, for spreadsheets'],
  ] as const;
export const TABLE_OPTIONS = optionsOf(TABLE_FORMATS);

/** @throws IngotError `invalid_input` */
export const readFormat = (named: string | undefined) => readFormatOf(TABLE_FORMATS, named);

function readFormatOf<Format extends string>(formats: readonly Format[], named = 'table'): Format {
  const known = formats.find((name) => name === named);
  if (known) return known;
  throw new IngotError('invalid_input', `--format is "${named}": it must be one of ${formats.join(', ')}.`);
}

/** @throws IngotError `invalid_input` */
async function runTable(table: TableName, words: TableWords, { flags, load }: Given): Promise<ExitCode> {
  const { format, limit, where, sort, out, asOf } = flags as Record<string, string | undefined>;
  const times = readTimes(flags.times);
  const rows = limit === undefined ? undefined : Number(numberFromText(limit));
  if (rows !== undefined && (!Number.isSafeInteger(rows) || rows < 1)) {
    throw new IngotError('invalid_input', `--limit is "${limit}": it must be a whole number from 1.`);
  }
  const known = table === 'accounts' ? readFormatOf(ACCOUNT_FORMATS, format) : readFormat(format);
  const loaded = await load();
  const { showTable } = await import('./tables');
  const byteOrderMark = flags.bom === true;
  const options = {
    ...words,
    table,
    where,
    sort,
    asOf,
    limit: rows,
    format: known,
    out,
    byteOrderMark,
    times,
  };
  return showTable(loaded, options, SAMPLE_PATH);
}

/** One command for each table, all alike. */
function tableCommand(
  table: TableName,
  of: Pick<CommandSpec, 'summary' | 'description' | 'examples' | 'argument'>,
  { asOf = true }: { readonly asOf?: boolean } = {},
): CommandSpec {
  // The others show no time of a run.
  const hasTimes = asOf && table !== 'leaders';
  const [terms, sorts] = [describeTerms(table), describeSorts(table)];
  return {
    ...of,
    name: table,
    options: [
      ...(asOf ? [AS_OF_OPTION] : []),
      ...(terms === '' ? [] : [['--where <FILTER>', `only these, with commas between: ${terms}`] as const]),
      ...(sorts === ''
        ? []
        : [['--sort <ORDER>', `by one of ${sorts}; ":desc" after it turns it round`] as const]),
      ...(table === 'accounts' ? optionsOf(ACCOUNT_FORMATS) : TABLE_OPTIONS),
      ...(hasTimes ? [TIMES_OPTION] : []),
    ],
    keys: [...DATABASE_KEYS, ...LOG_KEYS],
    run: (given) => runTable(table, { id: given.argument }, given),
  };
}

export const TABLE_COMMANDS: readonly CommandSpec[] = [
  tableCommand('accounts', {
    summary: 'show accounts',
    description: 'Shows the latest states of the accounts, or those of an earlier instant.',
    examples: [
      ['ingot accounts', 'all of them, by id'],
      [
        "ingot accounts --where 'type=mint,tokens>=500' --sort tokens:desc --limit 10",
        'the ten largest mints',
      ],
      [
        'ingot accounts --as-of last@12.5s --format csv --out accounts.csv',
        'as they were at 12.5 s of the last run',
      ],
      [
        'ingot accounts --as-of last@12.5s --format account-dir --out accounts',
        'for solana-test-validator --account-dir accounts',
      ],
    ],
  }),
  tableCommand('account', {
    argument: ['<ID>', 'its whole id'],
    summary: 'show all versions of one account',
    description: 'Shows all versions of one account, the highest first.',
    examples: [['ingot account 6Bhk --format ndjson', 'for another program']],
  }),
  tableCommand('leaders', {
    summary: 'show the accounts with the most tokens of each type, one a line',
    description: 'Shows every account that has the most tokens of its type, those that tie included.',
    examples: [
      ["ingot leaders --where 'type=mint' --as-of last:99", 'after 100 arrivals of the last run'],
      ['ingot leaders --as-of slot:250123456,last@12.5s', 'of a slot, as known at 12.5 s of the last run'],
      ['ingot leaders --format json', 'for another program'],
    ],
  }),
  tableCommand('callbacks', {
    summary: 'show callbacks',
    description:
      'Shows callbacks: pending ones by due time, then fired and cancelled ones, the latest first.',
    examples: [
      ["ingot callbacks --where 'state=cancelled' --format csv --out cancelled.csv", 'for a spreadsheet'],
    ],
  }),
  tableCommand('updates', {
    summary: 'show the history of updates',
    description: 'Shows every unique update in order of arrival.',
    examples: [
      ["ingot updates --where 'run=3,outcome=stale'", 'the stale ones of run 3'],
      ['ingot updates --format parquet --out updates.parquet', 'the whole history'],
    ],
  }),
  tableCommand(
    'runs',
    {
      summary: 'show runs',
      description: 'Shows the runs, the latest first.',
      examples: [['ingot runs --limit 5', 'the last five']],
    },
    { asOf: false },
  ),
  tableCommand(
    'rejects',
    {
      summary: 'show the rejected records of a run',
      description: 'Shows the rejected records of a run, of the last one unless another is named.',
      examples: [["ingot rejects --where 'run=3'", 'of run 3']],
    },
    { asOf: false },
  ),
  {
    name: 'compare',
    argument: [
      '<FROM>',
      'an instant: RUN:N, RUN@12.5s, a date and time, slot:N, or a whole RUN; SPACE/ before it names a space',
    ],
    other: ['<TO>', 'another one, or "now"'],
    summary: 'show what differs between two instants or two runs',
    description:
      'Shows two instants side by side: how many accounts and callbacks there were, the leaders that changed, the ' +
      'accounts that differ, and the callbacks that were pending at one and fired or cancelled at the other.',
    options: [
      ['--show <WHAT>', `one of ${COMPARED.join(', ')} (default: summary)`],
      ['--where <FILTER>', `with --show callbacks: ${describeTerms('compare-callbacks')}`],
      ...TABLE_OPTIONS,
      TIMES_OPTION,
    ],
    keys: [...DATABASE_KEYS, ...LOG_KEYS],
    examples: [
      [
        "ingot compare slow/last fast/last --show callbacks --where 'from=fired,to=cancelled'",
        'of two runs in spaces of their own',
      ],
      ['ingot compare last@10s last@20s', 'what ten seconds of the last run changed'],
      [
        'ingot compare 1 now --show accounts --format csv --out changed.csv',
        'since run 1, for a spreadsheet',
      ],
      [
        "ingot compare last:99 now --show callbacks --where 'from=pending,to=cancelled'",
        'callbacks that waited then and were cancelled since',
      ],
    ],
    async run(given) {
      const { argument: from = '', other: to = '', flags } = given;
      const show = COMPARED.find((name) => name === (flags.show ?? 'summary'));
      if (!show) {
        throw new IngotError(
          'invalid_input',
          `--show is "${flags.show}": it must be one of ${COMPARED.join(', ')}.`,
        );
      }
      if (show !== 'summary') return runTable(`compare-${show}`, { sides: [from, to] }, given);
      const { showComparison } = await import('./compare');
      return showComparison(await given.load(), { from, to, format: flags.format }, SAMPLE_PATH);
    },
  },
];
