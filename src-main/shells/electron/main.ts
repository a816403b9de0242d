import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { app } from 'electron';
import { createHost } from '../../host/create-host';
import { openLogs } from '../../observability/open-logs';
import { openTracing } from '../../observability/tracing/tracing';
import { openDatabase } from '../../storage/open-database';
import { createSystemClock } from '../../time/clock';
import { serveHost } from '../process/serve-host';
import { describeTerminal } from '../process/terminal';
import { ABOUT } from '../process/version';
import { logFault, watchProcess } from '../process/watch-process';
import { raiseRunningShell } from '../process/web-state';
import { registerAppScheme } from './app-protocol';
import { argumentsOf, readDesktopOptions } from './desktop-options';
import { showFatal } from './dialogs';
import { startDesktop } from './start-desktop';

// Electron becomes ready only after this module has been evaluated. What must happen before may be awaited here, but not
// `app.whenReady()`, which would wait forever (electron/electron#40719).

registerAppScheme();

try {
  const options = await readDesktopOptions(
    argumentsOf(process.argv, app.getAppPath()),
    process.env,
    process.cwd(),
  );
  const { target, homeDirectory } = options;
  const clock = createSystemClock();
  const { isTerminal, hasColors } = describeTerminal(process.stderr);
  const logs = await openLogs({
    clock,
    terminal: { level: options.logLevel, pretty: isTerminal, colors: hasColors },
    level: options.logFileLevel,
    directory: options.logDirectory,
  });
  const { logger } = logs;
  const own = logger.child({ component: 'electron' });
  watchProcess(logs, 'electron');
  // Logged already.
  process.on('uncaughtException', () => {
    process.exitCode = 1;
    app.quit();
  });
  const root = resolve(import.meta.dirname, '../..');
  // A window of a browser may show this database already. A packaged app ingests no file at once.
  const file = options.preview || app.isPackaged ? null : options.file;
  if (await raiseRunningShell(target, { file, run: options.run }, clock)) app.exit(0);
  else {
    startDesktop(options, {
      clock,
      logger: own,
      kill(exitCode) {
        // Its listeners close the log.
        process.emit('exit', exitCode);
        process.kill(process.pid, 'SIGKILL');
      },
      buildDirectory: join(root, 'out'),
      updateFeed: options.updateFeed,
      readOnly: target.kind === 'server' && target.readOnly === true,
      openHost: async (system) => {
        const tracing = await openTracing({
          clock,
          logger: own,
          shell: 'electron',
          version: app.getVersion(),
          server: target.kind === 'server' ? target.url : null,
          callbacks: options.traceCallbacks,
        });
        const host = await createHost({
          target,
          openDatabase: (at, onLost, onTaken) =>
            openDatabase(at, {
              program: 'ingot, the desktop app',
              nowMs: clock.now(),
              logger,
              onLost,
              onTaken,
              watch: tracing.thread,
            }),
          tracing,
          clock,
          logger,
          logs,
          app: {
            name: 'Ingot',
            version: app.getVersion(),
            shell: 'electron',
            capabilities: { nativeDialogs: true, uploads: false, links: false },
            ...ABOUT,
          },
          paths: {
            // A database in memory leaves nothing behind except backups, which a person asked for.
            stateDirectory: target.kind === 'memory' ? null : homeDirectory,
            backupsDirectory: join(homeDirectory, 'backups'),
            uploadsParent: tmpdir(),
            uploadsKept: false,
            samplePath: join(root, 'data/sample.json'),
            licencesPath: join(root, 'out/licences.json'),
            allowedDirectories: [],
          },
          ...system,
          overdue: options.overdue,
          idl: options.idl,
        });
        return serveHost(host, { target, logger: own, port: options.metricsPort });
      },
    });
  }
} catch (error) {
  showFatal(error, logFault(error));
  app.exit(2);
}
