import { z } from 'zod';
import type { AlertsReport } from './alerts';
import * as compare from './compare';
import * as connections from './connections';
import { type DatabaseState, directoryPathSchema } from './database-state';
import * as deliveries from './deliveries';
import type { WireError } from './errors';
import type { RunStatus } from './events';
import type { Health } from './health';
import { LONGEST_INSTANT, type ResolvedInstant } from './instant';
import { type LogPage, type LogsInfo, logLevelSchema, logsQuerySchema } from './logs';
import {
  idlNameSchema,
  type KnownFormat,
  type KnownIdl,
  type Mapping,
  mappingNameSchema,
  mappingSchema,
  readingShape,
  type Skipped,
  type SourceReading,
} from './mapping';
import type { OperationsFigures } from './operations';
import { type RetentionInfo, retentionSettingsSchema } from './retention';
import { runGoalSchema } from './run-goal';
import { type RunSettings, runSettingsSchema } from './run-settings';
import { type SpaceInfo, spaceNameSchema } from './spaces';
import * as sql from './sql';
import {
  CHAIN_FORMATS,
  EXPORT_FORMATS,
  type ExportStarted,
  type ExportStatus,
  exportQuerySchema,
  isChainFormat,
} from './tables';
import type { JsonText } from './update';
import * as views from './views';
import type { Why } from './why';

/**
 * The only door between the renderer and the engine: every method with its parameters (checked against the schema on entry) and
 * its result. IPC and WebSocket only carry it.
 */
interface Method<Params extends z.ZodType, Result> {
  readonly params: Params;
  /** A type only; absent at run time. */
  readonly result?: Result;
}
const method =
  <Params extends z.ZodType>(params: Params) =>
  <Result>(): Method<Params, Result> => ({ params });

const nothing = z.strictObject({});

/** The SHA-256 of its content in hex. Earlier versions used a random number of half the length. */
const uploadIdSchema = z.string().regex(/^[0-9a-f]{32}([0-9a-f]{32})?$/);

/** `path` is accepted only inside the directories that the shell allows. */
export const sourceRefSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('path'), path: z.string().min(1).max(4096) }),
  z.strictObject({ kind: z.literal('upload'), uploadId: uploadIdSchema }),
  z.strictObject({ kind: z.literal('sample') }),
]);
export type SourceRef = z.infer<typeof sourceRefSchema>;

/** Every `sourceRefSchema` except the sample. */
const fileRefSchema = z.discriminatedUnion('kind', [sourceRefSchema.options[0], sourceRefSchema.options[1]]);
const exportRefSchema = z.strictObject({ exportId: z.uuid() });
const backupIdSchema = z.string().min(1).max(128);

const preferences = {
  theme: z.enum(['system', 'light', 'dark']),
  density: z.enum(['dense', 'comfortable']),
  timeZone: z.enum(['local', 'utc']),
  /** How the times of a run are written: on its clock, on the wall clock, or as wall-clock time since its start. */
  timeShown: z.enum(['run', 'wall', 'start']),
  /** Whether the system shows a notification when a run ends or Ingot is not well. */
  notifications: z.boolean(),
  /** Column widths, panel sizes, filters, last view, by key. Only the renderer reads them. */
  layout: z.record(z.string().max(64), z.json()),
};
/** The host keeps these: a browser's own storage is lost when the port changes. */
export const preferencesSchema = z.strictObject({
  theme: preferences.theme.default('system'),
  density: preferences.density.default('dense'),
  timeZone: preferences.timeZone.default('local'),
  timeShown: preferences.timeShown.default('wall'),
  notifications: preferences.notifications.default(true),
  layout: preferences.layout.default({}),
});
/**
 * Preferences to change; the rest stays. Keys of `layout` are set one by one. Not `preferencesSchema.partial()`, which would fill
 * in the defaults and so reset every other preference.
 */
const preferenceChangesSchema = z.strictObject(preferences).partial();
export type Preferences = z.infer<typeof preferencesSchema>;

