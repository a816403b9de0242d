import { join } from 'node:path';
import { type AppInfo, preferencesSchema, type SourceChoice } from '../../src-shared/contract';
import type { DatabaseState } from '../../src-shared/database-state';
import { IngotError, toWireError } from '../../src-shared/errors';
import type { RunStatus } from '../../src-shared/events';
import type { Overdue, RunSettings } from '../../src-shared/run-settings';
import type { Totals } from '../../src-shared/totals';
import { watchAlerts } from '../observability/alerts';
import type { Logger } from '../observability/logger';
import { observeDatabase } from '../observability/observe-database';
import { combineObservers } from '../observability/observer';
import { type Operations, openOperations } from '../observability/operations';
import { watchSlowStatements } from '../observability/slow-statements';
import type { Tracing } from '../observability/tracing/start-tracing';
import { untraced } from '../observability/tracing/tracing';
import { copyAside } from '../storage/copy-aside';
import type { DatabaseTarget } from '../storage/open-database';
import type { Clock } from '../time/clock';
import { createAutoResume } from './auto-resume';
import { type Backups, createBackups } from './backups';
import { type ClientConnection, type ClientTransport, createConnection } from './connection';
import { createDispatcher, type Dispatch } from './dispatch';
import { createFeed } from './feed';
import { createAppHandlers, NO_PREFERENCES } from './handlers/app-handlers';
import { createDatabaseHandlers } from './handlers/database-handlers';
import { createLogHandlers, type HostLogs } from './handlers/log-handlers';
import { createOperationsHandlers } from './handlers/operations-handlers';
import { createRunHandlers, createRunStarter } from './handlers/run-handlers';
import { createSourceHandlers, grantFile } from './handlers/source-handlers';
import { createTroubleHandlers } from './handlers/trouble-handlers';
import { createViewHandlers } from './handlers/view-handlers';
import { openJsonFile } from './json-file';
import { findNeededUploads } from './needed-uploads';
import { openRecentSources } from './recent-sources';
import { openSession, type Session, type SessionDeps } from './session';
import { createSourceAccess } from './source-access';
import { openUploads, type Uploads } from './uploads';

export interface HostPaths {
  /** Preferences and recent files are kept here; null: only while the program runs. */
  readonly stateDirectory: string | null;
  readonly backupsDirectory: string;
  readonly uploadsParent: string;
  /** Whether uploads outlive the program. */
  readonly uploadsKept: boolean;
  readonly samplePath: string;
  /** Directories whose files a client may name by path. */
  readonly allowedDirectories: readonly string[];
}

export interface HostOptions {
  readonly target: DatabaseTarget;
  /** `target` is another one once a person has opened another directory. */
  readonly openDatabase: SessionDeps['openDatabase'];
  readonly clock: Clock;
  /** Of no room yet. */
  readonly logger: Logger;
  /** What windows are shown of it. */
  readonly logs: HostLogs;
  readonly app: Omit<AppInfo, 'tracing'>;
  readonly paths: HostPaths;
  /** The system's own; null: this shell has none. */
  readonly dialogs: HostDialogs | null;
  /** Gives an address that opens a window in another browser; left out: this shell's window has none. */
  readonly issueLink?: () => string;
  /** The largest upload, in bytes. */
  readonly maxUploadBytes?: number;
  /** What becomes of callbacks that fell due while no program was there; left out: they fire. */
  readonly overdue?: Overdue;
  /** Closed with the host; left out: nobody traces. */
  readonly tracing?: Tracing;
  /** For trials: what windows, patience and interval of the alerts are multiplied with. */
  readonly alertTimeScale?: number;
}

/** Those that choose give a whole path, or null if it was cancelled. */
export interface HostDialogs {
  readonly chooseFile: () => Promise<string | null>;
  readonly chooseBackup: () => Promise<string | null>;
  readonly chooseDirectory: () => Promise<string | null>;
  /** Shows a directory in the system's own window for files. */
  readonly showDirectory: (directory: string) => Promise<void>;
}

/** Everything behind a window, whatever shell it has: database, engine, feed and the contract's handlers. */
export interface Host {
  readonly dispatch: Dispatch;
  readonly uploads: Uploads;
  readonly backups: Backups;
  readonly operations: Operations;
  connectClient(transport: ClientTransport): ClientConnection;
  /** Lets clients name this file from now on: a person chose it. */
  grantFile(path: string): Promise<SourceChoice>;
  /** Begins a run of a file that the program was started with; if it cannot, every window hears why. */
  ingest(path: string, settings: RunSettings): Promise<RunStatus>;
  status(): RunStatus | null;
  databaseState(): DatabaseState;
  /** Stops a run in order, closes the database, removes uploads. Idempotent. */
  close(): Promise<void>;
}

const DEFAULT_MAX_UPLOAD_BYTES = 16 * 1024 ** 3;

/**
 * Resolves when the database is open, or cannot be opened: then every window says why, and what can be done.
 */
