import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, isAbsolute, join, resolve } from 'node:path';
import { z } from 'zod';
import {
  type AppInfo,
  type Handlers,
  type Preferences,
  preferencesSchema,
  type SourcePreview,
  type SourceRef,
} from '../../src-shared/contract';
import { IngotError } from '../../src-shared/errors';
import type { Reading } from '../../src-shared/mapping';
import type { RunSettings } from '../../src-shared/run-settings';
import { mapKinds } from '../../src-shared/timeline';
import { countRows } from '../accounts/views/describe-database';
import type { Database } from '../database/database';
import { type FileSpec, previewSource } from '../ingestion/open-source';
import type { Alerts } from '../observability/alerts';
import type { Logs } from '../observability/open-logs';
import type { Operations } from '../observability/operations';
import type { Run } from '../runs/interface';
import { findRun } from '../runs/sql/runs';
import { sumOf } from '../storage/backup-format';
import { copyAside } from '../storage/copy-aside';
import { describeTables } from '../storage/describe-tables';
import { landedMigrations } from '../storage/landed-migrations';
import { recreateSchema } from '../storage/migrate';
import { readBackupHeader } from '../storage/read-backup';
import { restoreBackup } from '../storage/restore-backup';
import { deleteSpace, listSpaces, nameSpace } from '../storage/spaces';
import type { Clock } from '../time/clock';
import type { Backups } from './backups';
import { type ConnectionHandlerDeps, createConnectionHandlers } from './connection-handlers';
import type { DatabaseLife } from './database-life';
import { createDeliveryHandlers } from './delivery-handlers';
import { explainUpdate } from './explain-update';
import type { Exports } from './export/exports';
import type { Idls } from './idls';
import type { JsonFile } from './json-file';
import type { Mappings } from './mappings';
import { createReadingHandlers } from './reading-handlers';
import type { RecentSources } from './recent-sources';
import { type RunStarter, warnOfMixing } from './run-starter';
import { discardingRefused, grantFile, type SourceAccess } from './source-access';
import type { SourceCounting } from './source-counts';
import type { SqlQueries } from './sql/queries';
import type { Uploads } from './uploads';

export const NO_PREFERENCES: Preferences = preferencesSchema.parse({});
/** Limit for the renderer's layouts, in bytes. */
const MAX_LAYOUT_BYTES = 128 * 1024;

/** Choosing dialogs return an absolute path, or null if cancelled. */
export interface HostDialogs {
  readonly chooseFile: (what: 'file' | 'folder') => Promise<string | null>;
  readonly chooseBackup: () => Promise<string | null>;
  readonly chooseDirectory: () => Promise<string | null>;
  /** Where a file of this name is to be written. */
  readonly chooseTarget: (name: string) => Promise<string | null>;
  /** Shows a directory in the system's file manager. */
  readonly showDirectory: (directory: string) => Promise<void>;
}

/** What a host knows of its process's log. */
export type HostLogs = Pick<Logs, 'ring' | 'info' | 'setLevel'>;

export interface HandlerDeps {
  readonly app: AppInfo;
  readonly life: DatabaseLife;
  readonly runs: RunStarter;
  readonly access: SourceAccess;
  readonly uploads: Uploads;
  readonly recent: RecentSources;
  readonly backups: Backups;
  readonly connections: ConnectionHandlerDeps;
  readonly exports: Exports;
  /** Loaded when it is asked for. */
  readonly sql: () => Promise<SqlQueries>;
  readonly counting: SourceCounting;
  readonly preferences: JsonFile<Preferences>;
  readonly idls: Idls;
  readonly mappings: Mappings;
  readonly operations: Operations;
  readonly alerts: Alerts;
  readonly logs: HostLogs;
  /** Null: this shell has none. */
  readonly dialogs: HostDialogs | null;
  readonly issueLink: (() => string) | undefined;
  readonly clock: Pick<Clock, 'now'>;
  /** The list of shipped packages, which the build writes. */
  readonly licencesPath: string;
  /** Every window is told. */
  readonly tell: (message: string) => void;
}

