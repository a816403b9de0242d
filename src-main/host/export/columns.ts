import type { ComparedAccount, ComparedCallback } from '../../../src-shared/compare';
import type { Moment } from '../../../src-shared/run-clock';
import type { TableName, TableRows } from '../../../src-shared/tables';
import { slotOf, type VersionText, writeVersionOf } from '../../../src-shared/update';

/**
 * - `text`;
 * - `u64`: an unsigned 64-bit integer in decimal;
 * - `i64`: a signed one;
 * - `signed`: a difference of two of them, which may need 65 bits;
 * - `count`: a whole number below 2^53;
 * - `real`: any other number;
 * - `flag`: true or false;
 * - `wall`: milliseconds since 1970;
 * - `json`: JSON as text.
 */
export type Kind = 'text' | 'u64' | 'i64' | 'signed' | 'count' | 'real' | 'flag' | 'wall' | 'json';
export type Cell = string | number | boolean | null;

export interface Column<Row> {
  readonly name: string;
  readonly kind: Kind;
  readonly of: (row: Row) => Cell;
}

type Columns<Row> = readonly Column<Row>[];
const column = <Row>(name: string, kind: Kind, of: (row: Row) => Cell): Column<Row> => ({ name, kind, of });

/** Compared slot first. A source without slots has slot 0. */
const versionOf = <Row>(prefix: string, of: (row: Row) => VersionText | null): Columns<Row> => {
  const part = (cut: (version: VersionText) => string) => (row: Row) => {
    const version = of(row);
    return version === null ? null : cut(version);
  };
  return [
    column(`${prefix}slot`, 'u64', part(slotOf)),
    column(`${prefix}version`, 'u64', part(writeVersionOf)),
  ];
};

/** On the run's clock and on the wall; the latter is empty on a virtual clock, and if the run's clock never reaches the time. */
const timesOf = <Row>(name: string, of: (row: Row) => Moment | null): Columns<Row> => [
  column(`${name}_run_ms`, 'count', (row) => of(row)?.at ?? null),
  column(`${name}_wall`, 'wall', (row) => of(row)?.wallMs ?? null),
];
/** The same with the run whose clock it is. */
const momentOf = <Row>(name: string, of: (row: Row) => Moment | null): Columns<Row> => [
  column(`${name}_run`, 'u64', (row) => of(row)?.runId ?? null),
  ...timesOf(name, of),
];

const updates: Columns<TableRows['updates']> = [
  column('seq', 'i64', ({ seq }) => seq),
  column('run', 'u64', ({ runId }) => runId),
  column('record', 'count', ({ record }) => record),
  column('position', 'count', ({ position }) => position),
  column('id', 'text', ({ id }) => id),
  column('account_type', 'text', ({ accountType }) => accountType),
  ...versionOf<TableRows['updates']>('', ({ version }) => version),
  column('tokens', 'u64', ({ tokens }) => tokens),
  column('tokens_change', 'signed', ({ tokensChange }) => tokensChange),
  column('outcome', 'text', ({ outcome }) => outcome),
  ...timesOf<TableRows['updates']>('arrived', ({ arrived }) => arrived),
  column('callback_delay_ms', 'count', ({ callbackTimeMs }) => callbackTimeMs),
  column('callback_state', 'text', ({ callbackState }) => callbackState),
  column('callback_how', 'text', ({ settledHow }) => settledHow),
  ...timesOf<TableRows['updates']>('callback_due', ({ callbackDue }) => callbackDue),
  ...momentOf<TableRows['updates']>('callback_settled', ({ callbackSettled }) => callbackSettled),
  ...versionOf<TableRows['updates']>('superseded_by_', ({ supersededBy }) => supersededBy),
  column('data', 'json', ({ data }) => data),
  column('decoded', 'json', ({ decoded }) => decoded),
  ...momentOf<TableRows['updates']>('retracted', ({ retracted }) => retracted),
];

