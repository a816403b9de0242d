import { z } from 'zod';
import { CALLBACK_DELIVERY_STATES, type DeliveryMark } from './deliveries';
import type { RunCounts } from './events';
import { asOfSchema } from './instant';
import type { ClockRecord, Moment } from './run-clock';
import type { RunSettings } from './run-settings';
import { formatDuring, parseDataTest, parseDuring } from './table-filters';
import type { TimelineBins, TimelineCounts } from './timeline';
import {
  CALLBACK_STATES,
  type CallbackState,
  type EpochMs,
  type JsonText,
  type Leader,
  OUTCOMES,
  type Outcome,
  REPORT_LIMITS,
  type RunState,
  type TypeLeaders,
  type U64Text,
  type VersionText,
} from './update';

/** Queries and rows of the views: keyset windows and filters. */

/** For every query: as of the rows with a number of at most this, see `instant.resolve`; left out: as of now. */
const asOf = asOfSchema.optional();

/** An opaque position in one sort order, to be returned unchanged. */
const cursorSchema = z.string().min(1).max(1024);
export const MAX_WINDOW_ROWS = 500;

/** A stretch of rows: from an edge, beside a row, or near a fraction of the whole. */
export const windowSchema = z.strictObject({
  from: z.union([
    z.strictObject({ edge: z.enum(['start', 'end']) }),
    z.strictObject({ after: cursorSchema }),
    z.strictObject({ before: cursorSchema }),
    /** 0 is the start, 1 the end: where a dragged scroll bar lands. Approximate under filters. */
    z.strictObject({ near: z.number().min(0).max(1) }),
  ]),
  limit: z.int().min(1).max(MAX_WINDOW_ROWS),
});
export type WindowRequest = z.infer<typeof windowSchema>;

/** Always in the requested sort order. */
export interface RowWindow<Row> {
  readonly rows: readonly (Row & { readonly cursor: string })[];
  readonly atStart: boolean;
  readonly atEnd: boolean;
  /** Where to continue if the search stopped before the window was full; null if the window is full or at the edge. */
  readonly next: string | null;
  /** Matching rows in all; `totalIs` says whether counted or estimated. */
  readonly total: number;
  readonly totalIs: 'exact' | 'estimate';
  /** Position of the first row among all matches: exact at the edges, otherwise an estimate. */
  readonly startIndex: number;
}

export const u64TextSchema = z
  .string()
  .regex(/^(0|[1-9]\d{0,19})$/, { message: 'must be a whole number', abort: true })
  .refine((text) => BigInt(text) <= 2n ** 64n - 1n, { message: 'must be at most 18446744073709551615' });
const versionTextSchema = z
  .string()
  .refine(
    (text) =>
      text.split(':').length <= 2 && text.split(':').every((part) => u64TextSchema.safeParse(part).success),
    {
      message: 'must be VERSION or SLOT:VERSION, each from 0 to 18446744073709551615',
    },
  )
  .transform((text) => text.replace(/^0:/, ''));
const idPrefixSchema = z.string().max(128);
/** A type has at most 64 code points, each one or two UTF-16 units. */
export const LONGEST_TYPE = 128;
/** An id has at most 128. */
export const LONGEST_ID = 256;
const accountTypeSchema = z.string().max(LONGEST_TYPE);
const typesSchema = z.array(accountTypeSchema).max(64);
const statesSchema = z.array(z.enum(CALLBACK_STATES)).max(3);
const runIdSchema = z.string().regex(/^\d{1,19}$/);
const idSchema = z.string().min(1).max(LONGEST_ID);

/** Text in the one form that `read` makes of it; another text is refused. */
const writtenAs = (read: (text: string) => string | null, message: string) =>
  z
    .string()
    .max(500)
    .transform((text, context) => {
      const written = read(text);
      if (written !== null) return written;
      context.addIssue({ code: 'custom', message });
      return z.NEVER;
    });
