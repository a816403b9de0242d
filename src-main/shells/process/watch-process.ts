import packageJson from '../../../package.json';
import { IngotError } from '../../../src-shared/errors';
import type { Component, Logger } from '../../observability/logger';
import type { Logs } from '../../observability/open-logs';
import { COMMIT } from './version';

let log: Logger | null = null;

/** Puts a fault that ends a command into the log, if one is open: a terminal may show less of it. */
export function logFault(error: unknown): void {
  if (!(error instanceof IngotError)) log?.fatal({ err: error }, 'a fault nobody handled');
}

/**
 * Puts the beginning and the end of this process into its log, and what it dies of. Where the system has the
 * signal, SIGUSR2 makes the log write everything from `debug` on, and a second one puts it back.
 */
export function watchProcess(logs: Logs, component: Component): void {
  const logger = logs.logger.child({ component });
  log = logger;
  const { node } = process.versions;
  const { version } = packageJson;
  logger.info({ version, commit: COMMIT ?? undefined, node, platform: process.platform }, 'Ingot started');
  // Only looks on: what the process does about it is as it would be without.
  process.on('uncaughtExceptionMonitor', (error) => logger.fatal({ err: error }, 'a fault nobody handled'));
  process.on('SIGUSR2', logs.toggleDebug);
  process.once('exit', (exitCode) => {
    logger.info({ exitCode }, 'Ingot ended');
    logs.close();
  });
}
