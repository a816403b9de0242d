import { openJsonFile } from '../../host/json-file';
import type { Logger } from '../../observability/logger';
import { type KeptSession, type WebState, webStateSchema } from '../process/web-state';
import { randomSecret } from './guard';

/** The state that one web shell leaves for the next. */
export interface KeptState {
  /** The last one; 0: any. */
  readonly port: number;
  /** The key that commands of the same user present. */
  readonly key: string;
  /** Windows admitted at this port: a browser sends their cookies nowhere else. */
  sessionsAt(port: number): readonly KeptSession[];
  keepSessions(sessions: readonly KeptSession[]): void;
  /** From now on, commands find this process. */
  note(port: number): Promise<void>;
  /** From now on, they do not. */
  end(): Promise<void>;
}

const NOTHING: WebState = { port: 1, sessions: [], running: null };

/** @param path null: nothing is stored. A failed write is only logged: the rest works without. */
export async function keepWebState(path: string | null, logger: Logger): Promise<KeptState> {
  const file = openJsonFile<WebState>(path, webStateSchema, NOTHING, logger);
  const before = await file.read();
  const key = randomSecret();
  let state: WebState | null = null;
  const write = async (next: WebState) => {
    state = next;
    await file.write(next).catch((error: unknown) => {
      logger.warn({ err: error }, 'the port and the sessions could not be stored');
    });
  };
  return {
    port: before === NOTHING ? 0 : before.port,
    key,
    sessionsAt: (port) => (port === before.port ? before.sessions : []),
    keepSessions(sessions) {
      if (state) void write({ ...state, sessions: [...sessions] });
    },
    note: (port) =>
      write({
        port,
        sessions: port === before.port ? before.sessions : [],
        running: { pid: process.pid, key },
      }),
    async end() {
      if (state) await write({ ...state, running: null });
    },
  };
}