const duringSchema = writtenAs((text) => {
  const stretch = parseDuring(text);
  return stretch && formatDuring(stretch);
}, 'must be RUN@FROM-TO, such as 3@12.5s-20s');
const dataTestSchema = writtenAs(
  (text) => parseDataTest(text)?.text ?? null,
  'must be a path with a comparison, such as mint.decimals >= 6 or owner = "abc"',
);
/** A difference of two unsigned 64-bit integers. */
const changeSchema = z
  .string()
  .regex(/^(0|-?[1-9]\d{0,19})$/, { message: 'must be a whole number', abort: true })
  .refine((text) => -(2n ** 64n) < BigInt(text) && BigInt(text) < 2n ** 64n, {
    message: 'must be the difference of two numbers of tokens',
  });

/** Filters that every table of accounts and updates has. Left out, or empty: everything matches. */
const commonFilter = {
  idPrefix: idPrefixSchema.optional(),
  exceptIds: z.array(idSchema).max(64).optional(),
  accountTypes: typesSchema.optional(),
  exceptTypes: typesSchema.optional(),
  /** Of the update, or of an account's latest one. */
  runId: runIdSchema.optional(),
  /**
   * A stretch of a run's clock in which the update arrived, or an account's latest one; the callback was settled, or is due.
   */
  during: duringSchema.optional(),
  /** All of them, on the JSON of the update, or of an account's latest one. */
  data: z.array(dataTestSchema).max(8).optional(),
};
const tokensRange = { tokensFrom: u64TextSchema.optional(), tokensTo: u64TextSchema.optional() };
const versionRange = { versionFrom: versionTextSchema.optional(), versionTo: versionTextSchema.optional() };
/** How long after its due time a callback fired, at least, on its run's clock. */
const lateFrom = z
  .string()
  .regex(/^\d{1,15}$/, 'must be milliseconds')
  .optional();

export const ACCOUNT_SORTS = ['id', 'accountType', 'tokens', 'version', 'callback', 'updatedAt'] as const;
export const accountsQuerySchema = z.strictObject({
  asOf,
  window: windowSchema,
  sort: z.strictObject({ by: z.enum(ACCOUNT_SORTS), direction: z.enum(['asc', 'desc']) }),
  filter: z.strictObject({
    ...commonFilter,
    callbackStates: statesSchema.optional(),
    ...tokensRange,
    ...versionRange,
  }),
});
export type AccountsQuery = z.infer<typeof accountsQuerySchema>;

export interface AccountRow {
  readonly id: string;
  readonly accountType: string;
  readonly tokens: U64Text;
  readonly version: VersionText;
  /** Of the latest version. */
  /** Cancelled too if the account fell back to a version that was stale when it came. */
  readonly callbackState: CallbackState;
  readonly callbackDue: Moment | null;
  readonly callbackSettled: Moment | null;
  /** Arrival of the account's first update, and of its latest version. `created` is null once the first is removed. */
  readonly created: Moment | null;
  readonly updated: Moment;
}

export interface AccountDetail extends AccountRow, Pick<VersionRow, 'data' | 'decoded'> {
  /** Including stale ones. */
  readonly versions: number;
}

export const accountQuerySchema = z.strictObject({ asOf, id: idSchema });
export type AccountQuery = z.infer<typeof accountQuerySchema>;
export const versionsQuerySchema = z.strictObject({ asOf, id: idSchema, window: windowSchema });
export type VersionsQuery = z.infer<typeof versionsQuerySchema>;
export const historyQuerySchema = z.strictObject({
  asOf,
  window: windowSchema,
  direction: z.enum(['asc', 'desc']),
  filter: z.strictObject({
    ...commonFilter,
    outcomes: z.array(z.enum(OUTCOMES)).max(5).optional(),
    /** Of a dead slot, or not of one. */
    retracted: z.enum(['yes', 'no']).optional(),
    callbackStates: statesSchema.optional(),
    ...tokensRange,
    ...versionRange,
    /** Of the tokens, against the version that was the latest before: negative if they fell. Stale updates have none. */
    changeFrom: changeSchema.optional(),
    changeTo: changeSchema.optional(),
    lateFrom,
  }),
});
export type HistoryQuery = z.infer<typeof historyQuerySchema>;

