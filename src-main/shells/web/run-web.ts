import { tmpdir } from 'node:os';
import { join } from 'node:path';
import envPaths from 'env-paths';
import packageJson from '../../../package.json';
import { IngotError } from '../../../src-shared/errors';
import { runSettingsSchema } from '../../../src-shared/run-settings';
import { type DatabaseTarget, openDatabase } from '../../database/open-database';
import type { Clock } from '../../engine/clock';
import { createHost, type Host, type HostPaths } from '../../host/create-host';
import type { Logger } from '../../observability/logger';
import type { Settings } from '../../settings/schema';
import { findChromium, hasDisplay, openAppWindow } from './chromium';
import type { WebOptions } from './options';
import { startWebServer } from './server';

export interface WebDeps {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Where the program's own files lie: the built window, the sample. */
  readonly root: string;
  /** Writes to standard output. */
  readonly print: (text: string) => void;
  /** Resolves when the program is asked to end. */
  readonly ending: Promise<void>;
}

/**
 * Runs the web shell until its window is closed or it is asked to end; then stops everything in order.
 * @throws IngotError if it cannot start.
 */
export async function runWeb(options: WebOptions, deps: WebDeps): Promise<void> {
  const { settings } = options;
  const { clock, logger, root, print, ending } = deps;
  const target = targetOf(settings);
  const dataDir = target.kind === 'data-dir' ? target.dataDir : envPaths('ingot', { suffix: '' }).data;
  const host = await createHost({
    openDatabase: (onLost) => openDatabase(target, { program: 'ingot', nowMs: clock.now(), onLost }),
    clock,
    logger,
    app: {
      name: 'Ingot',
      version: packageJson.version,
      shell: 'web',
      capabilities: { nativeDialogs: false, uploads: true },
    },
    paths: pathsOf(target, dataDir, root, options.allowedDirectories),
    chooseFile: null,
  });
  const server = await startWebServer({
    host,
    logger,
    port: options.port,
    windowDirectory: join(root, 'out/renderer'),
  }).catch(async (error: unknown) => {
    await host.close();
    throw error;
  });
  try {
    print(`listening ${server.issueAddress()}\n`);
    if (options.file !== undefined) await ingestAtOnce(host, options.file, settings, print);
    const browser =
      options.open &&
      hasDisplay(process.platform, process.env) &&
      findChromium(process.platform, process.env);
    if (!browser) {
      if (options.open)
        print('No window can be opened here: open the address in a browser. Ctrl-C ends Ingot.\n');
      return await ending;
    }
    const window = openAppWindow(browser, server.issueAddress(), join(dataDir, 'window'));
    const end = await Promise.race([ending, window.closed.then(() => 'closed' as const)]);
    // A browser that ended without ever coming here has shown nothing: the address still works.
    if (end === 'closed' && !server.wasUsed()) {
      print('The window could not be opened: open the address in a browser. Ctrl-C ends Ingot.\n');
      await ending;
    }
    window.close();
  } finally {
    await server.close();
    await host.close();
  }
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
    print(`${error.message}${error.details.hint ? ` ${error.details.hint}` : ''}\n`);
  }
}

function targetOf({ database, memory, dataDir }: Settings): DatabaseTarget {
  if (database !== null) return { kind: 'server', url: database };
  if (memory || dataDir === null) return { kind: 'memory' };
  return { kind: 'data-dir', dataDir };
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
    uploadsParent: target.kind === 'data-dir' ? join(dataDir, 'uploads') : tmpdir(),
    samplePath: join(root, 'data/sample.json'),
    allowedDirectories,
  };
}
