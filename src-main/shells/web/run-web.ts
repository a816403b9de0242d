import { tmpdir } from 'node:os';
import { join } from 'node:path';
import envPaths from 'env-paths';
import packageJson from '../../../package.json';
import type { OpeningTrouble } from '../../../src-shared/database-state';
import { IngotError } from '../../../src-shared/errors';
import type { RunSettings } from '../../../src-shared/run-settings';
import { createHost, type Host, type HostPaths } from '../../host/create-host';
import { uploadsIn } from '../../host/uploads';
import type { Logs } from '../../observability/open-logs';
import { openTracing } from '../../observability/tracing/tracing';
import { databaseTargetOf } from '../../settings/database-target';
import { runSettingsOf } from '../../settings/schema';
import { type DatabaseTarget, openDatabase } from '../../storage/open-database';
import type { Clock } from '../../time/clock';
import { describeError } from '../process/failure';
import { serveHost } from '../process/serve-host';
import { notePort } from '../process/serve-operations';
import { ABOUT } from '../process/version';
import { askRunningShell, type ControlAnswer, type ControlRequest, webStatePath } from '../process/web-state';
import { findChromium, hasDisplay } from './chromium';
import { TOKEN_GOOD_MS } from './guard';
import { keepWebState } from './kept-state';
import { openWindows, type Windows } from './open-windows';
import type { WebOptions } from './options';
import type { WebServer } from './server';

/** A browser that starts more slowly must not delay a requested run. */
const SHOW_WITHIN_MS = 15_000;

export interface WebDeps {
  readonly clock: Clock;
  readonly logs: Logs;
  /** The program's files: the built window, the sample. */
  readonly root: string;
  /** To standard output. */
  readonly print: (text: string) => void;
  /** Resolves when the program is asked to end. */
  readonly ending: Promise<void>;
}

/**
 * Runs the web shell until its window is closed or it is asked to end; then stops everything in order. If one already runs on the
 * same database, asks it for a window instead. A database that cannot be opened is shown in the window.
 * @throws IngotError if it cannot start.
 */
export async function runWeb(options: WebOptions, deps: WebDeps): Promise<void> {
  const { settings } = options;
  const { clock, logs, root, print, ending } = deps;
  const target = databaseTargetOf(settings);
  const browser = options.open ? browserHere() : undefined;
  if (await joinRunningShell(target, options, browser, deps)) return;
  const logger = logs.logger.child({ component: 'web' });
  const dataDir = target.kind === 'data-dir' ? target.dataDir : envPaths('ingot', { suffix: '' }).data;
  const tracing = await openTracing({
    clock,
    logger,
    shell: 'web',
    version: packageJson.version,
    server: settings.database,
    callbacks: settings.traceCallbacks,
  });
  let issueLink = (): string => {
    throw new IngotError('conflict', 'Ingot is about to start.');
  };
  const opened = await createHost({
    target,
    openDatabase: (at, onLost, onTaken) =>
      openDatabase(at, {
        program: 'ingot, in a browser',
        nowMs: clock.now(),
        logger: logs.logger,
        onLost,
        onTaken,
        watch: tracing.thread,
      }),
    tracing,
    clock,
    logger: logs.logger,
    logs,
    app: {
      name: 'Ingot',
      version: packageJson.version,
      shell: 'web',
      capabilities: { nativeDialogs: false, uploads: true, links: true },
      ...ABOUT,
    },
    issueLink: () => issueLink(),
    paths: pathsOf(target, dataDir, root, options.allowedDirectories),
    dialogs: null,
    overdue: settings.overdue,
    idl: settings.idl,
  });
  const host = await serveHost(opened, { target, logger, port: settings.metricsPort });
  const troubleNow = () => {
    const state = host.databaseState();
    return state.phase === 'trouble' ? state.trouble : null;
  };
  // The window need not wait for the database, only for its lock.
  const isOurs = await host.taken;
  const trouble = troubleNow();
  // Another program holds it, and without a browser this one would be of no use.
  if (trouble?.kind === 'held' && !browser) {
    await host.close();
    throw refusal(trouble);
  }
  const { startWebServer } = await import('./server');
  // Never write notes into a directory that another program holds.
  const kept = await keepWebState(trouble?.kind === 'held' ? null : webStatePath(target), logger);
  let windows: Windows | null = null;
  const ingest = (file: string, run: RunSettings) => ingestAtOnce(host, file, run);
  const control = (request: ControlRequest) => answerControl(request, { issueLink, ingest, windows });
  const start = (port: number, sessions = kept.sessionsAt(port)) =>
    startWebServer({
      host,
      clock,
      logger,
      port,
      windowDirectory: join(root, 'out/renderer'),
      sessions,
      keepSessions: kept.keepSessions,
      key: kept.key,
      control,
    });
  const isPortGiven = options.port !== 0;
  const server = await start(isPortGiven ? options.port : kept.port)
    // Another program has the last port, and may have received a window's cookie.
    .catch((error: unknown) => (isPortGiven ? Promise.reject(error) : start(0)))
    .catch(async (error: unknown) => {
      await host.close();
      throw error;
    });
  issueLink = () => server.issueLink().address;
  await kept.note(server.port);
  // Its own port serves them too.
  const dataDirHeld = isOurs && target.kind === 'data-dir' ? target.dataDir : null;
  const forgetPort = await notePort(dataDirHeld, server.port, logger);
  try {
    logger.info({ port: server.port }, 'listening');
    print(`listening ${server.issueLink().address}\n`);
    void host.opened.then(() => {
      const found = troubleNow();
      if (found) print(`${describeError(refusal(found))}\nThe window shows what can be done.\n`);
    });
    // Its profile is beside the database, unless another Ingot's window may use it.
    const profile = dataDirHeld === null ? null : join(dataDirHeld, 'window');
    windows = browser ? await openWindows(browser, profile, server) : null;
    if (options.open && !windows) {
      print('No window can be opened here: open the address in a browser. Ctrl-C ends Ingot.\n');
    }
    // Shown from its first record on, if there is a window.
    const isShown = windows ? shownInTime(windows, server, deps) : Promise.resolve(true);
    const ingestFile = async (file: string) => {
      const problem = (await isShown) ? await ingest(file, runSettingsOf(settings)) : null;
      if (problem !== null) print(`${problem}\n`);
    };
    const over = windows ? untilClosed(windows, server, deps) : ending;
    // Its run may have to wait for the database, and the end does not wait for that.
    if (options.file !== undefined) await Promise.race([over, ingestFile(options.file)]);
    await over;
    await windows?.close();
  } finally {
    await forgetPort();
    await server.close();
    await kept.end();
    await host.close();
  }
}

