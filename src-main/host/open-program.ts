import { fstatSync } from 'node:fs';
import { resolve } from 'node:path';
import packageJson from '../../package.json';
import type { MethodInput, MethodName, MethodResult, SourceRef } from '../../src-shared/contract';
import { IngotError } from '../../src-shared/errors';
import type { RunStatus } from '../../src-shared/events';
import type { EngineEvent } from '../../src-shared/feed';
import type { RunGoal } from '../../src-shared/run-goal';
import { foldEvents, NO_TOTALS, withNewContent } from '../../src-shared/totals';
import { createViews, type Views } from '../accounts/views/create-views';
import { pendingOf } from '../callbacks/known-run';
import type { ThreadWatch } from '../database/thread-watch';
import { type Deliveries, openDeliveries } from '../deliveries/deliveries';
import { openLiveSource } from '../ingestion/live/open-live';
import { openSource, type SourceSpec } from '../ingestion/open-source';
import type { RecordSource } from '../ingestion/record';
import type { Logger } from '../observability/logger';
import { observeDatabase, watchSlowStatements } from '../observability/observe-database';
import { combineObservers, type Observer, unobserved } from '../observability/observer';
import type { Operations } from '../observability/operations';
import { openTracing } from '../observability/tracing/tracing';
import { findWaitingRuns } from '../runs/attempt';
import { createEngine } from '../runs/engine';
import type { Engine } from '../runs/interface';
import { markRunsInterrupted } from '../runs/sql/runs';
import { databaseTargetOf } from '../settings/database-target';
import { runSettingsOf, type Settings } from '../settings/schema';
import { hasSchema } from '../storage/migrate';
import { type OpenedDatabase, openDatabase } from '../storage/open-database';
import { describeSetback } from '../storage/setback';
import type { Clock } from '../time/clock';
import { holdClock, holdLiveSource, holdSource, type Ready } from './back-pressure';
import { createDispatcher } from './dispatch';
import { explainUpdate } from './explain-update';
import { openIdls } from './idls';
import { createInbox, type Inbox } from './inbox';
import { createLiveConnections, type LiveConnections } from './live-connections';
import { composeOrigin, createRunStarter, type RunEnd } from './run-starter';
import { createSecrets } from './secrets';
import type { SqlQueries } from './sql/queries';
import { findUpload, UPLOAD_GONE, uploadsIn } from './uploads';

export type { RunEnd } from './run-starter';
/** A source that is open, for `Program.ingest`. */
export type ProgramSource = RecordSource;

/** A run that is about to be resumed. */
export interface ResumedRun {
  readonly runId: string;
  /** After so many records it goes on. */
  readonly records: number;
  /** How many of its callbacks wait. */
  readonly pending: number;
  readonly simulated: boolean;
}

export interface ProgramTools {
  readonly clock: Clock;
  /** The root logger. */
  readonly logger: Logger;
  /** Tells a person, in whole sentences. */
  readonly tell: (text: string) => void;
}

export interface ProgramOptions extends ProgramTools {
  readonly settings: Settings;
  /** `runs` has an engine and writes. `list` only notes which runs were interrupted. `report` only reads, in whatever schema is
   * there; `tables` also knows which callbacks are pending. `targets` changes targets, `deliveries` also sends. */
  readonly purpose: 'runs' | 'list' | 'report' | 'tables' | 'targets' | 'deliveries';
  /** The sample that ships with Ingot. */
  readonly samplePath: string;
  /** Gets every event, in order, after the commit that made it true. */
  readonly hear?: (events: readonly EngineEvent[]) => void;
  /** Resolves when `hear` may be called with more: a slow listener slows the run, instead of filling the memory. */
  readonly ready?: Ready;
  /** The source of a run that is to be resumed is open. What this rejects with refuses the run. */
  readonly onResume?: (source: ProgramSource, run: ResumedRun) => Promise<void>;
}

export interface IngestOptions {
  /** Where the file can be opened again; null: nowhere. */
  readonly path: string | null;
  /** Where it is to pause; null: nowhere. */
  readonly until: RunGoal | null;
  /** Whether its fired callbacks are delivered. */
  readonly deliver: boolean;
}

