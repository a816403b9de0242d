import { IngotError } from './errors';
import { SQL_LIMITS, type SqlQuery } from './sql';
import {
  type ChainFormat,
  type ExportFormat,
  type QueryOf,
  type TableName,
  type TableQuery,
  tableQuerySchema,
} from './tables';
import { ACCOUNT_SORTS } from './views';

/*
 * The filters and orders of the command line: `--where 'type=mint,tokens>=500'` and `--sort tokens:desc`. What reads them and what
 * writes them for a window's table are here together, from one list.
 */

interface Term {
  /** What a person writes, such as `tokens`. */
  readonly name: string;
  readonly operator: '=' | '!=' | '^=' | '>=' | '<=' | '.';
  /** In the query's filter. */
  readonly field: string;
  /** Several values are alternatives, written `a|b`. */
  readonly many?: boolean;
}
/** A path and what is compared with it, as `parseDataTest` reads it, each a term of its own. */
const BY_DATA = { name: 'data', operator: '.', field: 'data', many: true } as const;
const term = <Field extends string>(
  name: string,
  operator: Term['operator'],
  field: Field,
  many = false,
): Term & { readonly field: Field } => ({ name, operator, field, many });

const BY_STATE = term('state', '=', 'callbackStates', true);
const BY_RUN = term('run', '=', 'runId');
const COMMON_TERMS = {
  idPrefix: term('id', '^=', 'idPrefix'),
  exceptIds: term('id', '!=', 'exceptIds', true),
  accountTypes: term('type', '=', 'accountTypes', true),
  exceptTypes: term('type', '!=', 'exceptTypes', true),
  runId: BY_RUN,
  during: term('during', '=', 'during'),
  data: BY_DATA,
  tokensFrom: term('tokens', '>=', 'tokensFrom'),
  tokensTo: term('tokens', '<=', 'tokensTo'),
  versionFrom: term('version', '>=', 'versionFrom'),
  versionTo: term('version', '<=', 'versionTo'),
} as const;
const LATE = term('late', '>=', 'lateFrom');
/** A filter without a term would be left out of a command, which would then show other rows. */
type TermsFor<Filter> = { readonly [Field in keyof Required<Filter>]: Term & { readonly field: Field } };

const ACCOUNT_TERMS: TermsFor<QueryOf<'accounts'>['filter']> = { ...COMMON_TERMS, callbackStates: BY_STATE };
const UPDATE_TERMS: TermsFor<QueryOf<'updates'>['filter']> = {
  ...COMMON_TERMS,
  outcomes: term('outcome', '=', 'outcomes', true),
  retracted: term('retracted', '=', 'retracted'),
  callbackStates: BY_STATE,
  changeFrom: term('change', '>=', 'changeFrom'),
  changeTo: term('change', '<=', 'changeTo'),
  lateFrom: LATE,
};
const CALLBACK_TERMS: TermsFor<NonNullable<QueryOf<'callbacks'>['filter']>> = {
  ...COMMON_TERMS,
  lateFrom: LATE,
  deliveries: term('delivery', '=', 'deliveries', true),
};

const COMPARED_TERMS: TermsFor<Omit<QueryOf<'compare-callbacks'>, 'table' | 'from' | 'to' | 'found'>> = {
  fateFrom: term('from', '=', 'fateFrom', true),
  fateTo: term('to', '=', 'fateTo', true),
};

const TERMS: Readonly<Record<TableName, readonly Term[]>> = {
  accounts: Object.values(ACCOUNT_TERMS),
  account: [],
  leaders: [term('type', '=', 'accountType')],
  callbacks: [term('state', '=', 'state'), ...Object.values(CALLBACK_TERMS)],
  updates: Object.values(UPDATE_TERMS),
  runs: [],
  rejects: [BY_RUN],
  'compare-accounts': [],
  'compare-callbacks': Object.values(COMPARED_TERMS),
};

/** The orders of each table; the first one is the default. None: it has one order. */
const SORTS: Readonly<Record<TableName, readonly string[]>> = {
  accounts: ACCOUNT_SORTS,
  account: [],
  leaders: [],
  callbacks: ['time'],
  updates: ['arrived'],
  runs: [],
  rejects: [],
  'compare-accounts': [],
  'compare-callbacks': [],
};

