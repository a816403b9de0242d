import { z } from 'zod';
import { groupDigits } from './amounts';
import {
  type ComparedAccount,
  type ComparedCallback,
  comparedAccountsQuerySchema,
  comparedCallbacksQuerySchema,
} from './compare';
import { sqlResultRefSchema } from './sql';
import {
  type AccountRow,
  accountsQuerySchema,
  callbacksQuerySchema,
  historyQuerySchema,
  leadersQuerySchema,
  type RejectRow,
  type RunRow,
  rejectsQuerySchema,
  runsQuerySchema,
  type TiedLeader,
  type VersionRow,
  versionsQuerySchema,
} from './views';

/** Whole tables, for an export and for the command line: the queries of the views without their windows. */
const NO_WINDOW = { window: true } as const;
export const tableQuerySchema = z.discriminatedUnion('table', [
  accountsQuerySchema.omit(NO_WINDOW).extend({ table: z.literal('accounts') }),
  versionsQuerySchema.omit(NO_WINDOW).extend({ table: z.literal('account') }),
  leadersQuerySchema.omit(NO_WINDOW).extend({
    table: z.literal('leaders'),
    accountType: leadersQuerySchema.shape.accountType.optional(),
  }),
  callbacksQuerySchema.omit(NO_WINDOW).extend({
    table: z.literal('callbacks'),
    /** Left out: pending, fired and cancelled ones, one after the other. */
    state: callbacksQuerySchema.shape.state.optional(),
  }),
  historyQuerySchema.omit(NO_WINDOW).extend({ table: z.literal('updates') }),
  runsQuerySchema.omit(NO_WINDOW).extend({ table: z.literal('runs') }),
  rejectsQuerySchema.omit(NO_WINDOW).extend({ table: z.literal('rejects') }),
  comparedAccountsQuerySchema.omit(NO_WINDOW).extend({ table: z.literal('compare-accounts') }),
  comparedCallbacksQuerySchema.omit(NO_WINDOW).extend({ table: z.literal('compare-callbacks') }),
]);
/** What can be exported: a table, or a result of SQL that the host still has. */
export const exportQuerySchema = z.discriminatedUnion('table', [
  ...tableQuerySchema.options,
  sqlResultRefSchema.extend({ table: z.literal('sql') }),
]);
export type ExportQuery = z.infer<typeof exportQuerySchema>;
export type TableQuery = z.infer<typeof tableQuerySchema>;
export type TableName = TableQuery['table'];
export type QueryOf<Table extends TableName> = Extract<TableQuery, { table: Table }>;

/** The others are what they are now, whatever instant is shown. */
export const isOfAnInstant = <Query extends ExportQuery>(
  query: Query,
): query is Extract<Query, { asOf?: string | undefined }> =>
  ['accounts', 'account', 'leaders', 'callbacks', 'updates'].includes(query.table);

/** What one row of each table is made from. */
export interface TableRows {
  readonly accounts: AccountRow & Pick<VersionRow, 'data' | 'decoded'>;
  readonly account: VersionRow;
  readonly leaders: TiedLeader & { readonly accountType: string };
  readonly callbacks: VersionRow;
  readonly updates: VersionRow;
  readonly runs: Omit<RunRow, 'notRepeatable' | 'resumable' | 'notResumable'>;
  readonly rejects: RejectRow & { readonly runId: string };
  readonly 'compare-accounts': ComparedAccount;
  readonly 'compare-callbacks': ComparedCallback;
}

export type AnyRow = TableRows[TableName];

export const EXPORT_FORMATS = ['csv', 'ndjson', 'json', 'parquet'] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

/** Of accounts, as local validators of Solana load them. */
export const CHAIN_FORMATS = ['account-dir', 'surfpool'] as const;
export type ChainFormat = (typeof CHAIN_FORMATS)[number];
export const isChainFormat = (format: string): format is ChainFormat =>
  CHAIN_FORMATS.some((one) => one === format);

/** Why an account is not in such an export, as it follows a number. */
export const LEFT_OUT = {
  closed: 'closed',
  cut: 'with only a part of their data',
  parsed: 'with decoded data and no bytes',
  rentEpoch: 'with no rent epoch, or one above 64 bits',
  id: 'whose id is no public key',
  other: 'whose data is no account of the chain',
} as const;
export type LeftOut = keyof typeof LEFT_OUT;
export type LeftOutCounts = Partial<Record<LeftOut, number>>;

/** `5 left out: 3 closed, 2 whose id is no public key`; empty if none is. */
export function describeLeftOut(counts: LeftOutCounts): string {
  const reasons = Object.entries(LEFT_OUT).flatMap(([reason, words]) => {
    const count = counts[reason as LeftOut] ?? 0;
    return count === 0 ? [] : [{ count, text: `${groupDigits(count)} ${words}` }];
  });
  if (reasons.length === 0) return '';
  const total = reasons.reduce((sum, { count }) => sum + count, 0);
  return `${groupDigits(total)} left out: ${reasons.map(({ text }) => text).join(', ')}`;
}

/** An export as its host knows it. */
export interface ExportStatus {
  /** `waiting`: nobody has begun to fetch it. */
  readonly state: 'waiting' | 'running' | 'done' | 'failed' | 'cancelled';
  readonly rows: number;
  /** An estimate; null if it is not known. */
  readonly total: number | null;
  readonly bytes: number;
  /** Of `rows`, those that the format cannot hold. */
  readonly leftOut: LeftOutCounts;
  /** For a person; null unless it failed. */
  readonly failure: string | null;
}

export interface ExportStarted {
  readonly exportId: string;
  /** Of the file, without its directory. */
  readonly name: string;
  /** Where the page fetches it, once; null: the host writes it to the chosen file. */
  readonly address: string | null;
}
