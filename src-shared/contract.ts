import { z } from 'zod';
import type { AlertsReport } from './alerts';
import { type DatabaseState, directoryPathSchema } from './database-state';
import type { WireError } from './errors';
import type { RunStatus } from './events';
import type { Health } from './health';
import { type LogPage, type LogsInfo, logLevelSchema, logsQuerySchema } from './logs';
import type { OperationsFigures } from './operations';
import { runSettingsSchema } from './run-settings';
import type { JsonText } from './update';
import * as views from './views';

/**
 * The one door between renderer and engine: every method, what it takes (schema-checked on entry) and
 * what it gives. IPC and WebSocket only carry it. Nothing else is reachable.
 */
interface Method<Params extends z.ZodType, Result> {
  readonly params: Params;
  /** Only a type: never there at run time. */
  readonly result?: Result;
}
const method =
  <Params extends z.ZodType>(params: Params) =>
  <Result>(): Method<Params, Result> => ({ params });

const nothing = z.strictObject({});

/** The SHA-256 of its content, in hex; a random number of half the length from earlier versions. */
const uploadIdSchema = z.string().regex(/^[0-9a-f]{32}([0-9a-f]{32})?$/);

/** Where records come from. `path` is honoured only inside the directories that the shell allows. */
export const sourceRefSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('path'), path: z.string().min(1).max(4096) }),
  z.strictObject({ kind: z.literal('upload'), uploadId: uploadIdSchema }),
  /** The small sample that ships with Ingot. */
  z.strictObject({ kind: z.literal('sample') }),
]);
export type SourceRef = z.infer<typeof sourceRefSchema>;

/** As `sourceRefSchema`, but for the sample. */
const fileRefSchema = z.discriminatedUnion('kind', [sourceRefSchema.options[0], sourceRefSchema.options[1]]);
const backupIdSchema = z.string().min(1).max(128);

const preferences = {
  theme: z.enum(['system', 'light', 'dark']),
  density: z.enum(['dense', 'comfortable']),
  timeZone: z.enum(['local', 'utc']),
  /** Column widths, panel sizes, filters, last view: the renderer's own, by key. */
  layout: z.record(z.string().max(64), z.json()),
};
/** Remembered for the person by the host: a random port leaves a browser's own storage behind. */
export const preferencesSchema = z.strictObject({
  theme: preferences.theme.default('system'),
  density: preferences.density.default('dense'),
  timeZone: preferences.timeZone.default('local'),
  layout: preferences.layout.default({}),
});
/**
 * What is to change; the rest stays. Keys of `layout` are set one by one. Not `preferencesSchema.partial()`:
 * that would fill in the defaults and so undo every other preference.
 */
const preferenceChangesSchema = z.strictObject(preferences).partial();
export type Preferences = z.infer<typeof preferencesSchema>;

export interface AppInfo {
  readonly name: string;
  readonly version: string;
  readonly shell: 'electron' | 'web';
  readonly capabilities: {
    /** `source.choose` opens the system's own dialog. */
    readonly nativeDialogs: boolean;
    /** Dropped or picked files go by upload. */
    readonly uploads: boolean;
    /** `app.link` gives an address for another browser. */
    readonly links: boolean;
  };
  /** Whether calls are traced: then each should come with a `traceparent`. */
  readonly tracing: boolean;
}

export interface SourceChoice {
  readonly source: SourceRef;
  readonly name: string;
}

export interface RecentSource extends SourceChoice {
  readonly openedAtMs: number;
  readonly sizeBytes: number | null;
}