export interface AppInfo {
  readonly name: string;
  readonly version: string;
  readonly shell: 'electron' | 'web';
  readonly capabilities: {
    /** `source.choose` opens the system's dialog. */
    readonly nativeDialogs: boolean;
    /** Files are uploaded when dropped or picked. */
    readonly uploads: boolean;
    /** `app.link` is available. */
    readonly links: boolean;
  };
  readonly build: {
    /** With `-dirty` if files were changed; null: the sources had no repository. */
    readonly commit: string | null;
    /** That of the commit, as ISO 8601. */
    readonly date: string | null;
    /** The embedded one. */
    readonly postgres: string | null;
  };
  readonly runtime: {
    readonly node: string;
    /** Null in the web shell, where the page's browser is its own. */
    readonly electron: string | null;
    /** The operating system and the processor. */
    readonly system: string;
  };
  /** Calls are traced, so each should carry a `traceparent`. */
  readonly tracing: boolean;
}

/** Ingot ships about 250. */
export interface ShippedPackage {
  readonly name: string;
  readonly version: string;
  /** As the package states it, mostly an SPDX expression. */
  readonly licence: string | null;
}

export interface SourceChoice {
  readonly source: SourceRef;
  readonly name: string;
}

export interface RunSource extends SourceChoice {
  readonly settings: RunSettings;
}

export interface RecentSource extends SourceChoice {
  readonly openedAtMs: number;
  readonly sizeBytes: number | null;
}

/** How its text is cut into records. */
export type SourceFormat = 'json-array' | 'ndjson' | 'csv' | 'protobuf';
export type Compression = 'gzip' | 'zstd' | 'none';

export interface SourcePreview {
  /** A fault after the records shown, if one is known already. */
  readonly fault: WireError | null;
  readonly name: string;
  readonly format: SourceFormat;
  readonly compression: Compression;
  /** Null: it holds Ingot's own updates. */
  readonly reading: SourceReading | null;
  readonly sizeBytes: number | null;
  /** `canonical`, or the name of another set of field names. */
  readonly fieldMap: string;
  /** Remarks on the source as far as it was read, in sentences. */
  readonly notes: readonly string[];
  readonly records: readonly (
    | {
        readonly record: number;
        readonly kind: 'update';
        readonly id: string;
        readonly accountType: string;
        readonly tokens: string;
        /** Null: it gets its version when it is stored. */
        readonly version: string | null;
        /** Of a version that it gets then; null: none. */
        readonly slot: string | null;
        readonly callbackTimeMs: number;
        readonly data: JsonText;
        /** As in `VersionRow`. */
        readonly decoded?: JsonText;
      }
    | { readonly record: number; readonly kind: 'reject'; readonly reason: string; readonly excerpt: string }
  )[];
}

export interface Estimate {
  readonly count: number;
  /** Otherwise within some percent. */
  readonly isExact: boolean;
}

/** Records by a name of theirs, the most frequent first. */
export interface Tally {
  readonly listed: readonly { readonly name: string; readonly records: number }[];
  readonly otherNames: number;
  readonly otherRecords: number;
  /** False: there are still more names, which were not told apart. */
  readonly isWhole: boolean;
}

/** What is in a source, as far as it was read. */
export interface SourceCounts {
  /** Nothing changes any more: it was read to its end, to a fault, or was stopped. */
  readonly isDone: boolean;
  readonly bytesRead: number;
  readonly bytesTotal: number | null;
  readonly records: number;
  readonly rejected: number;
  /** Not counted as records: what is no account update. */
  readonly skipped: readonly Skipped[];
  readonly accounts: Estimate;
  /** Updates whose account and version came earlier in the source. */
  readonly repeated: Estimate;
  /** Updates whose account and version are in the database; null until the source was read, and without an open database. */
  readonly known: Estimate | null;
  readonly types: Tally;
  readonly reasons: Tally;
  readonly longestCallbackMs: number;
  /** Why it was not read to its end. */
  readonly fault: WireError | null;
}

/** A source, and how it is read. */
const readSource = { source: sourceRefSchema, skipBrokenLines: z.boolean().default(false), ...readingShape };

