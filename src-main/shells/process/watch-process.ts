import packageJson from '../../../package.json';
import { IngotError } from '../../../src-shared/errors';
import type { Component, Logger } from '../../observability/logger';
import type { Logs } from '../../observability/open-logs';
import { COMMIT } from './version';

let log: Logger | null = null;

/**
 * Logs an unexpected error that ends a program, if a log is open: a terminal may show less of it.
 * @returns whether a log is open.
 */
export function logFault(error: unknown): boolean {
  if (!(error instanceof IngotError)) log?.fatal({ err: error }, 'uncaught error');
  return log !== null;
}

/**
 * Logs the start and the end of this process, and the reason. On SIGUSR2, if the system has it, the log writes everything from
 * `debug` on; a second one restores the level.
 */
export function watchProcess(logs: Logs, component: Component): void {
  const logger = logs.logger.child({ component });
  log = logger;
  const { node } = process.versions;
  const { version } = packageJson;
  logger.info({ version, commit: COMMIT ?? undefined, node, platform: process.platform }, 'Ingot started');
  // A monitor only: the process ends as it would without it.
  process.on('uncaughtExceptionMonitor', (error) => logger.fatal({ err: error }, 'uncaught error'));
  process.on('SIGUSR2', logs.toggleDebug);
  process.once('exit', (exitCode) => {
    logger.info({ exitCode }, 'Ingot ended');
    logs.close();
  });
}
