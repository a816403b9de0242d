import { basename, dirname, join } from 'node:path';
import { savedConnectionsSchema } from '../../src-shared/connections';
import { type AppInfo, preferencesSchema, type SourceChoice } from '../../src-shared/contract';
import type { DatabaseState } from '../../src-shared/database-state';
import { IngotError, toWireError } from '../../src-shared/errors';
import type { RunStatus } from '../../src-shared/events';
import type { Overdue, RunSettings } from '../../src-shared/run-settings';
import { watchAlerts } from '../observability/alerts';
import type { Logger } from '../observability/logger';
import { observeDatabase, watchSlowStatements } from '../observability/observe-database';
import { combineObservers } from '../observability/observer';
import { type Operations, openOperations } from '../observability/operations';
import type { Tracing } from '../observability/tracing/start-tracing';
import { untraced } from '../observability/tracing/tracing';
import type { DatabaseTarget } from '../storage/open-database';
import { isBackup } from '../storage/read-backup';
import type { Clock } from '../time/clock';
import { type Backups, createBackups } from './backups';
import { type ClientConnection, type ClientTransport, createConnection } from './connection';
import { createDatabaseLife, type DatabaseLifeDeps } from './database-life';
import { createDispatcher, type Dispatch } from './dispatch';
import { createExports, type Exports } from './export/exports';
import { createFeed } from './feed';
import { createHandlers, type HostDialogs, type HostLogs, NO_PREFERENCES } from './handlers';
import { openIdls } from './idls';
import { createInbox, type Inbox } from './inbox';
import { openJsonFile } from './json-file';
import { createLiveConnections } from './live-connections';
import { MAPPINGS_FILE, openMappings } from './mappings';
import { openRecentSources } from './recent-sources';
import { createRunSources, createRunStarter, findNeededUploads, type RunStarter } from './run-starter';
import { createSecrets, type Keychain } from './secrets';
import { createSourceAccess, grantFile } from './source-access';
import { createSourceCounting } from './source-counts';
import type { SqlQueries } from './sql/queries';
import { openUploads, type Uploads } from './uploads';

export interface HostPaths {
  /** For preferences and recent files; null: only while the program runs. */
  readonly stateDirectory: string | null;
  readonly backupsDirectory: string;
  readonly uploadsParent: string;
  /** Whether uploads outlive the program. */
  readonly uploadsKept: boolean;
  readonly samplePath: string;
  /** The list of shipped packages, which the build writes. */
  readonly licencesPath: string;
  /** A client may name files in these directories by path. */
  readonly allowedDirectories: readonly string[];
}

export interface HostOptions {
  readonly target: DatabaseTarget;
  /** `target` changes when a person opens another directory. */
  readonly openDatabase: DatabaseLifeDeps['openDatabase'];
  readonly clock: Clock;
  /** The root logger. */
  readonly logger: Logger;
  /** What windows see of it. */
  readonly logs: HostLogs;
  readonly app: Omit<AppInfo, 'tracing'>;
  readonly paths: HostPaths;
  /** Null: this shell has none. */
  readonly dialogs: HostDialogs | null;
  /** Creates an address that opens a window in another browser; omitted: this shell has none. */
  readonly issueLink?: () => string;
  /** Per upload, in bytes. */
  readonly maxUploadBytes?: number;
  /** For callbacks that fell due while no program ran; default: they fire. */
  readonly overdue?: Overdue;
  /** Omitted: this shell has none. */
  readonly keychain?: Keychain;
  /** A file or folder of IDLs; omitted or null: those that ship with Ingot, and those added in a window. */
  readonly idl?: string | null;
  /** Closed with the host; omitted: no tracing. */
  readonly tracing?: Tracing;
  /** For tests: a factor for windows, durations and interval of the alerts. */
  readonly alertTimeScale?: number;
}