/** The whole contract, in its order. */
export function createHandlers(deps: HandlerDeps): Handlers {
  const { life, runs, access, uploads, backups, dialogs, clock } = deps;
  const readingOf = async <Options extends Pick<Reading, 'mapping'>>(options: Options) => ({
    ...(await deps.mappings.resolve(options)),
    idls: deps.idls.paths(),
  });
  const views = () => life.current().views;
  const callbacks = () => life.engine().callbacks;

  const runUnderWay = (): Run => {
    const run = life.engine().currentRun();
    if (run?.status().endedAtMs === null) return run;
    throw new IngotError('conflict', 'No run is under way.');
  };
  const after = async (act: (run: Run) => void | Promise<void>) => {
    const run = runUnderWay();
    await act(run);
    return run.status();
  };
  const chooseSource = async (choose: (() => Promise<string | null>) | undefined) => {
    if (!choose) {
      throw new IngotError('invalid_input', 'There is no open dialog here.', { hint: 'Upload the file.' });
    }
    const path = await choose();
    return path === null ? null : grantFile(access, path);
  };
  const restoreFrom = (path: string) =>
    life.replaceContent('restored', async (database) => {
      if (!(await isEmpty(database))) await backups.make(database, 'before restore');
      await restoreBackup(database, path, clock.now());
    });
  /** A run that cannot be started leaves no space behind. */
  const startApart = async (source: SourceRef, settings: RunSettings) => {
    const spec = await access.specOf(source);
    const spaces = await listSpaces(life.current().database);
    const name = nameSpace(
      spec.name ?? basename(spec.path),
      spaces.map((space) => space.name),
    );
    const before = life.target().space ?? null;
    await life.enterSpace(name);
    try {
      return await runs.start(source, settings);
    } catch (error) {
      await life.enterSpace(before);
      await life.holdStill((database) => deleteSpace(database, name));
      throw error;
    }
  };
  /** What the preview knows of the database, if it is open. */
  const withMixing = async (preview: SourcePreview): Promise<SourcePreview> => {
    const { reading } = preview;
    if (reading === null || life.state().phase !== 'open') return preview;
    const mixing = await warnOfMixing(life.current().database, reading).catch(() => []);
    return { ...preview, reading: { ...reading, warnings: [...reading.warnings, ...mixing] } };
  };
  /** The only directories that a page may name, if there is a dialog. */
  const chosenDirectories = new Set<string>();

  return {
    'app.info': async () => deps.app,
    async 'app.link'() {
      if (deps.issueLink) return { address: deps.issueLink() };
      throw new IngotError('invalid_input', 'This window is not in a browser: there is no link to it.');
    },
    'app.packages': async () => {
      const shipped = await readShipped(deps.licencesPath);
      return shipped.map(({ name, version, licence }) => ({ name, version, licence }));
    },
    async 'app.licence'({ name, version }) {
      const shipped = await readShipped(deps.licencesPath);
      const found = shipped.find((one) => one.name === name && one.version === version);
      if (!found) throw new IngotError('not_found', `Ingot does not ship ${name} ${version}.`);
      return { text: found.text };
    },
    'preferences.get': () => deps.preferences.read(),
    async 'preferences.set'(changes) {
      const before = await deps.preferences.read();
      const layout = { ...before.layout, ...changes.layout };
      const fits = JSON.stringify(layout).length <= MAX_LAYOUT_BYTES;
      const after: Preferences = {
        theme: changes.theme ?? before.theme,
        density: changes.density ?? before.density,
        timeZone: changes.timeZone ?? before.timeZone,
        timeShown: changes.timeShown ?? before.timeShown,
        notifications: changes.notifications ?? before.notifications,
        layout: fits ? layout : before.layout,
      };
      await deps.preferences.write(after);
      return after;
    },

    'source.choose': ({ what }) => chooseSource(dialogs ? () => dialogs.chooseFile(what) : undefined),
    'source.recent': () => deps.recent.list(),
    'source.preview': ({ source, count, ...options }) =>
      discardingRefused(uploads, source, () => {
        const reading = access
          .specOf(source)
          .then(async (spec) => previewSource(spec, count, await readingOf(options)))
          .then(withMixing);
        if (source.kind === 'upload') uploads.keepUntil(source.uploadId, reading);
        return reading;
      }),
    async 'source.count'({ source, ...options }) {
      const reading = await readingOf(options);
      const { countId, ended } = deps.counting.start(await access.specOf(source), reading);
      if (source.kind === 'upload') uploads.keepUntil(source.uploadId, ended);
      return { countId };
    },
    'source.counts': ({ countId }) => deps.counting.counts(countId),
    async 'source.stopCount'({ countId }) {
      deps.counting.stop(countId);
      return null;
    },

    ...createReadingHandlers(deps),
    async 'run.start'({ source, settings: named, inOwnSpace }) {
      const settings = await deps.mappings.resolve(named);
      return inOwnSpace ? startApart(source, settings) : runs.start(source, settings);
    },
    'run.pause': () => after((run) => run.pause()),
    'run.resume': () => after((run) => run.resume()),
    'run.step': ({ to }) => after((run) => run.until(to, true)),
    'run.until': ({ goal }) => after((run) => (goal === null ? run.giveUp() : run.until(goal, false))),
    async 'run.stop'() {
      const run = runUnderWay();
      run.stop();
      return run.ended;
    },
    'run.setSpeed': ({ speed }) => after((run) => run.setSpeed(speed)),
    'run.status': async () => life.status(),
    ...createConnectionHandlers(deps.connections, deps.mappings, views),

    async 'runs.page'(query) {
      const window = await views().runs(query);
      return { ...window, rows: await Promise.all(window.rows.map((row) => runs.describe(row))) };
    },
    'runs.rejects': async (query) => views().rejects(query),
    'runs.source': ({ runId }) => runs.sourceOf(runId),
    'runs.resume': ({ runId, ...changes }) => runs.resume(runId, changes),
    'runs.unfinished': () => runs.unfinished(),
    async 'runs.resumeClock'({ runId }) {
      await life.engine().resumeClock(runId);
      return null;
    },
    async 'timeline.get'({ runId }) {
      const { database } = life.current();
      const figures = life.figuresOf(runId);
      const status = life.status();
      // A window that joins the run under way costs it no statement.
      const current = figures && status?.runId === runId ? { ...figures, source: status.source } : null;
      const run = current ?? (await findRun(database, runId));
      if (!run) throw new IngotError('not_found', `There is no run ${runId}.`);
      const { clock, counts, timeline } = figures ?? run;
      return { runId, source: run.source, clock, ...timeline, counted: mapKinds((kind) => counts[kind]) };
    },
    'timeline.leaderChanges': ({ runId }) => views().leaderChanges(runId),
    'timeline.neighbour': (query) => views().neighbour(query),
    'timeline.range': (query) => views().range(query),
    'timeline.events': (query) => views().pastEvents(query),
    'instant.resolve': ({ instant }) => views().resolve(instant),
    'instant.summary': ({ asOf }) => views().summary(asOf),

    'compare.summary': async (query) => views().compare(query),
    'compare.accounts': async (query) => views().comparedAccounts(query),
    'compare.callbacks': async (query) => views().comparedCallbacks(query),

    'accounts.page': async (query) => views().accounts(query),
    async 'accounts.get'(query) {
      const account = await views().account(query);
      if (!account) throw new IngotError('not_found', 'There is no account of that id.');
      return account;
    },
    'accounts.versions': async (query) => views().versions(query),
    'accounts.versionList': async (query) => views().versionList(query),
    'updates.get': async (query) => views().version(query),
    'updates.why': (query) => {
      const { database, views } = life.current();
      return explainUpdate(query, { database, views, clock, status: life.status(), held: life.isHeld() });
    },
    'updates.bytes': async (query) => views().bytes(query),
    'history.page': async (query) => views().history(query),
    'callbacks.page': async (query) => views().callbacks(query),
    async 'callbacks.counts'({ asOf }) {
      return { ...(await views().callbackCounts(asOf)), paused: life.isHeld() };
    },
    async 'callbacks.fire'(key) {
      await callbacks().fire(key);
      return null;
    },
    async 'callbacks.cancel'(key) {
      await callbacks().cancel(key);
      return null;
    },
    'callbacks.pause': () => life.pauseCallbacks().then(() => null),
    'callbacks.resume': () => life.resumeCallbacks().then(() => null),
    ...createDeliveryHandlers(() => life.current().deliveries),
    'report.get': async (query) => views().report(query),
    'report.ofType': async (query) => views().leadersOfType(query),
    'report.since': (query) => views().leadersSince(query),
    'report.leaders': async (query) => views().leaders(query),

    'export.start': (request) => deps.exports.start(request),
    'export.status': async ({ exportId }) => deps.exports.status(exportId),
    async 'export.cancel'({ exportId }) {
      deps.exports.cancel(exportId);
      return null;
    },

    'sql.run': async (query) => (await deps.sql()).run(query),
    async 'sql.cancel'() {
      await (await deps.sql()).cancel();
      return null;
    },
    'sql.refresh': async () => (await deps.sql()).refresh(),
    'sql.status': async () => (await deps.sql()).status(),
    'sql.rows': async (page) => (await deps.sql()).rows(page),
    'sql.schema': () => describeTables(life.current().database),

    async 'database.info'() {
      const { database } = life.current();
      return {
        kind: database.kind,
        location: database.location,
        schemaVersion: landedMigrations.length,
        ...(await views().databaseFacts()),
      };
    },
    'retention.get': () => life.retention(),
    'retention.set': (settings) => life.engine().retention.set(settings),
    'database.backups': () => backups.list(),
    'database.backup': () => life.holdStill((database) => backups.make(database, 'asked')),
    async 'database.restore'({ backupId }) {
      await restoreFrom(await backups.pathOf(backupId));
      return null;
    },
    'database.chooseBackup': () => chooseSource(dialogs?.chooseBackup),
    async 'database.readBackup'({ source }) {
      const file = await access.specOf(source);
      const { madeAtMs, rows } = await readBackupHeader(file.path).catch(nameAs(file));
      return { name: nameOf(file), madeAtMs, rows: sumOf(rows) };
    },
    async 'database.restoreFile'({ source }) {
      const file = await access.specOf(source);
      await restoreFrom(file.path).catch(nameAs(file));
      if (source.kind === 'upload') await uploads.discard(source.uploadId);
      return null;
    },
    'database.spaces': () => listSpaces(life.current().database),
    'database.enterSpace': ({ name }) => life.enterSpace(name),
    async 'database.deleteSpace'({ name }) {
      if (name === life.target().space) {
        throw new IngotError('conflict', `The space ${name} is open.`, { hint: 'Go back to main first.' });
      }
      await life.holdStill((database) => deleteSpace(database, name));
      return null;
    },
    'database.reset': () =>
      life.replaceContent('reset', async (database) => {
        const backup = (await isEmpty(database)) ? null : await backups.make(database, 'before reset');
        await recreateSchema(database);
        return { backup };
      }),

    'database.state': async () => life.state(),
    'database.tryAgain': () => life.openAgain(),
    async 'database.startAfresh'({ backupId }) {
      // Checked first: nothing is moved for a missing backup.
      const backup = backupId === null ? null : await backups.pathOf(backupId);
      let keptAt = '';
      await life.openAgain(async (target, { canStartAfresh }) => {
        if (target.kind !== 'data-dir' || !canStartAfresh) {
          throw new IngotError('conflict', 'This database can’t be reset here.');
        }
        keptAt = await copyAside(target.dataDir, clock.now());
        return target;
      });
      deps.tell(`The database that could not be opened was set aside in ${keptAt}.`);
      if (backup !== null && life.state().phase === 'open') {
        await life.replaceContent('restored', (database) => restoreBackup(database, backup, clock.now()));
      }
      return { keptAt, state: life.state() };
    },
    async 'database.chooseDirectory'() {
      if (!dialogs) {
        throw new IngotError('invalid_input', 'There is no dialog here.', { hint: 'Type the path.' });
      }
      const dataDir = await dialogs.chooseDirectory();
      if (dataDir !== null) chosenDirectories.add(dataDir);
      return dataDir;
    },
    'database.openOther': ({ dataDir }) =>
      life.openAgain(async () => {
        if (dialogs && !chosenDirectories.has(dataDir)) {
          throw new IngotError('forbidden', 'This directory was not chosen in the dialog.', {
            hint: 'Press Choose… and choose it there.',
          });
        }
        await checkDirectory(dataDir);
        return { kind: 'data-dir', dataDir: resolve(dataDir) };
      }),

    'operations.figures': ({ afterMs }) => deps.operations.figures.read(afterMs),
    'health.get': () => deps.operations.checkHealth(),
    'operations.alerts': async () => deps.alerts.report(),

    async 'logs.page'({ from, limit }) {
      const { ring, info } = deps.logs;
      const slice = from.side === 'after' ? ring.after(from.seq, limit) : ring.before(from.seq, limit);
      return { ...slice, level: info().level };
    },
    'logs.info': async () => deps.logs.info(),
    async 'logs.setLevel'({ level }) {
      deps.logs.setLevel(level);
      return deps.logs.info();
    },
    async 'logs.openFolder'() {
      const { directory } = deps.logs.info();
      if (directory === null) throw new IngotError('not_found', 'No log files are written.');
      if (!dialogs) {
        throw new IngotError('invalid_input', 'A folder cannot be opened from here.', {
          hint: 'Copy its path.',
        });
      }
      await dialogs.showDirectory(directory);
      return null;
    },
  };
}