const SETTLED_HOW = [
  'due',
  'fired by hand',
  'cancelled by hand',
  'skipped',
  'dead slot',
  'newer version',
] as const;
/** It was due, a person did it, `overdue` is `skip`, its slot is dead, or a newer version came. */
export type SettledHow = (typeof SETTLED_HOW)[number];

export interface HistoryRow {
  /** Position in the one order of arrivals and settled callbacks. */
  readonly seq: string;
  readonly runId: string;
  readonly record: number;
  /** Of arrival within the run, from 0. */
  readonly position: number;
  readonly id: string;
  readonly accountType: string;
  readonly version: VersionText;
  readonly tokens: U64Text;
  /** Difference to the version that was the latest before it, a signed decimal; null if there was none, or if this one is stale. */
  readonly tokensChange: string | null;
  readonly outcome: Extract<Outcome, 'indexed' | 'stale'>;
  /** When its slot was declared dead; null: it was not. */
  readonly retracted: Moment | null;
  readonly arrived: Moment;
  readonly callbackTimeMs: number;
  readonly callbackState: CallbackState | null;
  readonly callbackDue: Moment | null;
  readonly callbackSettled: Moment | null;
  readonly settledHow: SettledHow | null;
  readonly supersededBy: VersionText | null;
  /** What became of a fired callback at each target, in a list of callbacks as of now; left out where there is no target. */
  readonly deliveries?: readonly DeliveryMark[];
}

/** A history row with its JSON, for the inspector. */
export interface VersionRow extends HistoryRow {
  readonly data: JsonText;
  /** `{"program", "type", "fields"}`, or `{"reason"}` why its bytes do not decode; null: its data is no bytes. */
  readonly decoded: JsonText | null;
}

export const callbacksQuerySchema = z.strictObject({
  asOf,
  window: windowSchema,
  /** Pending ones by due time, settled ones by when they were settled. */
  state: z.enum(CALLBACK_STATES),
  /** Left out: pending ones earliest first, settled ones latest first. */
  direction: z.enum(['asc', 'desc']).optional(),
  filter: z
    .strictObject({
      ...commonFilter,
      ...tokensRange,
      ...versionRange,
      lateFrom,
      /** Of the fired ones, as of now: what became of it at any of the targets. */
      deliveries: z.array(z.enum(CALLBACK_DELIVERY_STATES)).max(6).optional(),
    })
    .optional(),
});
export type CallbacksQuery = z.infer<typeof callbacksQuerySchema>;
export type CallbackCounts = Readonly<Record<CallbackState, number>> & { readonly paused: boolean };
export const callbackCountsQuerySchema = z.strictObject({ asOf });
export const callbackKeySchema = z.strictObject({ id: idSchema, version: versionTextSchema });

export const whyQuerySchema = z.strictObject({ asOf, id: idSchema, version: versionTextSchema });
export type WhyQuery = z.infer<typeof whyQuerySchema>;

/** The most bytes of one part. */
export const MAX_PART_BYTES = 16 * 1024;
export const bytesQuerySchema = z.strictObject({
  id: idSchema,
  version: versionTextSchema,
  from: z.int().min(0).max(0x7fff_0000),
  length: z.int().min(1).max(MAX_PART_BYTES),
});
export type BytesQuery = z.infer<typeof bytesQuerySchema>;
/** A part of an account's data. */
export interface AccountBytes {
  /** Of the whole. */
  readonly size: number;
  /** Of the whole, in hex; null unless the part is its beginning. */
  readonly sha256: string | null;
  /** In base64. */
  readonly part: string;
}