/** Everything behind a command, as a `Host` is behind a window: no feed, no uploads, and it ends with its work. */
export interface Program {
  call<Name extends MethodName>(method: Name, params: MethodInput<Name>): Promise<MethodResult<Name>>;
  /** For whole tables, which no call of the contract returns. */
  readonly views: Views;
  /** SQL on a copy of the database. Closed with the program. */
  readonly openSql: () => Promise<SqlQueries>;
  /** Null if the purpose is another one. */
  readonly deliveries: Deliveries | null;
  /** Where the database is. */
  readonly location: string;
  /** How many runs were found whose process had ended. */
  readonly cutOff: number;
  /** Metrics and health; null if the settings do not ask for them: then nothing is counted. */
  readonly operations: Operations | null;
  readonly connections: LiveConnections;
  /** What other programs post to a connection by HTTP. */
  readonly receiveUpdates: Inbox['receive'];
  /** Begins a run of a source that is open. */
  ingest(source: ProgramSource, how: IngestOptions): Promise<RunStatus>;
  status(): RunStatus | null;
  /** Resolves when a run has ended, however it ended. Rejects if even that failed. */
  readonly ended: Promise<RunEnd>;
  /** Stops a run in order, and closes the database. */
  close(): Promise<void>;
}

/** What stands on the database of a program. */
interface Opened {
  readonly database: OpenedDatabase;
  readonly cutOff: number;
  /** Null if the program starts no run. */
  readonly engine: Engine | null;
  readonly views: Views;
  readonly deliveries: Deliveries | null;
}

/**
 * A command has nobody to ask: a database that it cannot open is its error, and one that it loses ends its run.
 * @throws IngotError as `openDatabase`; `invalid_input` if there is nothing to report from, or the settings forbid to write.
 */
