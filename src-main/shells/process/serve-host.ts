import type { Host } from '../../host/create-host';
import type { Logger } from '../../observability/logger';
import type { DatabaseTarget } from '../../storage/open-database';
import { serveOperations } from './serve-operations';

/** The same host, with its metrics and its health served on a port for as long as it is open, if one is given. */
export async function serveHost(
  host: Host,
  options: { readonly target: DatabaseTarget; readonly logger: Logger; readonly port: number | null },
): Promise<Host> {
  const { target, logger, port } = options;
  const { operations } = host;
  // Where another program has the directory, its note is the one to leave there.
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