export const runsQuerySchema = z.strictObject({ window: windowSchema });
export interface RunRow {
  readonly runId: string;
  readonly source: string;
  readonly settings: RunSettings;
  readonly state: RunState;
  readonly failure: string | null;
  readonly counts: RunCounts;
  readonly startedAtMs: EpochMs;
  readonly endedAtMs: EpochMs | null;
  /** Wall-clock time between its attempts, in which it was stopped or Ingot was closed. */
  readonly awayMs: number;
  /** Run milliseconds per wall-clock millisecond: 0 while paused and for a virtual run. */
  readonly rate: number;
  /** Null for runs older than this column. */
  readonly fieldMap: string | null;
  /** Whether what it fires from now on is delivered. */
  readonly delivers: boolean;
  /** Why its source cannot be run again, for a person; null if it can. */
  readonly notRepeatable: string | null;
  /** As far as can be told without reading the source. */
  readonly resumable: boolean;
  /** For a person; null if it can be resumed. */
  readonly notResumable: string | null;
}
/** A run that ended before its source did. */
export interface UnfinishedRun
  extends Pick<RunRow, 'runId' | 'state' | 'source' | 'startedAtMs' | 'notResumable'> {
  /** Where it is taken up. */
  readonly records: number;
}
export const rejectsQuerySchema = z.strictObject({ runId: runIdSchema, window: windowSchema });
export const coverageQuerySchema = z.strictObject({
  /** Null: of all connections. */
  runId: runIdSchema.nullable().default(null),
  window: windowSchema,
});
export type CoverageQuery = z.output<typeof coverageQuerySchema>;
export interface RejectRow {
  readonly record: number;
  readonly field: string;
  readonly reason: string;
  readonly excerpt: string;
}

export const reportQuerySchema = z.strictObject({
  asOf,
  /** Types after this one; omitted: from the first. */
  afterType: accountTypeSchema.optional(),
  /** How many types at most. */
  limit: z.int().min(1).max(REPORT_LIMITS.types).default(REPORT_LIMITS.types),
});
export type ReportQuery = z.output<typeof reportQuerySchema>;
/** Leaders of one type on one page: with the longest ids some 8 MiB. */
export const MOST_LEADERS = 10_000;
export const typeLeadersQuerySchema = z.strictObject({
  asOf,
  accountType: accountTypeSchema,
  /** Leaders after this id; left out: from the first. */
  afterId: z.string().max(LONGEST_ID).optional(),
  limit: z.int().min(1).max(MOST_LEADERS),
});
export type TypeLeadersQuery = z.infer<typeof typeLeadersQuerySchema>;
export const leadersQuerySchema = z.strictObject({
  asOf,
  accountType: accountTypeSchema,
  window: windowSchema,
});
export type LeadersQuery = z.infer<typeof leadersQuerySchema>;

export interface TiedLeader extends Leader {
  readonly tokens: U64Text;
}

export interface TypeLeadersPage extends TypeLeaders {
  readonly next: string | null;
}

export interface Report {
  readonly types: readonly TypeLeaders[];
  readonly moreTypes: boolean;
  readonly accounts: number;
  readonly madeAtMs: EpochMs;
}

export const leadersSinceQuerySchema = z.strictObject({
  asOf,
  accountTypes: z.array(accountTypeSchema).max(100),
});
export type LeadersSinceQuery = z.infer<typeof leadersSinceQuerySchema>;
/** Since when the leaders of a type have been the same. */
export interface LeadersSince {
  readonly accountType: string;
  /** When the update after which they lead was stored. */
  readonly since: Moment;
  /** As of a place on the chain, the version of that update: it leads since there in the order of the chain. Null: in that of arrival. */
  readonly onChain: VersionText | null;
  /** How many shared first place until then, if all who lead since were among them; otherwise 0. */
  readonly before: number;
}

/** How many types a summary has, and how many leaders of each. */
export const SUMMARY_LIMITS = { types: 8, leaders: 3 } as const;

export const summaryQuerySchema = z.strictObject({ asOf });
/** An instant at a glance: the first types with their first leaders, and what there was. */
export interface InstantSummary {
  readonly types: readonly TypeLeaders[];
  readonly moreTypes: boolean;
  readonly counts: Readonly<
    Record<'accounts' | 'indexed' | 'stale' | 'pending' | 'fired' | 'cancelled', number>
  >;
}