export async function createHost(options: HostOptions): Promise<Host> {
  const { clock, app, paths, dialogs, maxUploadBytes = DEFAULT_MAX_UPLOAD_BYTES } = options;
  const { tracing = untraced } = options;
  const logger = options.logger.child({ component: 'host' });
  const stateFile = (name: string) =>
    paths.stateDirectory === null ? null : join(paths.stateDirectory, name);
  const preferences = openJsonFile(stateFile('preferences.json'), preferencesSchema, NO_PREFERENCES, logger);
  let session: Session | null = null;
  const uploads = await openUploads({
    parent: paths.uploadsParent,
    kept: paths.uploadsKept,
    maxBytes: maxUploadBytes,
    needed: async () =>
      session?.state().phase === 'open' ? findNeededUploads(session.current().views) : null,
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

  const opened = () => {
    if (session) return session.current();
    throw new IngotError('database_unavailable', 'The database is being opened.');
  };
  const status = () => session?.status() ?? null;
  const operations = openHostOperations(
    options,
    () => session,
    opened,
    () => feed.totals(),
  );
  const { metrics } = operations;
  const observer = combineObservers([
    metrics.observer,
    tracing.observer,
    // Innermost: what it logs has the ids of the statement's span.
    watchSlowStatements({ logger: options.logger, clock }),
  ]);
  const feed = createFeed({
    clock,
    status,
    callbacksPaused: () => session?.isHeld() ?? false,
    onDropped: metrics.noteDroppedFrame,
  });
  session = await openSession({
    target: options.target,
    openDatabase: async (at, onLost) => observeDatabase(await options.openDatabase(at, onLost), observer),
    clock,
    logger: options.logger,
    observer,
    publish: (events) => {
      metrics.hear(events);
      feed.publish(events);
    },
    setPending: feed.setPending,
    startAfresh: feed.startAfresh,
    overdue: options.overdue ?? 'fire',
    // Nothing is lost before there is a session.
    autoResume: createAutoResume({
      // The dispatcher gives what the contract says of this method.
      resumeRun: async (runId) => (await dispatch('runs.resume', { runId })) as RunStatus,
      pauseRun: () => dispatch('run.pause', {}),
      logger,
    }),
  });

  const alerts = watchAlerts({
    clock,
    logger,
    look: operations.look,
    setFiring: (alert, isFiring) => metrics.instruments.alertsFiring.set({ alert }, isFiring ? 1 : 0),
    publish: feed.publish,
    timeScale: options.alertTimeScale,
  });
  const backups = createBackups(paths.backupsDirectory, clock, logger);
  const notify = (level: 'info' | 'warning' | 'error', message: string) =>
    feed.publish([{ event: 'notice', level, message }]);
  const warn = (message: string) => notify('warning', message);
  const runDeps = { session, access, uploads, recent, logger, warn };
  const start = createRunStarter(runDeps);
  const dispatch = createDispatcher(
    [
      createAppHandlers({ ...app, tracing: tracing !== untraced }, preferences, options.issueLink),
      createSourceHandlers({ access, uploads, recent, chooseFile: dialogs?.chooseFile ?? null }),
      createRunHandlers(runDeps, start),
      createViewHandlers(session),
      createDatabaseHandlers({
        session,
        backups,
        access,
        uploads,
        clock,
        chooseBackup: dialogs?.chooseBackup ?? null,
      }),
      createTroubleHandlers({
        session,
        backups,
        clock,
        chooseDirectory: dialogs?.chooseDirectory ?? null,
        copyAside: (dataDir) => copyAside(dataDir, clock.now()),
        tell: (message) => notify('info', message),
      }),
      createOperationsHandlers(operations, alerts),
      createLogHandlers({ logs: options.logs, showDirectory: dialogs?.showDirectory ?? null }),
    ],
    logger,
    observer,
  );

  let closing: Promise<void> | null = null;
  await uploads.tidy();

  const close = async () => {
    alerts.close();
    feed.close();
    await session.close();
    await uploads.close();
    operations.close();
    await tracing.close();
  };
  return {
    dispatch,
    uploads,
    backups,
    operations,
    connectClient: (transport) => createConnection({ dispatch, feed }, transport),
    grantFile: (path) => grantFile(access, path),
    async ingest(path, settings) {
      try {
        const { source } = await grantFile(access, path);
        return await start(source, settings);
      } catch (error) {
        // Nobody called for it who could be answered: every window says so.
        const { message, details } = toWireError(error);
        const text = details.hint === undefined ? message : `${message} ${details.hint}`;
        notify('error', text);
        throw error;
      }
    },
    status: session.status,
    databaseState: session.state,
    close() {
      closing ??= close();
      return closing;
    },
  };
}

/** They outlive the databases that a session opens one after the other, and speak of the one that is open. */
function openHostOperations(
  { clock, app, target }: HostOptions,
  session: () => Session | null,
  opened: () => ReturnType<Session['current']>,
  totals: () => Totals,
): Operations {
  return openOperations({
    clock,
    build: { version: app.version, shell: app.shell },
    database: () => opened().database,
    earliestDueMs: () => opened().pending.earliestMs(),
    totals,
    isHeld: () => session()?.isHeld() ?? false,
    directory: () => {
      const at = session()?.target() ?? target;
      return at.kind === 'data-dir' ? at.dataDir : null;
    },
  });
}
