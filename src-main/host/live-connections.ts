import type { Connection, ConnectionStatus } from '../../src-shared/connections';
import { IngotError } from '../../src-shared/errors';
import type { EngineEvent } from '../../src-shared/feed';
import type { RunSettings } from '../../src-shared/run-settings';
import { openLiveSource } from '../ingestion/live/open-live';
import type { Logger } from '../observability/logger';
import type { Engine, OpenConnection } from '../runs/interface';
import type { Clock } from '../time/clock';
import type { Idls } from './idls';
import type { Inbox } from './inbox';
import { liveRecordOf } from './live-record';
import type { Secrets } from './secrets';

/** The connections of a program, over the engines of successive databases. */
export interface LiveConnections {
  /** Those that are open, then the last ones that ended. */
  list(): readonly ConnectionStatus[];
  /**
   * @param recordTo the file that what it says is written to, as well.
   * @throws IngotError as `Engine.connect`, and if its secret or its kind is not there.
   */
  connect(connection: Connection, settings: RunSettings, recordTo?: string | null): Promise<OpenConnection>;
  /** @throws IngotError `not_found` if none of that run is open. */
  disconnect(runId: string): Promise<ConnectionStatus>;
  /** What the engine or the host says: after a lost database is open again, its connections go on. */
  hear(events: readonly EngineEvent[]): void;
}

export interface LiveConnectionsDeps {
  readonly engine: () => Engine;
  /** Those that are open; none without an engine. */
  readonly open: () => readonly OpenConnection[];
  readonly secrets: Pick<Secrets, 'find'>;
  readonly idls: Pick<Idls, 'paths'>;
  readonly openSource?: typeof openLiveSource;
  /** Null: nothing can be posted to this program. */
  readonly inbox: Inbox | null;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** So many that have ended are listed. */
const LATEST_ENDED = 20;

export function createLiveConnections(deps: LiveConnectionsDeps): LiveConnections {
  const { clock, inbox, logger, openSource = openLiveSource } = deps;
  let ended: readonly ConnectionStatus[] = [];
  /** Cut off by the loss of the database. */
  let cutOff: readonly (() => Promise<unknown>)[] = [];

  const connect: LiveConnections['connect'] = async (connection, wanted, recordTo = null) => {
    const name = 'token' in connection ? connection.token : null;
    const secret = name === null ? null : await deps.secrets.find(name);
    const { openDecoder } = await import('../ingestion/decoding/open-decoder');
    const { decode, files, unusable } = await openDecoder(deps.idls.paths());
    for (const { file, problem } of unusable) logger.warn({ file, problem }, 'an IDL is passed over');
    // It comes as it comes, and what is live may act.
    const settings: RunSettings = {
      ...wanted,
      arrival: 'none',
      simulate: false,
      speed: 1,
      deliver: true,
      idls: [...files],
    };
    const reading = { ...settings, decode };
    const posted = connection.kind === 'http' ? inbox : null;
    const opening = posted
      ? posted.openSource(secret, reading)
      : await openSource(connection, { clock, secret, reading });
    const record = async (to: string) =>
      (await import('../ingestion/live/record-source')).recordSource(opening, to, clock);
    const source = recordTo === null ? opening : await record(recordTo);
    const toRecord = liveRecordOf(settings, decode);
    const opened = await deps
      .engine()
      .connect({ source, connection, settings, toRecord })
      .catch((error: unknown) => {
        posted?.setRun(null);
        throw error;
      });
    posted?.setRun(opened.runId);
    void opened.ended.then((status) => {
      posted?.setRun(null);
      ended = [status, ...ended.filter(({ run }) => run.runId !== opened.runId)].slice(0, LATEST_ENDED);
      if (status.run.state === 'interrupted')
        cutOff = [...cutOff, () => connect(connection, wanted, recordTo)];
    });
    return opened;
  };

  return {
    list() {
      const open = deps.open();
      return [
        ...open.map((one) => one.status()),
        ...ended.filter(({ run }) => open.every(({ runId }) => runId !== run.runId)),
      ];
    },
    connect,
    disconnect(runId) {
      const found = deps.open().find((one) => one.runId === runId);
      if (!found) throw new IngotError('not_found', `No connection of run ${runId} is open.`);
      return found.disconnect();
    },
    hear(events) {
      if (!events.some((event) => event.event === 'database' && event.change === 'reopened')) return;
      const again = cutOff;
      cutOff = [];
      for (const connectAgain of again) {
        void connectAgain().catch((error: unknown) =>
          logger.warn({ err: error }, 'a connection could not be opened again after the loss'),
        );
      }
    },
  };
}