export const MOST_LEADER_CHANGES = 2_000;
/** Where the most tokens of a type, or who has them, changed during a run: the latest `MOST_LEADER_CHANGES`, in order. */
export interface LeaderChanges {
  readonly changes: readonly {
    /** On the run's clock. */
    readonly at: number;
    readonly seq: string;
    readonly accountType: string;
  }[];
  readonly more: boolean;
}

export const timelineQuerySchema = z.strictObject({ runId: runIdSchema });
export const neighbourQuerySchema = z.strictObject({
  runId: runIdSchema,
  /** On the clock of the run. */
  at: z.int().min(0),
  direction: z.enum(['next', 'previous']),
});
export type NeighbourQuery = z.infer<typeof neighbourQuerySchema>;
/** From `from` up to, but not including, `to`. */
export const rangeQuerySchema = z
  .strictObject({ runId: runIdSchema, from: z.int().min(0), to: z.int().min(0) })
  .refine(({ from, to }) => from < to, { message: 'must end after it begins' });
export type RangeQuery = z.infer<typeof rangeQuerySchema>;
/** A range with more events is not counted anew. */
export const MOST_RANGE_EVENTS = 20_000;
/** Counts in bins of run time from `from`, at most `MAX_BINS`. What is not stored one by one, duplicates say, is not there. */
export interface TimelineRange extends RangeQuery {
  readonly binMs: number;
  readonly bins: Readonly<Partial<TimelineBins['bins']>>;
}

export const pastEventsQuerySchema = z.strictObject({
  asOf: asOfSchema,
  /** Whose rejects are wanted, those until `at`. */
  runId: runIdSchema.nullable(),
  at: z.int().min(0).nullable(),
});
export type PastEventsQuery = z.infer<typeof pastEventsQuerySchema>;
/** An event as it is stored. */
export interface PastEvent {
  readonly kind: 'indexed' | 'stale' | 'rejected' | 'fired' | 'cancelled';
  readonly moment: Moment;
  readonly id: string | null;
  readonly accountType: string | null;
  readonly version: VersionText | null;
  readonly tokens: U64Text | null;
  /** Of a callback. */
  readonly how: SettledHow | null;
  readonly latenessMs: number;
  readonly supersededBy: VersionText | null;
  /** Of a rejected record. */
  readonly reason: string | null;
}
/** The latest `MAX_WINDOW_ROWS` before an instant, in order. Duplicates and conflicts are counted, but not stored. */
export interface PastEvents {
  readonly events: readonly PastEvent[];
  readonly more: boolean;
  /** Earlier ones were removed by retention. */
  readonly removed: boolean;
  /** False: the run has too many rejects to be listed among them. */
  readonly rejects: boolean;
}

export interface Timeline extends TimelineBins {
  readonly runId: string;
  readonly source: string;
  /** Tells the wall time of each place on the axis. */
  readonly clock: ClockRecord;
  /** The run's counts when the bins were read. Events without a known time are in the counts but in no bin. */
  readonly counted: TimelineCounts;
}

export interface DatabaseInfo {
  readonly kind: 'pglite' | 'postgres';
  readonly location: string;
  readonly sizeBytes: number;
  readonly serverVersion: string;
  readonly schemaVersion: number;
  readonly rows: {
    readonly accounts: number;
    readonly accountUpdates: number;
    readonly runs: number;
    readonly rejects: number;
  };
  readonly accountTypes: readonly string[];
}

export interface BackupInfo {
  readonly backupId: string;
  readonly name: string;
  readonly madeAtMs: EpochMs;
  readonly sizeBytes: number;
  readonly rows: number;
  readonly reason: 'asked' | 'before reset' | 'before restore';
}

/** What the head of a backup file says. */
export interface BackupFile {
  readonly name: string;
  readonly madeAtMs: EpochMs;
  readonly rows: number;
}
