import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import envPaths from 'env-paths';
import packageJson from '../../../package.json';
import type { OpeningTrouble } from '../../../src-shared/database-state';
import { IngotError } from '../../../src-shared/errors';
import { runSettingsSchema } from '../../../src-shared/run-settings';
import { type DatabaseTarget, openDatabase } from '../../database/open-database';
import type { Clock } from '../../engine/clock';
import { createHost, type Host, type HostPaths } from '../../host/create-host';
import type { Logs } from '../../observability/open-logs';
import { openTracing } from '../../observability/tracing/tracing';
import { databaseTargetOf } from '../../settings/database-target';
import type { Settings } from '../../settings/schema';
import { describeError } from '../process/failure';
import { serveHost } from '../process/serve-host';
import { notePort } from '../process/serve-operations';
import { type AppWindow, findChromium, hasDisplay, openAppWindow } from './chromium';
import type { WebOptions } from './options';
import type { WebServer } from './server';

/** A browser that has not come up by then must not hold up a run that was asked for. */
const SHOW_WITHIN_MS = 15_000;

export interface WebDeps {
  readonly clock: Clock;
  readonly logs: Logs;
  /** Where the program's own files lie: the built window, the sample. */
  readonly root: string;
  /** Writes to standard output. */
  readonly print: (text: string) => void;
  /** Resolves when the program is asked to end. */
  readonly ending: Promise<void>;
}

/**
 * Runs the web shell until its window is closed or it is asked to end; then stops everything in order.
 * A database that cannot be opened is shown in the window.
 * @throws IngotError if it cannot start.
 */
export async function runWeb(options: WebOptions, deps: WebDeps): Promise<void> {
  const { settings } = options;
  const { clock, logs, root, print, ending } = deps;
  const logger = logs.logger.child({ component: 'web' });
  const target = databaseTargetOf(settings);
  const dataDir = target.kind === 'data-dir' ? target.dataDir : envPaths('ingot', { suffix: '' }).data;
  const tracing = await openTracing({
    clock,
    logger,
    shell: 'web',
    version: packageJson.version,
    server: settings.database,
    callbacks: settings.traceCallbacks,
  });
  let serving: Promise<typeof import('./server')> | undefined;
  const opened = await createHost({
    target,
    openDatabase: (at, onLost) => {
      const opening = openDatabase(at, {
        program: 'ingot',
        nowMs: clock.now(),
        logger: logs.logger,
        onLost,
        watch: tracing.thread,
      });
      // The server's libraries take as long to load as the database to open, which does so on a thread of its own.
      serving ??= import('./server');
      return opening;
    },
    tracing,
    clock,
    logger: logs.logger,
    logs,
    app: {
      name: 'Ingot',
      version: packageJson.version,
      shell: 'web',
      capabilities: { nativeDialogs: false, uploads: true },
    },
    paths: pathsOf(target, dataDir, root, options.allowedDirectories),
    dialogs: null,
    overdue: settings.overdue,
  });
  const host = await serveHost(opened, { target, logger, port: settings.metricsPort });
  const browser = options.open ? browserHere() : undefined;
  const state = host.databaseState();
  const trouble = state.phase === 'trouble' ? state.trouble : null;
  // Another Ingot has it, and a window there: where nobody would see this one it only stands in the way.
  if (trouble?.kind === 'held' && !browser) {
    await host.close();
    throw refusal(trouble);
  }
  const { startWebServer } = await (serving ?? import('./server'));
  const server = await startWebServer({
    host,
    logger,
    port: options.port,
    windowDirectory: join(root, 'out/renderer'),
  }).catch(async (error: unknown) => {
    await host.close();
    throw error;
  });
  // Its own port answers as well, and is always there.
  const forgetPort = await notePort(
    target.kind === 'data-dir' && state.phase === 'open' ? target.dataDir : null,
    server.port,
    logger,
  );
  try {
    logger.info({ port: server.port }, 'listening');
    print(`listening ${server.issueAddress()}\n`);
    if (trouble) print(`${describeError(refusal(trouble))}\nThe window shows what can be done.\n`);
    const window = browser
      ? await openOwnWindow(browser, server.issueAddress(), profileOf(target, trouble))
      : undefined;
    if (options.open && !window) {
      print('No window can be opened here: open the address in a browser. Ctrl-C ends Ingot.\n');
    }
    // Shown from its first record on, if there is somewhere to show it.
    const isShown = window ? shownInTime(window, server, deps) : Promise.resolve(true);
    if (options.file !== undefined && (await isShown)) {
      await ingestAtOnce(host, options.file, settings, print);
    }
    await (window ? untilClosed(window, server, deps) : ending);
    await window?.close();
  } finally {
    await forgetPort();
    await server.close();
    await host.close();
  }
}