/** `id^=, type=, tokens>=`, for the help. */
export const describeTerms = (table: TableName): string =>
  TERMS[table].map(({ name, operator }) => `${name}${operator === '.' ? '.PATH' : operator}`).join(', ');
export const describeSorts = (table: TableName): string => SORTS[table].join(', ');

export interface TableWords {
  /** Of `account`. */
  readonly id?: string | undefined;
  /** Of a comparison. */
  readonly sides?: readonly [from: string, to: string] | undefined;
  readonly where?: string | undefined;
  readonly sort?: string | undefined;
  /** Resolved. */
  readonly asOf?: string | undefined;
}

/** @throws IngotError `invalid_input` that names the term, and those there are. */
export function readTableQuery(table: TableName, words: TableWords): TableQuery {
  const { state, ...filter } = readWhere(table, words.where ?? '');
  const { by, direction } = readSort(table, words.sort);
  const query = {
    table,
    ...(words.asOf !== undefined && { asOf: words.asOf }),
    ...(table === 'account' && { id: words.id }),
    ...(table === 'accounts' && { sort: { by, direction }, filter }),
    ...(table === 'updates' && { direction, filter }),
    ...(words.sides && { from: words.sides[0], to: words.sides[1] }),
    ...(table === 'callbacks' && {
      ...(state !== undefined && { state }),
      ...(words.sort !== undefined && { direction }),
      filter,
    }),
    ...((table === 'compare-callbacks' || table === 'leaders' || table === 'rejects') && filter),
  };
  const parsed = tableQuerySchema.safeParse(query);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const field = issue?.path.find((part) => TERMS[table].some((known) => known.field === part));
  const found = TERMS[table].find((known) => known.field === field);
  const where = found ? `--where ${found.name}${found.operator}` : (issue?.path.join('.') ?? table);
  const options = issue && 'values' in issue ? ` One of: ${issue.values.join(', ')}.` : '';
  throw new IngotError('invalid_input', `${where}: ${issue?.message ?? 'not valid'}.${options}`);
}

