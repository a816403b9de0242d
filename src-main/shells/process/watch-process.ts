import packageJson from '../../../package.json';
import type { Component } from '../../observability/logger';
import type { Logs } from '../../observability/open-logs';

/**
 * Puts the beginning and the end of this process into its log, and what it dies of. Where the system has the
 * signal, SIGUSR2 makes the log write everything from `debug` on, and a second one puts it back.
 */
export function watchProcess(logs: Logs, component: Component): void {
  const logger = logs.logger.child({ component });
  const { node } = process.versions;
  logger.info({ version: packageJson.version, node, platform: process.platform }, 'Ingot started');
  // Only looks on: what the process does about it is as it would be without.
  process.on('uncaughtExceptionMonitor', (error) => logger.fatal({ err: error }, 'a fault nobody handled'));
  process.on('SIGUSR2', logs.toggleDebug);
  process.once('exit', (exitCode) => {
    logger.info({ exitCode }, 'Ingot ended');
    logs.close();
  });
}