export async function openProgram(options: ProgramOptions): Promise<Program> {
  const { settings, purpose, clock, logger, ready, onResume } = options;
  const tracing = await openTracing({
    clock,
    logger: logger.child({ component: 'cli' }),
    shell: 'cli',
    version: packageJson.version,
    server: settings.database,
    callbacks: settings.traceCallbacks,
  });
  let opened: Opened | null = null;
  let totals = NO_TOTALS;
  const current = (): Opened => {
    if (opened) return opened;
    throw new IngotError('database_unavailable', 'The database is being opened.');
  };
  const engine = (): Engine => {
    const { engine } = current();
    if (engine) return engine;
    throw new IngotError('conflict', 'This command begins no run.');
  };
  // Nothing of the metrics is loaded, and nothing is counted, where nobody asks for them.
  const operations =
    settings.metricsPort === null || purpose !== 'runs'
      ? null
      : (await import('../observability/operations')).openOperations({
          clock,
          build: { version: packageJson.version, shell: 'cli' },
          database: () => current().database,
          earliestDueMs: () => engine().pending.earliestMs(),
          deliveries: async () => (await current().deliveries?.figures()) ?? null,
          totals: () => totals,
          isHeld: () => false,
          connections: () => opened?.engine?.connections().map((one) => one.status()) ?? [],
          directory: () => settings.dataDir,
        });
  const observer = combineObservers([
    tracing.observer,
    operations?.metrics.observer ?? unobserved,
    watchSlowStatements({ logger, clock }),
  ]);
  let sql: SqlQueries | null = null;
  const close = async () => {
    operations?.close();
    try {
      await sql?.close();
      await opened?.engine?.close();
      await opened?.deliveries?.close();
    } finally {
      await opened?.database.close().finally(tracing.close);
    }
  };
  try {
    opened = await openOn(options, observer, tracing.thread, () => {
      opened?.engine?.currentRun()?.stop();
      for (const connection of opened?.engine?.connections() ?? []) void connection.disconnect();
    });
  } catch (error) {
    operations?.close();
    await tracing.close();
    throw error;
  }
  const { database, views, cutOff } = opened;
  if (operations) {
    totals = withNewContent(totals, engine().pendingAtOpen);
    engine().subscribe((events) => {
      totals = foldEvents(totals, events);
      operations.metrics.hear(events);
    });
  }
  const { deliveries } = opened;
  if (deliveries) opened.engine?.subscribe(deliveries.hear);
  if (options.hear) opened.engine?.subscribe(options.hear);
  const hold = (source: RecordSource) => (ready ? holdSource(source, ready) : source);
  let end: (end: Promise<RunEnd>) => void = () => {};
  const ended = new Promise<RunEnd>((resolve) => {
    end = resolve;
  });
  const runs = createRunStarter({
    life: { current, engine, state: () => ({ phase: 'open', setback: null }) },
    sources: {
      open: async (source, runSettings, name) =>
        hold(
          await openSource(await specOf(source, options, name), {
            ...runSettings,
            idls: idlsOf(settings),
          }),
        ),
      isUploadThere: async (uploadId) => (await findUploadOf(settings, uploadId)) !== null,
      keepUntil() {},
    },
    async onResume(source, { runId, checkpoint, counts, settings: { simulate: simulated } }) {
      await onResume?.(source, { runId, records: checkpoint.records, pending: counts.pending, simulated });
    },
    onEnd: end,
  });
  const inbox = createInbox(operations?.metrics.noteRequest);
  opened.engine?.subscribe(inbox.hear);
  const connections = createLiveConnections({
    engine,
    open: () => opened?.engine?.connections() ?? [],
    secrets: createSecrets(process.env, null),
    idls: openIdls(settings.idl, settings.dataDir),
    inbox,
    async openSource(connection, deps) {
      const source = await (connection.kind === 'stdin'
        ? import('../ingestion/live/stream-source').then(({ createStreamSource }) =>
            createStreamSource({ kind: 'stream', stream: process.stdin, name: 'stdin' }, deps.reading),
          )
        : openLiveSource(connection, deps));
      return ready ? holdLiveSource(source, ready) : source;
    },
    clock,
    logger,
  });
  const status = () => opened?.engine?.currentRun()?.status() ?? null;
  const dispatch = createDispatcher(
    {
      'runs.resume': ({ runId, ...changes }) => runs.resume(runId, changes),
      'runs.unfinished': () => runs.unfinished(),
      async 'run.stop'() {
        const run = engine().currentRun();
        if (!run) throw new IngotError('conflict', 'No run is under way.');
        run.stop();
        return (await ended).status;
      },
      'coverage.page': (query) => views.coverage(query),
      'runs.rejects': (query) => views.rejects(query),
      'callbacks.counts': async () => ({ ...(await views.callbackCounts()), paused: false }),
      'instant.resolve': ({ instant }) => views.resolve(instant),
      'accounts.versions': (query) => views.versions(query),
      'updates.why': (query) =>
        explainUpdate(query, { database, views, clock, status: status(), held: false }),
      'report.get': (query) => views.report(query),
      'report.ofType': (query) => views.leadersOfType(query),
    },
    logger.child({ component: 'host' }),
    observer,
  );
  return {
    // The dispatcher gives what the contract says of the method.
    call: async (method, params) => (await dispatch(method, params)) as MethodResult<typeof method>,
    views,
    async openSql() {
      const { createSqlQueries } = await import('./sql/queries');
      sql ??= createSqlQueries({
        current: () => ({ database, content: views }),
        target: () => databaseTargetOf(settings),
        clock,
        logger,
      });
      return sql;
    },
    deliveries,
    connections,
    receiveUpdates: inbox.receive,
    location: database.location,
    cutOff,
    operations,
    async ingest(source, { path, until, deliver }) {
      const origin = path === null ? null : composeOrigin({ kind: 'path', path: resolve(path) });
      const held = hold(source);
      const begin = () => engine().startRun(held, { ...runSettingsOf(settings), deliver }, origin, until);
      return (await runs.begin(held, begin)).status();
    },
    status,
    ended,
    close,
  };
}