function readWhere(table: TableName, text: string): Record<string, string | string[]> {
  const filter: Record<string, string | string[]> = {};
  for (const written of splitAt(text, ',')) {
    const [, test] = /^\s*(?:data\.?(?=[\w$."[])|(?=decoded\b))([\s\S]+)$/.exec(written) ?? [];
    if (test !== undefined && TERMS[table].includes(BY_DATA)) {
      filter.data = [...(filter.data ?? []), test];
      continue;
    }
    const [, name = '', operator = '', rest = ''] =
      /^\s*([A-Za-z]*)\s*(\^=|!=|>=|<=|=)?([\s\S]*)$/.exec(written) ?? [];
    const terms = TERMS[table].filter(
      (known) =>
        known.name === name &&
        // Equal is at least and at most.
        (known.operator === operator || (operator === '=' && /^[<>]=$/.test(known.operator))),
    );
    if (terms.length === 0) {
      const known =
        TERMS[table].length === 0 ? `"${table}" has no filter.` : `There are ${describeTerms(table)}.`;
      throw new IngotError('invalid_input', `--where: "${written.trim()}" is no filter of ${table}.`, {
        hint: known,
      });
    }
    for (const { field, many } of terms) {
      const values = many ? splitAt(rest, '|').map(unquote) : [unquote(rest)];
      const [value = ''] = values;
      if (filter[field] !== undefined) {
        throw new IngotError('invalid_input', `--where: ${name}${operator} stands there twice.`, {
          hint: many ? `Write ${name}=a|b for either.` : 'Leave one of them out.',
        });
      }
      filter[field] = many ? values : value;
    }
  }
  return filter;
}

/** Not inside of double quotes. Without text there is no part. */
function splitAt(text: string, separator: ',' | '|'): string[] {
  if (text.trim() === '') return [];
  const parts = [''];
  let quoted = false;
  for (let at = 0; at < text.length; at += 1) {
    const character = text.charAt(at);
    if (quoted && character === '\\') {
      parts[parts.length - 1] += text.slice(at, at + 2);
      at += 1;
      continue;
    }
    if (character === '"') quoted = !quoted;
    if (character === separator && !quoted) parts.push('');
    else parts[parts.length - 1] += character;
  }
  return parts;
}

function unquote(text: string): string {
  const trimmed = text.trim();
  if (!trimmed.startsWith('"')) return trimmed;
  try {
    return String(JSON.parse(trimmed));
  } catch {
    throw new IngotError('invalid_input', `--where: ${trimmed} is not a text in quotes.`, {
      hint: 'Write quotes and backslashes in it as in JSON: \\" and \\\\.',
    });
  }
}

function readSort(table: TableName, text: string | undefined) {
  const known = SORTS[table];
  const [by = known[0] ?? '', direction = 'asc', ...more] = text?.split(':') ?? [];
  if (text !== undefined && known.length === 0) {
    throw new IngotError('invalid_input', `--sort: "${table}" has one order. Leave it out.`);
  }
  if (
    (text !== undefined && !known.includes(by)) ||
    !['asc', 'desc'].includes(direction) ||
    more.length > 0
  ) {
    throw new IngotError('invalid_input', `--sort: "${text}" is no order of ${table}.`, {
      hint: `There are ${known.join(', ')}, each with :asc or :desc after it.`,
    });
  }
  return { by, direction };
}

/** The filter as `--where` reads it; empty if there is none. */
export const formatWhere = (query: TableQuery): string =>
  formatFilter(query.table, 'filter' in query ? { ...query, ...query.filter } : query);

export function formatFilter(table: TableName, filter: object): string {
  const parts: Readonly<Record<string, unknown>> = { ...filter };
  return TERMS[table]
    .flatMap(({ name, operator, field }) => {
      const value = parts[field];
      if (value === undefined || value === '' || (Array.isArray(value) && value.length === 0)) return [];
      const values = Array.isArray(value) ? value.map(String) : [String(value)];
      if (operator === '.') return values.map((test) => `${name}${/^[["]/.test(test) ? '' : '.'}${test}`);
      return [`${name}${operator}${values.map(quoteValue).join('|')}`];
    })
    .join(',');
}

const quoteValue = (text: string) => (/^[^\s",|\\]+$/.test(text) ? text : JSON.stringify(text));

export interface CommandOptions {
  /** As a person writes it, such as `last@12.5s`; null: now. */
  readonly instant?: string | null;
  /** Left out: as a table. */
  readonly format?: ExportFormat | ChainFormat;
}

/** The command that runs the same query: for a POSIX shell. */
export function composeSqlCommand({ text, limit, timeout }: SqlQuery, format: string): string {
  const limits = [
    ...(limit === SQL_LIMITS.rows ? [] : [`--limit ${limit}`]),
    ...(timeout === SQL_LIMITS.seconds ? [] : [`--timeout ${timeout}`]),
  ];
  return ['ingot sql', quoteShell(text), ...limits, `--format ${format}`].join(' ');
}

/** The command that shows the same rows in the same order: for a POSIX shell. */
export function composeTableCommand(
  query: TableQuery,
  { instant = null, format }: CommandOptions = {},
): string {
  const words: string[] =
    query.table === 'compare-accounts' || query.table === 'compare-callbacks'
      ? ['ingot', 'compare', quoteShell(query.from), quoteShell(query.to)]
      : ['ingot', query.table];
  if (query.table === 'account') {
    if (query.id.startsWith('-')) words.push('--');
    words.push(quoteShell(query.id));
  }
  const options: string[] = [];
  if (query.table === 'compare-accounts') options.push('--show', 'accounts');
  if (query.table === 'compare-callbacks') options.push('--show', 'callbacks');
  const where = formatWhere(query);
  if (where !== '') options.push('--where', quoteShell(where));
  if (query.table === 'accounts' && (query.sort.by !== SORTS.accounts[0] || query.sort.direction !== 'asc')) {
    options.push('--sort', `${query.sort.by}:${query.sort.direction}`);
  }
  if (query.table === 'updates' && query.direction !== 'asc')
    options.push('--sort', `arrived:${query.direction}`);
  if (query.table === 'callbacks' && query.direction) options.push('--sort', `time:${query.direction}`);
  if (instant !== null && instant !== 'now') options.push('--as-of', quoteShell(instant));
  if (format) options.push('--format', format);
  if (words.includes('--')) return [words[0], words[1], ...options, ...words.slice(2)].join(' ');
  return [...words, ...options].join(' ');
}

const quoteShell = (text: string) =>
  /^[\w./:@%+-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
