import { IngotError } from '../../../src-shared/errors';
import type { Logger } from '../../observability/logger';
import type { Operations } from '../../observability/operations';
import { startOperationsServer } from './operations-server';
import { noteServingPort } from './serving-port';

export interface ServingOptions {
  readonly operations: Pick<Operations, 'metrics' | 'checkHealth'>;
  readonly logger: Logger;
  /** From the setting `metricsPort`; null: nothing is served. */
  readonly port: number | null;
  /** The data directory that this program holds, once it does; null: none. */
  readonly dataDir: string | null | Promise<string | null>;
}

/**
 * Serves metrics and health if configured. A taken port must not stop a run: it is logged, and nothing is served.
 * @returns the function that ends it. Idempotent.
 */
export async function serveOperations(options: ServingOptions): Promise<() => Promise<void>> {
  const { operations, logger, port, dataDir } = options;
  if (port === null) return async () => undefined;
  try {
    const server = await startOperationsServer({ operations, logger, port });
    const noted = Promise.resolve(dataDir).then((directory) => notePort(directory, server.port, logger));
    logger.info({ port: server.port }, 'metrics and health are served');
    return async () => {
      const forget = await noted;
      await forget();
      await server.close();
    };
  } catch (error) {
    if (!(error instanceof IngotError)) throw error;
    logger.error({ err: error }, `no metrics are served: ${error.message}`);
    return async () => undefined;
  }
}

/** Only `ingot health` needs it, so a failure does no other harm. */
export async function notePort(
  dataDir: string | null,
  port: number,
  logger: Logger,
): Promise<() => Promise<void>> {
  if (dataDir === null) return async () => undefined;
  return noteServingPort(dataDir, port).catch((error: unknown) => {
    logger.warn({ err: error }, 'the port cannot be noted in the data directory');
    return async () => undefined;
  });
}