const shippedSchema = z.array(
  z.object({
    name: z.string(),
    version: z.string(),
    licence: z.string().nullable(),
    text: z.string().nullable(),
  }),
);

/** Nearly a megabyte: read when it is asked for, and not kept. */
async function readShipped(path: string): Promise<z.infer<typeof shippedSchema>> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '[]';
    throw error;
  });
  return shippedSchema.parse(JSON.parse(text));
}

async function isEmpty(database: Database): Promise<boolean> {
  return Object.values(await countRows(database)).every((count) => count === 0);
}

const nameOf = ({ name, path }: FileSpec) => name ?? basename(path);

/** An upload's file name means nothing to a person. */
function nameAs(file: FileSpec): (error: unknown) => never {
  return (error) => {
    if (!(error instanceof IngotError)) throw error;
    const message = error.message
      .replaceAll(file.path, nameOf(file))
      .replaceAll(basename(file.path), nameOf(file));
    throw new IngotError(error.code, message, error.details, error);
  };
}

/**
 * A directory to open, chosen or typed, must belong to the user who runs Ingot, and hold an Ingot database or nothing. A mistyped
 * path must not create an empty database, and a page that was taken over must not create one among other files, or open another
 * user's.
 * @throws IngotError `invalid_input`.
 */
async function checkDirectory(dataDir: string): Promise<void> {
  const refuse = (message: string, hint: string) => new IngotError('invalid_input', message, { hint });
  if (!isAbsolute(dataDir) || dataDir.includes('\0')) {
    throw refuse('A directory is named by its whole path.', 'Begin with the root of the disk.');
  }
  const found = await stat(dataDir).catch(() => null);
  if (!found?.isDirectory()) {
    throw refuse(`There is no directory ${dataDir}.`, 'Check its path, or make it first.');
  }
  // Windows has no such owner.
  const user = process.geteuid?.();
  if (user !== undefined && user !== 0 && found.uid !== user) {
    throw refuse(`${dataDir} belongs to another user.`, 'Choose a directory of your own.');
  }
  const entries = await readdir(dataDir).catch((error: unknown) => {
    throw new IngotError('invalid_input', `The directory ${dataDir} cannot be read.`, {}, error);
  });
  const hasDatabase = await stat(join(dataDir, 'pg')).then(
    (entry) => entry.isDirectory(),
    () => false,
  );
  if (entries.length > 0 && !hasDatabase) {
    throw refuse(
      `${dataDir} holds other files, but no Ingot database.`,
      'Choose a directory that Ingot made, or an empty one.',
    );
  }
}