/** `onLost` is called once if the database is lost while it is open. */
async function openOn(
  options: ProgramOptions,
  observer: Observer,
  watch: ThreadWatch | undefined,
  onLost: () => void,
): Promise<Opened> {
  const { settings, purpose, clock, logger, ready } = options;
  const isReport = purpose === 'report' || purpose === 'tables';
  const how = { ...options, migrated: !isReport, onlyReads: isReport, watch, onLost };
  const database = observeDatabase(await openStored(settings, how), observer);
  const openTargets = async () => {
    const mode =
      purpose === 'targets' ? 'change' : purpose === 'runs' || purpose === 'deliveries' ? 'send' : null;
    const publish = (events: readonly EngineEvent[]) => {
      for (const event of events) if (event.event === 'notice') options.tell(event.message);
    };
    const { lookUp: secretOf } = createSecrets(process.env, null);
    return mode && openDeliveries({ database, clock, logger, secretOf, mode, publish });
  };
  let engine: Engine | null = null;
  try {
    if (isReport && !(await hasSchema(database))) {
      throw new IngotError('invalid_input', `There is nothing of Ingot's in ${database.location} yet.`);
    }
    const cutOff = isReport ? 0 : await markRunsInterrupted(database);
    if (purpose !== 'runs') {
      const waiting = purpose === 'tables' ? await findWaitingRuns(database) : new Map();
      const views = createViews({ database, clock, pending: pendingOf(() => waiting) });
      return { database, cutOff, engine: null, views, deliveries: await openTargets() };
    }
    engine = await createEngine({
      database,
      clock: ready ? holdClock(clock, ready) : clock,
      logger,
      endsWithRun: true,
      observer,
      overdue: settings.overdue,
    });
    const { pending } = engine;
    const views = createViews({ database, clock, pending });
    return { database, cutOff, engine, views, deliveries: await openTargets() };
  } catch (error) {
    await engine?.close().catch(() => {});
    await database.close();
    throw error;
  }
}

/**
 * Opens what a command is to ingest: a file, or standard input.
 * @throws IngotError `source_unreadable`, also for a directory as standard input: for Node it is a stream with nothing in it.
 */
export function openInput(file: string, settings: Settings): Promise<ProgramSource> {
  const options = { ...settings, idls: idlsOf(settings) };
  if (file !== '-') return openSource({ kind: 'file', path: file }, options);
  const { stdin } = process;
  if (fstatSync(stdin.fd).isDirectory()) {
    throw new IngotError('source_unreadable', 'stdin is a directory, not a file.', {
      hint: 'Give one file: ingot ingest - < FILE',
    });
  }
  return openSource({ kind: 'stream', stream: stdin, name: 'stdin' }, options);
}

/** Those that a window has kept beside the database count too. */
const idlsOf = ({ idl, dataDir }: Settings) => openIdls(idl, dataDir).paths();

/**
 * Opens the database that the settings name, and tells a person if it came back without some of what it had
 * acknowledged. Throws as `openDatabase` does.
 */
export async function openStored(
  settings: Settings,
  options: ProgramTools & {
    readonly migrated?: boolean;
    /** On a server it needs no lock then: another Ingot may be at work. */
    readonly onlyReads?: boolean;
    readonly watch?: ThreadWatch | undefined;
    /** Called once if it is lost while it is open. */
    readonly onLost?: () => void;
  },
): Promise<OpenedDatabase> {
  const { clock, logger, tell, migrated = true, onlyReads = false, watch } = options;
  if (settings.readOnly && !onlyReads) {
    throw new IngotError(
      'invalid_input',
      'This command writes to the database, and --read-only forbids it.',
      {
        hint: 'Leave it out, and INGOT_READ_ONLY and "readOnly" in the configuration file as well.',
      },
    );
  }
  const chosen = databaseTargetOf(settings);
  const target = onlyReads && chosen.kind === 'server' ? { ...chosen, readOnly: true } : chosen;
  const database = await openDatabase(target, {
    program: 'ingot',
    nowMs: clock.now(),
    migrated,
    watch,
    logger,
    onLost(error) {
      logger.child({ component: 'cli' }).error({ err: error }, 'the database was lost');
      options.onLost?.();
    },
  });
  if (database.cameBackEarlier) tell(describeSetback(database.cameBackEarlier));
  const { location } = database;
  return { ...database, location: target.space == null ? location : `${location}, space ${target.space}` };
}

const findUploadOf = async ({ dataDir }: Settings, uploadId: string) =>
  dataDir === null ? null : findUpload(uploadsIn(dataDir), uploadId);

/** A person chose what a command reads: no path is refused. */
async function specOf(
  source: SourceRef,
  { settings, samplePath }: Pick<ProgramOptions, 'settings' | 'samplePath'>,
  name: string | undefined,
): Promise<SourceSpec> {
  switch (source.kind) {
    case 'sample':
      return { kind: 'file', path: samplePath };
    case 'path':
      return { kind: 'file', path: source.path };
    case 'upload': {
      const upload = await findUploadOf(settings, source.uploadId);
      if (!upload) throw new IngotError('not_found', UPLOAD_GONE);
      return name === undefined ? upload : { ...upload, name };
    }
  }
}
