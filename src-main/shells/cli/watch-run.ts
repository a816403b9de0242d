import packageJson from '../../../package.json';
import { IngotError } from '../../../src-shared/errors';
import type { EngineEvent } from '../../../src-shared/feed';
import { foldEvents, NO_TOTALS, withNewContent } from '../../../src-shared/totals';
import type { Logger } from '../../observability/logger';
import { type Observer, unobserved } from '../../observability/observer';
import type { Engine } from '../../runs/interface';
import type { Settings } from '../../settings/schema';
import type { OpenedDatabase } from '../../storage/open-database';
import type { Clock } from '../../time/clock';

/** Looks on at one run of the command line, if the settings ask for it. */
export interface RunWatch {
  /** For the engine, and for the database. */
  readonly observer: Observer;
  readonly hear: (events: readonly EngineEvent[]) => void;
  /** From now on metrics and health are those of this database and its engine, and are served. */
  attach(database: OpenedDatabase, engine: Engine): Promise<void>;
  /** To be called before the database is closed. */
  close(): Promise<void>;
}

const NOBODY: RunWatch = {
  observer: unobserved,
  hear: () => undefined,
  attach: async () => undefined,
  close: async () => undefined,
};

/** Serves metrics and health of a run on `metricsPort`. Without that setting, nothing is counted at all. */
export async function watchRun(
  { metricsPort, dataDir }: Settings,
  { clock, logger }: { readonly clock: Clock; readonly logger: Logger },
): Promise<RunWatch> {
  if (metricsPort === null) return NOBODY;
  const { openOperations } = await import('../../observability/operations');
  const { serveOperations } = await import('../process/serve-operations');
  let opened: { readonly database: OpenedDatabase; readonly engine: Engine } | null = null;
  const current = () => {
    if (opened) return opened;
    throw new IngotError('database_unavailable', 'The database is being opened.');
  };
  let totals = NO_TOTALS;
  const operations = openOperations({
    clock,
    build: { version: packageJson.version, shell: 'cli' },
    database: () => current().database,
    earliestDueMs: () => current().engine.pending.earliestMs(),
    totals: () => totals,
    isHeld: () => false,
    directory: () => dataDir,
  });
  const { metrics } = operations;
  let stop = async () => {};
  return {
    observer: metrics.observer,
    hear(events) {
      totals = foldEvents(totals, events);
      metrics.hear(events);
    },
    async attach(database, engine) {
      opened = { database, engine };
      totals = withNewContent(totals, engine.pendingAtOpen);
      stop = await serveOperations({ operations, logger, port: metricsPort, dataDir });
    },
    async close() {
      await stop();
      operations.close();
    },
  };
}