function browserHere(): string | undefined {
  const { platform, env } = process;
  return hasDisplay(platform, env) ? findChromium(platform, env) : undefined;
}

/** Beside the database; null where nothing is kept, or where another Ingot's window has it. */
function profileOf(target: DatabaseTarget, trouble: OpeningTrouble | null): string | null {
  return target.kind === 'data-dir' && trouble === null ? join(target.dataDir, 'window') : null;
}

function refusal({ message, hint }: OpeningTrouble): IngotError {
  return new IngotError('database_unusable', message, hint === null ? {} : { hint });
}

/** A window with its own profile, or one that goes with it. */
async function openOwnWindow(
  browser: string,
  address: string,
  ownProfile: string | null,
): Promise<AppWindow> {
  if (ownProfile !== null) return openAppWindow(browser, address, ownProfile);
  const profile = await mkdtemp(join(tmpdir(), 'ingot-window-'));
  const window = openAppWindow(browser, address, profile);
  return {
    ...window,
    close: async () => {
      await window.close();
      // Helpers of a browser that has just ended may still write.
      await rm(profile, { recursive: true, force: true, maxRetries: 5 }).catch(() => undefined);
    },
  };
}

/** False if the program is asked to end before. */
function shownInTime(window: AppWindow, server: WebServer, { clock, ending }: WebDeps): Promise<boolean> {
  const soon = clock.waitUntil(clock.now() + SHOW_WITHIN_MS);
  const isShown = Promise.race([server.used, window.closed, soon]).then(() => true);
  return Promise.race([isShown, ending.then(() => false)]);
}

async function untilClosed(window: AppWindow, server: WebServer, { ending, print }: WebDeps): Promise<void> {
  const used = server.used.then(() => 'used' as const);
  const first = await Promise.race([used, ending, window.closed.then(() => 'closed' as const)]);
  if (first === 'used') return Promise.race([ending, window.closed]);
  if (first !== 'closed') return;
  // A browser that ended without ever coming here has shown nothing: the address still works.
  print('The window could not be opened: open the address in a browser. Ctrl-C ends Ingot.\n');
  return ending;
}

/** A file that cannot be read is no reason to take the window away: it says so, and can open another. */
async function ingestAtOnce(
  host: Host,
  file: string,
  settings: Settings,
  print: (text: string) => void,
): Promise<void> {
  const { arrival, delay, speed, seed, simulate, wait } = settings;
  try {
    await host.ingest(file, runSettingsSchema.parse({ arrival, delay, speed, seed, simulate, wait }));
  } catch (error) {
    if (!(error instanceof IngotError)) throw error;
    print(`${describeError(error)}\n`);
  }
}

function pathsOf(
  target: DatabaseTarget,
  dataDir: string,
  root: string,
  allowedDirectories: readonly string[],
): HostPaths {
  return {
    // What is kept in memory leaves nothing behind, but for backups, which were asked for.
    stateDirectory: target.kind === 'memory' ? null : dataDir,
    backupsDirectory: join(dataDir, 'backups'),
    uploadsKept: target.kind === 'data-dir',
    uploadsParent: target.kind === 'data-dir' ? join(dataDir, 'uploads') : tmpdir(),
    samplePath: join(root, 'data/sample.json'),
    allowedDirectories,
  };
}