/**
 * A second start on a database asks the first for a window and passes its file.
 * @returns whether there is a first one.
 */
async function joinRunningShell(
  target: DatabaseTarget,
  { open, file, settings }: WebOptions,
  browser: string | undefined,
  { clock, print, ending }: WebDeps,
): Promise<boolean> {
  const path = webStatePath(target);
  const request = { ask: 'open', show: open, file: file ?? null, run: runSettingsOf(settings) } as const;
  const answer = path === null ? null : await askRunningShell(path, request, clock);
  if (!answer) return false;
  const { address, problem } = answer;
  if (problem !== null) print(`${problem}\n`);
  if (address === null) {
    print('Ingot is already running, and has opened a window.\n');
  } else if (browser === undefined) {
    print(`Ingot is already running. Open this address in a browser, within ten minutes:\n${address}\n`);
  } else {
    print('Ingot is already running, and shows a window here.\n');
    // Only the other process knows whether the address was used, so the file is removed when the address expires, or with the
    // window.
    const redeemed = clock.waitUntil(clock.now() + TOKEN_GOOD_MS);
    const windows = await openWindows(browser, null, { issueLink: () => ({ address, redeemed }) });
    await Promise.race([ending, windows.closed]);
    await windows.close();
  }
  return true;
}

async function answerControl(
  request: ControlRequest,
  parts: {
    readonly issueLink: () => string;
    readonly ingest: (file: string, run: RunSettings) => Promise<string | null>;
    readonly windows: Windows | null;
  },
): Promise<ControlAnswer> {
  const { issueLink, ingest, windows } = parts;
  if (request.ask === 'link') return { address: issueLink(), problem: null };
  const isShown = request.show && windows !== null;
  if (isShown) await windows.open();
  const problem = request.file === null ? null : await ingest(request.file, request.run);
  return { address: isShown ? null : issueLink(), problem };
}

function browserHere(): string | undefined {
  const { platform, env } = process;
  return hasDisplay(platform, env) ? findChromium(platform, env) : undefined;
}

function refusal({ message, hint }: OpeningTrouble): IngotError {
  return new IngotError('database_unusable', message, hint === null ? {} : { hint });
}

/** False if the program is asked to end first. */
function shownInTime(windows: Windows, server: WebServer, { clock, ending }: WebDeps): Promise<boolean> {
  const soon = clock.waitUntil(clock.now() + SHOW_WITHIN_MS);
  const isShown = Promise.race([server.used, windows.closed, soon]).then(() => true);
  return Promise.race([isShown, ending.then(() => false)]);
}

async function untilClosed(windows: Windows, server: WebServer, { ending, print }: WebDeps): Promise<void> {
  const used = server.used.then(() => 'used' as const);
  const first = await Promise.race([used, ending, windows.closed.then(() => 'closed' as const)]);
  if (first === 'used') return Promise.race([ending, windows.closed]);
  if (first !== 'closed') return;
  // The browser ended without connecting: the address is still valid.
  print('The window could not be opened: open the address in a browser. Ctrl-C ends Ingot.\n');
  return ending;
}

/**
 * An unreadable file must not close the window: the person can open another.
 * @returns why it could not be ingested, for a person; null if it is running.
 */
async function ingestAtOnce(host: Host, file: string, run: RunSettings): Promise<string | null> {
  try {
    await host.ingest(file, run);
    return null;
  } catch (error) {
    if (!(error instanceof IngotError)) throw error;
    return describeError(error);
  }
}

function pathsOf(
  target: DatabaseTarget,
  dataDir: string,
  root: string,
  allowedDirectories: readonly string[],
): HostPaths {
  return {
    // A database in memory leaves nothing behind except backups, which a person asked for.
    stateDirectory: target.kind === 'memory' ? null : dataDir,
    backupsDirectory: join(dataDir, 'backups'),
    uploadsKept: target.kind === 'data-dir',
    uploadsParent: target.kind === 'data-dir' ? uploadsIn(dataDir) : tmpdir(),
    samplePath: join(root, 'data/sample.json'),
    licencesPath: join(root, 'out/licences.json'),
    allowedDirectories,
  };
}