/** Everything behind the windows: database, engine, feed and the contract's handlers. */
export interface Host {
  readonly dispatch: Dispatch;
  readonly uploads: Uploads;
  readonly backups: Backups;
  readonly exports: Exports;
  readonly operations: Operations;
  /** What other programs post to a connection by HTTP. */
  readonly receiveUpdates: Inbox['receive'];
  connectClient(transport: ClientTransport): ClientConnection;
  /** A person chose this file, so clients may name it from now on. */
  grantFile(path: string): Promise<SourceChoice>;
  /** Whether a file begins as a backup does; false if it cannot be read. */
  isBackup(path: string): Promise<boolean>;
  /** Runs the file given on the command line, once the database is open. All windows show a failure. */
  ingest(path: string, settings: RunSettings): Promise<RunStatus>;
  status(): RunStatus | null;
  databaseState(): DatabaseState;
  /** Resolves once no other program can have the database, with true; with false if it cannot be opened. */
  readonly taken: Promise<boolean>;
  /** Resolves when the database is open or cannot be opened: until then every window shows that it is being opened. */
  readonly opened: Promise<void>;
  /** Stops a run in order, closes the database, removes uploads. Idempotent. */
  close(): Promise<void>;
}

const DEFAULT_MAX_UPLOAD_BYTES = 16 * 1024 ** 3;

