import { z } from 'zod';
import type { RunCounts } from './events';
import type { Moment } from './run-clock';
import type { RunSettings } from './run-settings';
import type { TimelineBins, TimelineCounts } from './timeline';
import {
  CALLBACK_STATES,
  type CallbackState,
  type EpochMs,
  type JsonText,
  type Leader,
  OUTCOMES,
  type Outcome,
  type RunState,
  type TypeLeaders,
  type U64Text,
  type VersionText,
} from './update';

/** What the views ask for and get: keyset windows, filters, rows. */

/** An opaque position in one sort order: give it back as it came. */
const cursorSchema = z.string().min(1).max(1024);
export const MAX_WINDOW_ROWS = 500;

/** Which stretch of the rows: from an edge, beside a row, or near a fraction of the whole. */
const windowSchema = z.strictObject({
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

/** Rows in the asked sort order, whichever way they were fetched. */
export interface RowWindow<Row> {
  readonly rows: readonly (Row & { readonly cursor: string })[];
  readonly atStart: boolean;
  readonly atEnd: boolean;
  /** Where to go on: the search for rows stopped here before the window was full. Null: it is full, or at the edge. */
  readonly next: string | null;
  /** How many rows match in all; `totalIs` says whether that is counted or estimated. */
  readonly total: number;
  readonly totalIs: 'exact' | 'estimate';
  /** Position of the first row among all that match: exact at the edges, else the best estimate. */
  readonly startIndex: number;
}

const u64TextSchema = z
  .string()
  .regex(/^(0|[1-9]\d{0,19})$/, { message: 'must be a whole number' })
  .refine((text) => BigInt(text) <= 2n ** 64n - 1n, { message: 'must be at most 18446744073709551615' });
/** `VERSION`, or `SLOT:VERSION`. */
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
/** A type has at most 64 code points, each of one or two UTF-16 units. */
const accountTypeSchema = z.string().max(128);
const typesSchema = z.array(accountTypeSchema).max(64);
const statesSchema = z.array(z.enum(CALLBACK_STATES)).max(3);
const runIdSchema = z.string().regex(/^\d{1,19}$/);
const idSchema = z.string().min(1).max(256);

export const ACCOUNT_SORTS = ['id', 'accountType', 'tokens', 'version', 'callback', 'updatedAt'] as const;
export const accountsQuerySchema = z.strictObject({
  window: windowSchema,
  sort: z.strictObject({ by: z.enum(ACCOUNT_SORTS), direction: z.enum(['asc', 'desc']) }),
  filter: z.strictObject({
    /** Beginning of the id. */
    idPrefix: idPrefixSchema.optional(),
    accountTypes: typesSchema.optional(),
    callbackStates: statesSchema.optional(),
    tokensFrom: u64TextSchema.optional(),
    tokensTo: u64TextSchema.optional(),
    versionFrom: versionTextSchema.optional(),
    versionTo: versionTextSchema.optional(),
  }),
});
export type AccountsQuery = z.infer<typeof accountsQuerySchema>;

export interface AccountRow {
  readonly id: string;
  readonly accountType: string;
  readonly tokens: U64Text;
  readonly version: VersionText;
  /** State of the latest version's callback. */
  readonly callbackState: CallbackState;
  readonly callbackDue: Moment;
  readonly callbackSettled: Moment | null;
  /** Arrival of the first update of the account, and of its latest version. */
  readonly created: Moment;
  readonly updated: Moment;
}

export interface AccountDetail extends AccountRow {
  readonly data: JsonText;
  /** Versions in the history, stale ones included. */
  readonly versions: number;
}

export const versionsQuerySchema = z.strictObject({ id: idSchema, window: windowSchema });
export const historyQuerySchema = z.strictObject({
  window: windowSchema,
  direction: z.enum(['asc', 'desc']),
  filter: z.strictObject({
    idPrefix: idPrefixSchema.optional(),
    accountTypes: typesSchema.optional(),
    outcomes: z.array(z.enum(OUTCOMES)).max(5).optional(),
    callbackStates: statesSchema.optional(),
    runId: runIdSchema.optional(),
  }),
});
export type HistoryQuery = z.infer<typeof historyQuerySchema>;

const SETTLED_HOW = ['due', 'fired by hand', 'cancelled by hand', 'skipped', 'newer version'] as const;
/** What settled a callback: it was due, a person, the setting for overdue callbacks, or a newer version. */
export type SettledHow = (typeof SETTLED_HOW)[number];

/** One unique update, as it is kept. */
export interface HistoryRow {
  /** Its place in the one order of arrivals and settled callbacks. */
  readonly seq: string;
  readonly runId: string;
  readonly record: number;
  /** Of arrival within the run, from 0. */
  readonly position: number;
  readonly id: string;
  readonly accountType: string;
  readonly version: VersionText;
  readonly tokens: U64Text;
  /** Tokens minus those of the version that was the latest before it, signed decimal; null if there was none, or if it is stale. */
  readonly tokensChange: string | null;
  readonly outcome: Extract<Outcome, 'indexed' | 'stale'>;
  readonly arrived: Moment;
  readonly callbackTimeMs: number;
  readonly callbackState: CallbackState | null;
  readonly callbackDue: Moment | null;
  readonly callbackSettled: Moment | null;
  readonly settledHow: SettledHow | null;
  /** The version that cancelled it. */
  readonly supersededBy: VersionText | null;
}

/** A history row with its JSON: for the inspector, its diff and its raw view. */
export interface VersionRow extends HistoryRow {
  readonly data: JsonText;
}

export const callbacksQuerySchema = z.strictObject({
  window: windowSchema,
  /** Pending ones by due time, earliest first; settled ones by when, latest first. */
  state: z.enum(CALLBACK_STATES),
  idPrefix: idPrefixSchema.optional(),
});
export type CallbacksQuery = z.infer<typeof callbacksQuerySchema>;
export type CallbackCounts = Readonly<Record<CallbackState, number>> & { readonly paused: boolean };
export const callbackKeySchema = z.strictObject({ id: idSchema, version: versionTextSchema });

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
  /** How many milliseconds of its clock pass in one of the wall's: 0 while it stands still, and of a virtual run. */
  readonly rate: number;
  /** Which names of the fields its source uses; null: begun before this was kept. */
  readonly fieldMap: string | null;
  /** Why its source cannot be run again, a sentence for a person; null if it can. */
  readonly notRepeatable: string | null;
  /** Whether `runs.resume` can take it up, as far as that shows without reading the source. */
  readonly resumable: boolean;
  /** Why it cannot be resumed, for a person; null if it can. */
  readonly notResumable: string | null;
}
export const rejectsQuerySchema = z.strictObject({ runId: runIdSchema, window: windowSchema });
export interface RejectRow {
  readonly record: number;
  readonly field: string;
  readonly reason: string;
  readonly excerpt: string;
}

export const reportQuerySchema = z.strictObject({
  /** Types after this one; left out: from the first. */
  afterType: accountTypeSchema.optional(),
});
export const leadersQuerySchema = z.strictObject({ accountType: accountTypeSchema, window: windowSchema });

/** One of all the leaders of one type. */
export interface TiedLeader extends Leader {
  readonly tokens: U64Text;
}

export interface Report {
  readonly types: readonly TypeLeaders[];
  /** There are more types after these. */
  readonly moreTypes: boolean;
  readonly accounts: number;
  readonly madeAtMs: EpochMs;
}

/** A run's arrivals and callbacks over its time: the timeline under everything. */
export const timelineQuerySchema = z.strictObject({ runId: runIdSchema });
export interface Timeline extends TimelineBins {
  readonly runId: string;
  /** The run's counts when the bins were read. A count above the sum of its bins has events whose time is not known. */
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

/** A file that is a backup, by what stands at its beginning. */
export interface BackupFile {
  readonly name: string;
  readonly madeAtMs: EpochMs;
  readonly rows: number;
}