const stateOf = (side: 'from' | 'to'): Columns<ComparedAccount> => [
  column(`${side}_account_type`, 'text', ({ [side]: state }) => state?.accountType ?? null),
  ...versionOf<ComparedAccount>(`${side}_`, ({ [side]: state }) => state?.version ?? null),
  column(`${side}_tokens`, 'u64', ({ [side]: state }) => state?.tokens ?? null),
  column(`${side}_data`, 'json', ({ [side]: state }) => state?.data ?? null),
  ...momentOf<ComparedAccount>(`${side}_updated`, ({ [side]: state }) => state?.arrived ?? null),
];
const fateOf = (side: 'from' | 'to'): Columns<ComparedCallback> => [
  column(`${side}_state`, 'text', ({ [side]: fate }) => fate?.state ?? null),
  column(`${side}_how`, 'text', ({ [side]: fate }) => fate?.how ?? null),
  ...momentOf<ComparedCallback>(`${side}_due`, ({ [side]: fate }) => fate?.due ?? null),
  ...momentOf<ComparedCallback>(`${side}_settled`, ({ [side]: fate }) => fate?.settled ?? null),
  ...versionOf<ComparedCallback>(`${side}_superseded_by_`, ({ [side]: fate }) => fate?.supersededBy ?? null),
];

/** The columns of each table, the same in every format, in a window's export and in that of a command. */
export const TABLE_COLUMNS: { readonly [Table in TableName]: Columns<TableRows[Table]> } = {
  accounts: [
    column('id', 'text', ({ id }) => id),
    column('account_type', 'text', ({ accountType }) => accountType),
    ...versionOf<TableRows['accounts']>('', ({ version }) => version),
    column('tokens', 'u64', ({ tokens }) => tokens),
    column('callback_state', 'text', ({ callbackState }) => callbackState),
    ...momentOf<TableRows['accounts']>('callback_due', ({ callbackDue }) => callbackDue),
    ...momentOf<TableRows['accounts']>('callback_settled', ({ callbackSettled }) => callbackSettled),
    ...momentOf<TableRows['accounts']>('created', ({ created }) => created),
    ...momentOf<TableRows['accounts']>('updated', ({ updated }) => updated),
    column('data', 'json', ({ data }) => data),
    column('decoded', 'json', ({ decoded }) => decoded),
  ],
  account: updates,
  updates,
  callbacks: [
    ...updates,
    column('deliveries', 'json', ({ deliveries }) => (deliveries ? JSON.stringify(deliveries) : null)),
  ],
  leaders: [
    column('account_type', 'text', ({ accountType }) => accountType),
    column('id', 'text', ({ id }) => id),
    ...versionOf<TableRows['leaders']>('', ({ version }) => version),
    column('tokens', 'u64', ({ tokens }) => tokens),
  ],
  runs: [
    column('run', 'u64', ({ runId }) => runId),
    column('source', 'text', ({ source }) => source),
    column('state', 'text', ({ state }) => state),
    column('failure', 'text', ({ failure }) => failure),
    ...(
      [
        'records',
        'indexed',
        'stale',
        'duplicate',
        'conflict',
        'rejected',
        'fired',
        'cancelled',
        'pending',
      ] as const
    ).map((name) => column<TableRows['runs']>(name, 'count', ({ counts }) => counts[name])),
    column('started_wall', 'wall', ({ startedAtMs }) => startedAtMs),
    column('ended_wall', 'wall', ({ endedAtMs }) => endedAtMs),
    column('rate', 'real', ({ rate }) => rate),
    column('field_map', 'text', ({ fieldMap }) => fieldMap),
    column('settings', 'json', ({ settings }) => JSON.stringify(settings)),
    column('delivers', 'flag', ({ delivers }) => delivers),
  ],
  'compare-accounts': [
    column('id', 'text', ({ id }) => id),
    ...stateOf('from'),
    ...stateOf('to'),
    column('tokens_change', 'signed', ({ from, to }) =>
      from && to ? String(BigInt(to.tokens) - BigInt(from.tokens)) : null,
    ),
    column('from_decoded', 'json', ({ from }) => from?.decoded ?? null),
    column('to_decoded', 'json', ({ to }) => to?.decoded ?? null),
  ],
  'compare-callbacks': [
    column('id', 'text', ({ id }) => id),
    column('account_type', 'text', ({ accountType }) => accountType),
    ...versionOf<ComparedCallback>('', ({ version }) => version),
    column('tokens', 'u64', ({ tokens }) => tokens),
    ...fateOf('from'),
    ...fateOf('to'),
  ],
  rejects: [
    column('run', 'u64', ({ runId }) => runId),
    column('record', 'count', ({ record }) => record),
    column('field', 'text', ({ field }) => field),
    column('reason', 'text', ({ reason }) => reason),
    column('excerpt', 'text', ({ excerpt }) => excerpt),
  ],
};