export interface SourcePreview {
  /** What is wrong with the source after the records shown, if that is known already. */
  readonly fault: WireError | null;
  readonly name: string;
  readonly format: 'json-array' | 'ndjson';
  readonly compression: 'gzip' | 'none';
  readonly sizeBytes: number | null;
  /** The names of fields in the records shown: `canonical`, or which others. */
  readonly fieldMap: string;
  /** What a person should know of the source as far as it was read, in sentences. */
  readonly notes: readonly string[];
  readonly records: readonly (
    | {
        readonly record: number;
        readonly kind: 'update';
        readonly id: string;
        readonly accountType: string;
        readonly tokens: string;
        readonly version: string;
        readonly callbackTimeMs: number;
        readonly data: JsonText;
      }
    | { readonly record: number; readonly kind: 'reject'; readonly reason: string; readonly excerpt: string }
  )[];
}

export const contract = {
  'app.info': method(nothing)<AppInfo>(),
  /** An address that opens a window in another browser, once, within ten minutes. Only where windows are in browsers. */
  'app.link': method(nothing)<{ readonly address: string }>(),
  'preferences.get': method(nothing)<Preferences>(),
  'preferences.set': method(preferenceChangesSchema)<Preferences>(),

  /** The system's open dialog; null if it was cancelled. Only with native dialogs. */
  'source.choose': method(nothing)<SourceChoice | null>(),
  'source.recent': method(nothing)<readonly RecentSource[]>(),
  'source.preview': method(
    z.strictObject({
      source: sourceRefSchema,
      count: z.int().min(1).max(50),
      skipBrokenLines: z.boolean().default(false),
    }),
  )<SourcePreview>(),

  'run.start': method(z.strictObject({ source: sourceRefSchema, settings: runSettingsSchema }))<RunStatus>(),
  'run.pause': method(nothing)<RunStatus>(),
  'run.resume': method(nothing)<RunStatus>(),
  /** Lets exactly one record through, then pauses. Only while paused, and while there is one. */
  'run.step': method(nothing)<RunStatus>(),
  'run.stop': method(nothing)<RunStatus>(),
  /** How fast the run's clock goes from now on. Not of a virtual run. */
  'run.setSpeed': method(z.strictObject({ speed: runSettingsSchema.shape.speed.unwrap() }))<RunStatus>(),
  /** The run under way, or the last one of this session. */
  'run.status': method(nothing)<RunStatus | null>(),

  'runs.page': method(views.runsQuerySchema)<views.RowWindow<views.RunRow>>(),
  'runs.rejects': method(views.rejectsQuerySchema)<views.RowWindow<views.RejectRow>>(),
  /** Starts a new run of the same source with the same settings. */
  'runs.again': method(z.strictObject({ runId: z.string().regex(/^\d{1,19}$/) }))<RunStatus>(),
  /**
   * Takes a run that was cut off, stopped or failed up again at its checkpoint: same id, counts go on. Refused,
   * with the reason, if its source cannot be read again or is not what it was.
   */
  'runs.resume': method(z.strictObject({ runId: z.string().regex(/^\d{1,19}$/) }))<RunStatus>(),
  /** The clock of a run that stands still, and its callbacks with it, goes on: a restored run, or one cut off while paused. */
  'runs.resumeClock': method(z.strictObject({ runId: z.string().regex(/^\d{1,19}$/) }))<null>(),
  'timeline.get': method(views.timelineQuerySchema)<views.Timeline>(),

  'accounts.page': method(views.accountsQuerySchema)<views.RowWindow<views.AccountRow>>(),
  'accounts.get': method(z.strictObject({ id: z.string().min(1).max(256) }))<views.AccountDetail>(),
  'accounts.versions': method(views.versionsQuerySchema)<views.RowWindow<views.VersionRow>>(),
  'history.page': method(views.historyQuerySchema)<views.RowWindow<views.HistoryRow>>(),

  'callbacks.page': method(views.callbacksQuerySchema)<views.RowWindow<views.HistoryRow>>(),
  'callbacks.counts': method(nothing)<views.CallbackCounts>(),
  /** Fires a pending callback before it is due. */
  'callbacks.fire': method(views.callbackKeySchema)<null>(),
  /** Cancels a pending callback by hand: superseded by nothing. */
  'callbacks.cancel': method(views.callbackKeySchema)<null>(),
  /** Pauses all callbacks; what falls due meanwhile fires on resume. */
  'callbacks.pause': method(nothing)<null>(),
  'callbacks.resume': method(nothing)<null>(),

  /** The leaders of each account type, within `REPORT_LIMITS`. */
  'report.get': method(views.reportQuerySchema)<views.Report>(),
  /** All leaders of one type, however many tie. */
  'report.leaders': method(views.leadersQuerySchema)<views.RowWindow<views.TiedLeader>>(),

  'database.info': method(nothing)<views.DatabaseInfo>(),
  'database.backups': method(nothing)<readonly views.BackupInfo[]>(),
  'database.backup': method(nothing)<views.BackupInfo>(),
  'database.restore': method(z.strictObject({ backupId: backupIdSchema }))<null>(),
  /** The system's open dialog for a backup; null if it was cancelled. Only with native dialogs. */
  'database.chooseBackup': method(nothing)<SourceChoice | null>(),
  /** What a file says that it holds, without restoring it. */
  'database.readBackup': method(z.strictObject({ source: fileRefSchema }))<views.BackupFile>(),
  /** As `database.restore`, from a file of the person's own. */
  'database.restoreFile': method(z.strictObject({ source: fileRefSchema }))<null>(),
  /** Backs up, then starts afresh. The word is what the person typed. */
  'database.reset': method(z.strictObject({ confirm: z.literal('reset') }))<{
    readonly backup: views.BackupInfo | null;
  }>(),

  /** Answered in every state, as those below. */
  'database.state': method(nothing)<DatabaseState>(),
  /** Opens what could not be opened; the answer is where that led. Only in trouble, as those below. */
  'database.tryAgain': method(nothing)<DatabaseState>(),
  /** Moves the database as it is aside, opens an empty one in its place, and restores the backup if named. */
  'database.startAfresh': method(z.strictObject({ backupId: backupIdSchema.nullable() }))<{
    readonly keptAt: string;
    readonly state: DatabaseState;
  }>(),
  /** The system's dialog for a directory; null if it was cancelled. Only with native dialogs. */
  'database.chooseDirectory': method(nothing)<string | null>(),
  /** Opens another directory until Ingot ends: one with a database in it, or an empty one. */
  'database.openOther': method(z.strictObject({ dataDir: directoryPathSchema }))<DatabaseState>(),

  /** The figures of `/metrics`, with samples after a time; null: all of the last quarter of an hour. */
  'operations.figures': method(z.strictObject({ afterMs: z.int().min(0).nullable() }))<OperationsFigures>(),
  'health.get': method(nothing)<Health>(),
  /** Every alert with its state and what to do about it. Answered in every state, as those below. */
  'operations.alerts': method(nothing)<AlertsReport>(),

  'logs.page': method(logsQuerySchema)<LogPage>(),
  'logs.info': method(nothing)<LogsInfo>(),
  /** What is kept from now on, until the program ends. */
  'logs.setLevel': method(z.strictObject({ level: logLevelSchema }))<LogsInfo>(),
  /** Shows the directory of the log files in the system's own window. Only with native dialogs. */
  'logs.openFolder': method(nothing)<null>(),
} as const;

export type Contract = typeof contract;
export type MethodName = keyof Contract;
/** What a caller gives: defaults may be left out. */
export type MethodInput<Name extends MethodName> = z.input<Contract[Name]['params']>;
/** What a handler gets: checked, defaults filled in. */
export type MethodParams<Name extends MethodName> = z.output<Contract[Name]['params']>;
export type MethodResult<Name extends MethodName> = Exclude<Contract[Name]['result'], undefined>;

/** One function for each method: what a shell hands to its transport. */
export type Handlers = {
  readonly [Name in MethodName]: (params: MethodParams<Name>) => Promise<MethodResult<Name>>;
};