export const contract = {
  'app.info': method(nothing)<AppInfo>(),
  /** A single-use address, valid for ten minutes, that opens a window in another browser. Web shell only. */
  'app.link': method(nothing)<{ readonly address: string }>(),
  /** Empty where Ingot was not built. */
  'app.packages': method(nothing)<readonly ShippedPackage[]>(),
  /** The full text; null: the package contains none. */
  'app.licence': method(z.strictObject({ name: z.string().max(214), version: z.string().max(256) }))<{
    readonly text: string | null;
  }>(),
  'preferences.get': method(nothing)<Preferences>(),
  'preferences.set': method(preferenceChangesSchema)<Preferences>(),

  /** Null if cancelled. Only with native dialogs. */
  'source.choose': method(
    z.strictObject({ what: z.enum(['file', 'folder']).default('file') }),
  )<SourceChoice | null>(),
  'source.recent': method(nothing)<readonly RecentSource[]>(),
  'source.preview': method(z.strictObject({ ...readSource, count: z.int().min(1).max(50) }))<SourcePreview>(),
  /** Begins to count what is in a source, in one pass. It ends when nobody asks for its counts for some minutes. */
  'source.count': method(z.strictObject(readSource))<{ readonly countId: string }>(),
  /** Answers after a moment with what was counted so far; at once when it is done. */
  'source.counts': method(z.strictObject({ countId: z.uuid() }))<SourceCounts>(),
  'source.stopCount': method(z.strictObject({ countId: z.uuid() }))<null>(),

  'mappings.list': method(nothing)<{
    readonly known: readonly KnownFormat[];
    readonly saved: readonly Mapping[];
  }>(),
  /** In place of the one of that name. Not one that ships with Ingot. */
  'mappings.save': method(z.strictObject({ mapping: mappingSchema }))<null>(),
  'mappings.delete': method(z.strictObject({ name: mappingNameSchema }))<null>(),

  'idls.list': method(nothing)<readonly KnownIdl[]>(),
  /** In place of the one of that name. Only accounts and types are read, so the rest can be left out. */
  'idls.add': method(z.strictObject({ name: idlNameSchema, text: z.string() }))<null>(),
  'idls.delete': method(z.strictObject({ name: idlNameSchema }))<null>(),

  'run.start': method(
    z.strictObject({
      source: sourceRefSchema,
      settings: runSettingsSchema,
      /** It makes one, named after the source, and the whole window shows it. */
      inOwnSpace: z.boolean().default(false),
    }),
  )<RunStatus>(),
  'run.pause': method(nothing)<RunStatus>(),
  'run.resume': method(nothing)<RunStatus>(),
  /**
   * The run pauses now, and its clock jumps from one event to the next until it meets the goal, by default the next record. Answers
   * once it is there, or the goal is given up or cannot be met any more.
   */
  'run.step': method(
    z.strictObject({ to: runGoalSchema.default({ kind: 'record', record: null }) }),
  )<RunStatus>(),
  /** The run goes on at its speed and pauses where it meets the goal. Null, like pausing or resuming, gives a goal or step up. */
  'run.until': method(z.strictObject({ goal: runGoalSchema.nullable() }))<RunStatus>(),
  'run.stop': method(nothing)<RunStatus>(),
  /** Not for a virtual run. */
  'run.setSpeed': method(z.strictObject({ speed: runSettingsSchema.shape.speed.unwrap() }))<RunStatus>(),
  /** The current run, or the last one of this session. */
  'run.status': method(nothing)<RunStatus | null>(),

  /** Those that are open, and the last ones that ended since the program started. */
  'connections.list': method(nothing)<readonly connections.ConnectionStatus[]>(),
  /** Begins a run beside all others, or takes up the one that this connection had before. `record`: to a file of the next method. */
  'connections.connect': method(
    z.strictObject({
      connection: connections.connectionSchema,
      settings: runSettingsSchema,
      record: z.uuid().nullable().default(null),
    }),
  )<connections.ConnectionStatus>(),
  /** A file that one connection is recorded to: the person chooses it, or it is made beside the database. Null if cancelled. */
  'connections.chooseRecording': method(nothing)<{ readonly record: string; readonly path: string } | null>(),
  /** Answers when everything in hand is stored. */
  'connections.disconnect': method(
    z.strictObject({ runId: z.string().regex(/^\d{1,19}$/) }),
  )<connections.ConnectionStatus>(),
  'connections.saved': method(nothing)<readonly connections.SavedConnection[]>(),
  /** Replaces the one of that name. */
  'connections.save': method(connections.savedConnectionSchema)<null>(),
  'connections.remove': method(connections.savedConnectionSchema.pick({ name: true }))<null>(),
  /** Whether the secrets of these names are there. None is ever read out. */
  'connections.secrets': method(
    z.strictObject({ names: z.array(connections.secretNameSchema).max(connections.MOST_SAVED_CONNECTIONS) }),
  )<connections.SecretsInfo>(),
  /** Puts it into the system's keychain, or with null out of it. Only where there is one. */
  'connections.setSecret': method(
    z.strictObject({
      name: connections.secretNameSchema,
      secret: z.string().min(1).max(4096).nullable(),
    }),
  )<null>(),
  'coverage.page': method(views.coverageQuerySchema)<views.RowWindow<connections.CoverageRow>>(),

  'runs.page': method(views.runsQuerySchema)<views.RowWindow<views.RunRow>>(),
  'runs.rejects': method(views.rejectsQuerySchema)<views.RowWindow<views.RejectRow>>(),
  /** What a run read, and how: to run it again. Refused with a reason if its source is gone. */
  'runs.source': method(z.strictObject({ runId: z.string().regex(/^\d{1,19}$/) }))<RunSource>(),
  /**
   * Continues an interrupted, stopped or failed run from its checkpoint, under the same id and counts. Refused with a reason if
   * its source cannot be read or has changed.
   */
  'runs.resume': method(
    z.strictObject({
      runId: z.string().regex(/^\d{1,19}$/),
      /** Whether this attempt waits for callbacks; left out: as the run was begun. */
      wait: z.boolean().exactOptional(),
    }),
  )<RunStatus>(),
  /** Runs that ended before their source did, the latest first. */
  'runs.unfinished': method(nothing)<readonly views.UnfinishedRun[]>(),
  /** Restarts a clock that stands still: that of a restored run, or of a run interrupted while paused. */
  'runs.resumeClock': method(z.strictObject({ runId: z.string().regex(/^\d{1,19}$/) }))<null>(),
  'timeline.get': method(views.timelineQuerySchema)<views.Timeline>(),
  'timeline.leaderChanges': method(views.timelineQuerySchema)<views.LeaderChanges>(),
  /** When the next thing happened in a run, or the one before, on its clock; null if nothing did. */
  'timeline.neighbour': method(views.neighbourQuerySchema)<number | null>(),
  /** A part of it in narrow bins; null if it has too many events. */
  'timeline.range': method(views.rangeQuerySchema)<views.TimelineRange | null>(),
  'timeline.events': method(views.pastEventsQuerySchema)<views.PastEvents>(),
  /** `not_found` if there is no such run. See `parseInstant` for the texts. */
  'instant.resolve': method(z.strictObject({ instant: z.string().max(LONGEST_INSTANT) }))<ResolvedInstant>(),
  /** Cheap enough for ten a second. */
  'instant.summary': method(views.summaryQuerySchema)<views.InstantSummary>(),

  /** Two instants side by side: counts, leaders, and how much differs. */
  'compare.summary': method(compare.comparedQuerySchema)<compare.Comparison>(),
  'compare.accounts': method(compare.comparedAccountsQuerySchema)<views.RowWindow<compare.ComparedAccount>>(),
  'compare.callbacks': method(compare.comparedCallbacksQuerySchema)<
    views.RowWindow<compare.ComparedCallback>
  >(),

  'accounts.page': method(views.accountsQuerySchema)<views.RowWindow<views.AccountRow>>(),
  'accounts.get': method(views.accountQuerySchema)<views.AccountDetail>(),
  'accounts.versions': method(views.versionsQuerySchema)<views.RowWindow<views.VersionRow>>(),
  /** The same without their JSON, of which each may have much. */
  'accounts.versionList': method(views.versionsQuerySchema)<views.RowWindow<views.HistoryRow>>(),
  'updates.get': method(views.whyQuerySchema)<views.VersionRow | null>(),
  /** Why a version is what it is, and what became of its callback. */
  'updates.why': method(views.whyQuerySchema)<Why>(),
  /** Null: the data of that version is no bytes. */
  'updates.bytes': method(views.bytesQuerySchema)<views.AccountBytes | null>(),
  'history.page': method(views.historyQuerySchema)<views.RowWindow<views.HistoryRow>>(),

  'callbacks.page': method(views.callbacksQuerySchema)<views.RowWindow<views.HistoryRow>>(),
  'callbacks.counts': method(views.callbackCountsQuerySchema)<views.CallbackCounts>(),
  'callbacks.fire': method(views.callbackKeySchema)<null>(),
  'callbacks.cancel': method(views.callbackKeySchema)<null>(),
  /** What falls due meanwhile fires on resume. */
  'callbacks.pause': method(nothing)<null>(),
  'callbacks.resume': method(nothing)<null>(),

  'targets.list': method(nothing)<readonly deliveries.TargetInfo[]>(),
  'targets.add': method(deliveries.newTargetSchema)<null>(),
  'targets.change': method(deliveries.changedTargetSchema)<null>(),
  /** With what is known of its deliveries. */
  'targets.remove': method(deliveries.targetRefSchema)<null>(),
  'targets.arm': method(deliveries.armTargetSchema)<null>(),
  'targets.disarm': method(deliveries.targetRefSchema)<null>(),
  /** Sends an event that says that it is a test. */
  'targets.test': method(deliveries.targetRefSchema)<deliveries.AttemptResult>(),
  /** The deliveries of one target, the latest callback first. */
  'deliveries.page': method(deliveries.deliveriesQuerySchema)<deliveries.DeliveriesPage>(),
  /** What became of the callback of one version, at each target. */
  'deliveries.ofCallback': method(views.callbackKeySchema)<readonly deliveries.CallbackDelivery[]>(),
  /** Sends dead deliveries again, the oldest first, a thousand at most. */
  'deliveries.resend': method(deliveries.resendSchema)<{ readonly sent: number }>(),
  /** Whether callbacks of a run that fire from now on are delivered. */
  'deliveries.setRun': method(
    z.strictObject({ runId: z.string().regex(/^\d{1,19}$/), deliver: z.boolean() }),
  )<null>(),
  'report.get': method(views.reportQuerySchema)<views.Report>(),
  /** One page of the leaders of one type, by id; null if there is no account of it. `next`: the id to go on after. */
  'report.ofType': method(views.typeLeadersQuerySchema)<views.TypeLeadersPage | null>(),
  /** Every leader of one type, without a limit. */
  'report.since': method(views.leadersSinceQuerySchema)<readonly views.LeadersSince[]>(),
  'report.leaders': method(views.leadersQuerySchema)<views.RowWindow<views.TiedLeader>>(),

  /** The host writes a whole table to a file that the person chooses, or serves it once. Null: none was chosen. */
  'export.start': method(
    z
      .strictObject({
        query: exportQuerySchema,
        format: z.enum([...EXPORT_FORMATS, ...CHAIN_FORMATS]),
        /** Of a CSV file, for a spreadsheet. */
        byteOrderMark: z.boolean().default(false),
      })
      .refine(({ query, format }) => query.table === 'accounts' || !isChainFormat(format), {
        message: 'is a format of accounts',
        path: ['format'],
      }),
  )<ExportStarted | null>(),
  'export.status': method(exportRefSchema)<ExportStatus>(),
  'export.cancel': method(exportRefSchema)<null>(),

  /** Runs a person's query on a copy of the database, which is made first if there is none. One at a time. */
  'sql.run': method(sql.sqlQuerySchema)<sql.SqlResult>(),
  /** Ends the query, or the making of its copy; answers when it has ended. */
  'sql.cancel': method(nothing)<null>(),
  /** Makes a new copy. */
  'sql.refresh': method(nothing)<sql.SqlStatus>(),
  'sql.status': method(nothing)<sql.SqlStatus>(),
  /** Of one of the last results. */
  'sql.rows': method(sql.sqlRowsQuerySchema)<sql.SqlRows>(),
  /** What can be asked. */
  'sql.schema': method(nothing)<readonly sql.SqlTable[]>(),

  'database.info': method(nothing)<views.DatabaseInfo>(),
  'retention.get': method(nothing)<RetentionInfo>(),
  /** From now on what is older is removed. */
  'retention.set': method(retentionSettingsSchema)<RetentionInfo>(),
  'database.backups': method(nothing)<readonly views.BackupInfo[]>(),
  'database.backup': method(nothing)<views.BackupInfo>(),
  'database.restore': method(z.strictObject({ backupId: backupIdSchema }))<null>(),
  /** Null if cancelled. Only with native dialogs. */
  'database.chooseBackup': method(nothing)<SourceChoice | null>(),
  /** What the file claims to hold; restores nothing. */
  'database.readBackup': method(z.strictObject({ source: fileRefSchema }))<views.BackupFile>(),
  'database.restoreFile': method(z.strictObject({ source: fileRefSchema }))<null>(),
  /** Backs up, then empties the database. `confirm` is what the person typed. */
  'database.spaces': method(nothing)<readonly SpaceInfo[]>(),
  /** The whole window shows it then. Null: main. Makes it if it is missing. */
  'database.enterSpace': method(z.strictObject({ name: spaceNameSchema.nullable() }))<DatabaseState>(),
  /** Not the one that is open. */
  'database.deleteSpace': method(z.strictObject({ name: spaceNameSchema }))<null>(),
  'database.reset': method(z.strictObject({ confirm: z.literal('reset') }))<{
    readonly backup: views.BackupInfo | null;
  }>(),

  /** This and the methods below are answered in every state. */
  'database.state': method(nothing)<DatabaseState>(),
  /** Answers with the state it led to. This and the methods below work only in `trouble`. */
  'database.tryAgain': method(nothing)<DatabaseState>(),
  /** Moves the database aside, opens an empty one, and restores the backup if one is named. */
  'database.startAfresh': method(z.strictObject({ backupId: backupIdSchema.nullable() }))<{
    readonly keptAt: string;
    readonly state: DatabaseState;
  }>(),
  /** Null if cancelled. Only with native dialogs. */
  'database.chooseDirectory': method(nothing)<string | null>(),
  /** Opens another directory until Ingot ends: one that has a database, or an empty one. */
  'database.openOther': method(z.strictObject({ dataDir: directoryPathSchema }))<DatabaseState>(),

  /** The figures of `/metrics`, with samples after a time; null: the last quarter of an hour. */
  'operations.figures': method(z.strictObject({ afterMs: z.int().min(0).nullable() }))<OperationsFigures>(),
  'health.get': method(nothing)<Health>(),
  /** This and the methods below are answered in every state. */
  'operations.alerts': method(nothing)<AlertsReport>(),

  'logs.page': method(logsQuerySchema)<LogPage>(),
  'logs.info': method(nothing)<LogsInfo>(),
  /** Until the program ends. */
  'logs.setLevel': method(z.strictObject({ level: logLevelSchema }))<LogsInfo>(),
  /** Only with native dialogs. */
  'logs.openFolder': method(nothing)<null>(),
} as const;

export type Contract = typeof contract;
export type MethodName = keyof Contract;
/** What a caller passes: fields with defaults are optional. */
export type MethodInput<Name extends MethodName> = z.input<Contract[Name]['params']>;
/** What a handler receives: checked, with defaults filled in. */
export type MethodParams<Name extends MethodName> = z.output<Contract[Name]['params']>;
export type MethodResult<Name extends MethodName> = Exclude<Contract[Name]['result'], undefined>;

export type Handlers = {
  readonly [Name in MethodName]: (params: MethodParams<Name>) => Promise<MethodResult<Name>>;
};
