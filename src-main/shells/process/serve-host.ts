import type { Host } from '../../host/create-host';
import type { Logger } from '../../observability/logger';
import type { DatabaseTarget } from '../../storage/open-database';
import { serveOperations } from './serve-operations';

/** The same host; if a port is given, its metrics and health are served while it is open. */
export async function serveHost(
  host: Host,
  options: { readonly target: DatabaseTarget; readonly logger: Logger; readonly port: number | null },
): Promise<Host> {
  const { target, logger, port } = options;
  const { operations } = host;
  // If another program holds the directory, its own note stays.
  const holds = target.kind === 'data-dir' && host.databaseState().phase === 'open';
  const dataDir = holds ? target.dataDir : null;
  const stop = await serveOperations({ operations, logger, port, dataDir });
  return {
    ...host,
    async close() {
      await stop();
      await host.close();
    },
  };
}
