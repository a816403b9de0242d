import type { Host } from '../../host/create-host';
import type { Logger } from '../../observability/logger';
import type { DatabaseTarget } from '../../storage/open-database';
import { serveOperations } from './serve-operations';

/** The same host; if a port is given, its metrics and health are served from now on until it is closed. */
export async function serveHost(
  host: Host,
  options: { readonly target: DatabaseTarget; readonly logger: Logger; readonly port: number | null },
): Promise<Host> {
  const { target, logger, port } = options;
  const { operations } = host;
  // If another program holds the directory, its own note stays.
  const dataDir = host.taken.then((isOurs) => (isOurs && target.kind === 'data-dir' ? target.dataDir : null));
  const stop = await serveOperations({ operations, logger, port, dataDir });
  return {
    ...host,
    async close() {
      // Together: whether the directory is ours may only be known once its opening has ended.
      await Promise.all([stop(), host.close()]);
    },
  };
}