/** Begins to open the database. If it cannot be opened, every window says why, and what can be done. */
export async function createHost(options: HostOptions): Promise<Host> {
  const { clock, app, paths, dialogs, maxUploadBytes = DEFAULT_MAX_UPLOAD_BYTES } = options;
  const { tracing = untraced } = options;
  const logger = options.logger.child({ component: 'host' });
  const stateFile = (name: string) =>
    paths.stateDirectory === null ? null : join(paths.stateDirectory, name);

  // They outlive successive databases, and describe the open one.
  const operations = openOperations({
    clock,
    build: { version: app.version, shell: app.shell },
    database: () => life.current().database,
    earliestDueMs: () => life.current().pending.earliestMs(),
    deliveries: () => life.current().deliveries.figures(),
    totals: () => feed.totals(),
    isHeld: () => life.isHeld(),
    connections: () => connections.list(),
    directory: () => {
      const at = life.target();
      return at.kind === 'data-dir' ? at.dataDir : null;
    },
  });
  const { metrics } = operations;
  const observer = combineObservers([
    metrics.observer,
    tracing.observer,
    // Innermost, so that its log lines have the span's ids.
    watchSlowStatements({ logger: options.logger, clock }),
  ]);
  const feed = createFeed({
    clock,
    status: () => life.status(),
    callbacksPaused: () => life.isHeld(),
    onDropped: metrics.noteDroppedFrame,
  });
  const notify = (level: 'info' | 'warning' | 'error', message: string) =>
    feed.publish([{ event: 'notice', level, message }]);
  const secrets = createSecrets(process.env, options.keychain ?? null);
  const life = createDatabaseLife({
    target: options.target,
    openDatabase: async (...of) => observeDatabase(await options.openDatabase(...of), observer),
    clock,
    logger: options.logger,
    observer,
    publish: (events) => {
      metrics.hear(events);
      feed.publish(events);
      inbox.hear(events);
    },
    setPending: feed.setPending,
    startAfresh(pending, events) {
      feed.startAfresh(pending, events);
      connections.hear(events);
    },
    overdue: options.overdue ?? 'fire',
    secretOf: secrets.lookUp,
    resumeRun: (runId) => runs.resume(runId),
  });
  const inbox = createInbox(metrics.noteRequest);
  const idls = openIdls(options.idl ?? null, paths.stateDirectory);
  const connections = createLiveConnections({
    engine: life.engine,
    open: life.connections,
    secrets,
    // Only the web shell has a server that takes what is posted.
    inbox: app.shell === 'web' ? inbox : null,
    idls,
    clock,
    logger,
  });
  const opened = life.start();

  const uploads = await openUploads({
    parent: paths.uploadsParent,
    kept: paths.uploadsKept,
    maxBytes: maxUploadBytes,
    needed: async () => (life.state().phase === 'open' ? findNeededUploads(life.current().views) : null),
    clock,
    logger: options.logger,
  });
  const recent = openRecentSources(stateFile('recent-sources.json'), { clock, logger, uploads });
  const access = createSourceAccess({
    directories: paths.allowedDirectories,
    granted: await recent.paths(),
    samplePath: paths.samplePath,
    uploads,
  });
  const mappings = openMappings(stateFile(MAPPINGS_FILE), logger);
  const runs = createRunStarter({
    life,
    sources: createRunSources(access, uploads, idls),
    note: recent.note,
    onEnd(end) {
      void end.then(({ notes, knewNearlyAll, location }) => {
        for (const note of notes) notify('warning', note);
        if (knewNearlyAll) notify('warning', nearlyAllKnown(location));
      });
    },
  });
  const backups = createBackups(paths.backupsDirectory, clock, logger);
  let queries: Promise<SqlQueries> | null = null;
  const sql = () => {
    queries ??= import('./sql/queries').then(({ createSqlQueries }) =>
      createSqlQueries({
        current: () => {
          const { database, views } = life.current();
          return { database, content: views };
        },
        target: life.target,
        clock,
        logger: options.logger,
      }),
    );
    return queries;
  };
  const isBusy = () => life.status()?.endedAtMs === null || life.connections().length > 0;
  const exports = createExports({
    views: () => life.current().views,
    sql,
    isBusy,
    choosePath: dialogs?.chooseTarget ?? null,
    clock,
    logger,
  });
  const counting = createSourceCounting({
    database: () => (life.state().phase === 'open' ? life.current().database : null),
    isBusy,
    clock,
    logger,
  });
  /** A file that is opened before the database waits for it. */
  const startRun: RunStarter['start'] = async (...of) => {
    await opened;
    return runs.start(...of);
  };
  const alerts = watchAlerts({
    clock,
    logger,
    // A database that is only just being opened is not down.
    look: (windowMs) => opened.then(() => operations.look(windowMs)),
    setFiring: (alert, isFiring) => metrics.instruments.alertsFiring.set({ alert }, isFiring ? 1 : 0),
    publish: feed.publish,
    timeScale: options.alertTimeScale,
  });
  const handlers = createHandlers({
    app: { ...app, tracing: tracing !== untraced },
    life,
    runs: { ...runs, start: startRun },
    access,
    uploads,
    recent,
    backups,
    connections: {
      live: connections,
      choosePath: dialogs?.chooseTarget ?? null,
      recordingsDirectory: join(dirname(paths.backupsDirectory), 'recordings'),
      clock,
      kept: openJsonFile(stateFile('connections.json'), savedConnectionsSchema, [], logger),
      secrets,
      access,
    },
    exports,
    sql,
    counting,
    idls,
    mappings,
    preferences: openJsonFile(stateFile('preferences.json'), preferencesSchema, NO_PREFERENCES, logger),
    operations,
    alerts,
    logs: options.logs,
    dialogs,
    licencesPath: paths.licencesPath,
    issueLink: options.issueLink,
    clock,
    tell: (message) => notify('info', message),
  });
  const dispatch = createDispatcher(handlers, logger, observer);
  const tidied = opened.then(async () => {
    await uploads.tidy();
    // Another program may be at work on its copy.
    if (await life.taken) await (await sql()).tidy();
  });

  const close = async () => {
    alerts.close();
    feed.close();
    await Promise.all([exports.close(), counting.close()]);
    await (await queries)?.close();
    await life.close();
    await tidied;
    await uploads.close();
    operations.close();
    await tracing.close();
  };
  let closing: Promise<void> | null = null;
  return {
    dispatch,
    uploads,
    backups,
    exports,
    operations,
    receiveUpdates: inbox.receive,
    connectClient: (transport) => createConnection({ dispatch, feed }, transport),
    grantFile: (path) => grantFile(access, path),
    isBackup,
    async ingest(path, settings) {
      try {
        const { source, name } = await grantFile(access, path);
        if (life.state().phase === 'opening') notify('info', `${name} starts when the database is open.`);
        return await startRun(source, settings);
      } catch (error) {
        // There is no call to answer, so every window is told.
        const named = nameFile(path, error);
        const { message, details } = toWireError(named);
        notify('error', details.hint === undefined ? message : `${message} ${details.hint}`);
        throw named;
      }
    },
    status: life.status,
    databaseState: life.state,
    taken: life.taken,
    opened,
    close() {
      closing ??= close();
      return closing;
    },
  };
}

/** Without a database the error says nothing of the file. */
function nameFile(path: string, error: unknown): unknown {
  if (!(error instanceof IngotError) || error.code !== 'database_unavailable') return error;
  return new IngotError(error.code, `${basename(path)} was not run: ${error.message}`, error.details, error);
}

function nearlyAllKnown(location: string): string {
  const place = location === 'memory' ? 'the database in memory' : location;
  return `Nearly every record was known already: ${place} keeps what earlier runs brought. "Reset database" empties it.`;
}
