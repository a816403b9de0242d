import { type DataTest, parseDataTest, type RunStretch } from '../../../src-shared/table-filters';
import { type CallbackState, slotOf, writeVersionOf } from '../../../src-shared/update';
import type { AccountsQuery, HistoryQuery } from '../../../src-shared/views';
import { type Bound, canceller } from '../../callbacks/sql/callback-state';
import { textArray } from '../../database/array-literal';
import { deathOf, latestBefore, type Sql, sql } from './sql-pieces';

/** Conditions of the tables' filters. Each looks at one row, and at most at a few others by their keys. */

type UpdateFilter = HistoryQuery['filter'];

/** On a row `u` of `account_updates`. */
export function updateConditions(filter: UpdateFilter, bound: Bound): readonly Sql[] {
  const { exceptIds, exceptTypes, runId, retracted, changeFrom, changeTo, lateFrom, data } = filter;
  return [
    ...(runId === undefined ? [] : [sql('u.run_id = ?::int8', runId)]),
    ...isNoneOf('u.account_id', exceptIds),
    ...isNoneOf('u.account_type', exceptTypes),
    ...(retracted === undefined
      ? []
      : [sql(`(${deathOf('true', 'u', bound)}) IS ${retracted === 'yes' ? '' : 'NOT '}TRUE`)]),
    ...hasTokens('u', filter).concat(hasVersion('u', filter)),
    ...compare(CHANGE, '>=', changeFrom),
    ...compare(CHANGE, '<=', changeTo),
    ...compare(lateness(bound), '>=', lateFrom),
    ...hasData('u', data),
  ];
}

/** Omitted, or empty: nothing is left out. */
export function isNoneOf(expression: string, values: readonly string[] = []): readonly Sql[] {
  return values.length === 0 ? [] : [sql(`${expression} <> ALL (?::text[])`, textArray(values))];
}

const compare = (expression: string, operator: string, value: string | undefined): readonly Sql[] =>
  value === undefined ? [] : [sql(`${expression} ${operator} ?::numeric`, value)];

export const hasTokens = (
  alias: string,
  { tokensFrom, tokensTo }: Pick<AccountsQuery['filter'], 'tokensFrom' | 'tokensTo'>,
): readonly Sql[] => [
  ...compare(`${alias}.tokens`, '>=', tokensFrom),
  ...compare(`${alias}.tokens`, '<=', tokensTo),
];

export function hasVersion(
  alias: string,
  { versionFrom, versionTo }: Pick<AccountsQuery['filter'], 'versionFrom' | 'versionTo'>,
): readonly Sql[] {
  const bound = (operator: string, version: string | undefined) =>
    version === undefined
      ? []
      : [
          sql(
            `(${alias}.slot, ${alias}.version) ${operator} (?::numeric, ?::numeric)`,
            slotOf(version),
            writeVersionOf(version),
          ),
        ];
  return [...bound('>=', versionFrom), ...bound('<=', versionTo)];
}

/** Against the version that was the latest before. Null for a stale one. */
const CHANGE = `(${latestBefore('u.tokens - l.tokens', 'u')})`;

const ofSettled = (columns: string, bound: Bound) => `(
  SELECT ${columns} FROM settled_callbacks AS s
  WHERE s.update_seq = u.seq AND s.account_id = u.account_id ${bound === null ? '' : `AND s.seq <= ${bound}`}`;

/** How long after its due time a callback fired, on its run's clock. */
const lateness = (bound: Bound) =>
  `${ofSettled('s.at_ms - u.due_ms', bound)} AND s.how = 'due' AND s.run_id = u.run_id LIMIT 1)`;

/** Whether a callback in this state was settled in a stretch of a run's clock; a pending one, whether it is due in it. */
export function settledDuring(
  state: CallbackState,
  { runId, fromMs, toMs }: RunStretch,
  bound: Bound,
): readonly Sql[] {
  const within = (row: string, at: string) =>
    `${row}.run_id = ?::int8 AND ${row}.${at} BETWEEN ?::int8 AND ?::int8`;
  const values = [runId, String(fromMs), String(toMs)];
  if (state === 'pending') return [sql(within('u', 'due_ms'), ...values)];
  const settled = `${ofSettled(within('s', 'at_ms'), bound)} LIMIT 1)`;
  if (state === 'fired') return [sql(settled, ...values)];
  const newer = `(${canceller(within('n', 'at_ms'), 'u')})`;
  return [sql(`coalesce(${settled}, ${newer})`, ...values, ...values)];
}

const JSON_OPERATORS: Readonly<Record<NonNullable<DataTest['test']>['operator'], string>> = {
  '=': '==',
  '!=': '!=',
  '>=': '>=',
  '<=': '<=',
  '>': '>',
  '<': '<',
  '^=': 'starts with',
};

/** Of rows whose JSON is looked into: it may be large, and lie outside of its row. */
export const scanOf = (tests: readonly string[] = []) => (tests.length === 0 ? {} : { scanRows: 250 });

const DECODED = '$."decoded"';

/**
 * On an update. The paths and what they are compared with are bound values. A path into an array means any of its elements.
 * `decoded` is what the bytes say, or a field of that name if the data is no bytes.
 */
export function hasData(alias: string, tests: readonly string[] = []): readonly Sql[] {
  return tests.flatMap((text) => {
    const parsed = parseDataTest(text);
    if (parsed === null) return [];
    const { path, test } = parsed;
    const condition = test === null ? '' : ` ? (@ ${JSON_OPERATORS[test.operator]} $value)`;
    const value = `{"value": ${test?.value ?? 'null'}}`;
    const exists = (column: string) => `jsonb_path_exists(${alias}.${column}, ?::jsonpath, ?::jsonb, true)`;
    const inData = sql(exists('data'), `${path}${condition}`, value);
    if (!path.startsWith(DECODED)) return [inData];
    return [
      sql(
        `CASE WHEN ${alias}.decoded IS NULL THEN ${inData.text} ELSE ${exists('decoded')} END`,
        ...inData.values,
        `$${path.slice(DECODED.length)}${condition}`,
        value,
      ),
    ];
  });
}
