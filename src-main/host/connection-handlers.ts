import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { type Connection, MOST_SAVED_CONNECTIONS, type SavedConnection } from '../../src-shared/connections';
import type { Handlers } from '../../src-shared/contract';
import { IngotError, toWireError } from '../../src-shared/errors';
import type { Views } from '../accounts/views/create-views';
import { makeDirectory } from '../database/make-directory';
import type { Clock } from '../time/clock';
import type { JsonFile } from './json-file';
import type { LiveConnections } from './live-connections';
import type { Mappings } from './mappings';
import type { Secrets } from './secrets';
import type { SourceAccess } from './source-access';

export interface ConnectionHandlerDeps {
  readonly live: LiveConnections;
  readonly kept: JsonFile<readonly SavedConnection[]>;
  readonly secrets: Pick<Secrets, 'look' | 'set'>;
  readonly access: Pick<SourceAccess, 'specOf'>;
  /** Asks a person where to; null: this shell has no dialog. */
  readonly choosePath: ((name: string) => Promise<string | null>) | null;
  /** Recordings are made here if the shell has no dialog. */
  readonly recordingsDirectory: string;
  readonly clock: Pick<Clock, 'now'>;
}

type ConnectionMethod = Extract<keyof Handlers, `connections.${string}` | 'coverage.page'>;

export function createConnectionHandlers(
  { live, kept, secrets, access, choosePath, recordingsDirectory, clock }: ConnectionHandlerDeps,
  mappings: Pick<Mappings, 'resolve'>,
  views: () => Views,
): Pick<Handlers, ConnectionMethod> {
  const without = async (name: string) => (await kept.read()).filter((saved) => saved.name !== name);
  /** A page names only files that a person chose, and no input of this process. */
  const allowed = async (connection: Connection): Promise<Connection> => {
    if (connection.kind === 'stdin') {
      throw new IngotError('invalid_input', 'Standard input is read by the command line.', {
        hint: 'ingot connect --stdin',
      });
    }
    if (connection.kind !== 'follow') return connection;
    const { path } = await access.specOf({ kind: 'path', path: connection.path }).catch((error: unknown) => {
      const { code, message } = toWireError(error);
      const hint =
        code === 'forbidden'
          ? 'Choose it in the desktop app, or name its directory when you start the web window: --allow-dir.'
          : 'Check the path.';
      throw new IngotError(code, message, { field: 'path', hint }, error);
    });
    return { ...connection, path };
  };
  /** The only files that a page can have written to: it names none by its path. */
  const chosen = new Map<string, string>();
  return {
    'connections.list': async () => live.list(),
    async 'connections.connect'({ connection, settings, record }) {
      const recordTo = record === null ? null : chosen.get(record);
      if (recordTo === undefined)
        throw new IngotError('forbidden', 'This file was not chosen for a recording.');
      const reading = await mappings.resolve(settings);
      const opened = await live.connect(await allowed(connection), reading, recordTo);
      if (record !== null) chosen.delete(record);
      return opened.status();
    },
    async 'connections.chooseRecording'() {
      const name = `recording-${new Date(clock.now()).toISOString().slice(0, 19).replaceAll(':', '-')}.ndjson`;
      const path = choosePath === null ? join(recordingsDirectory, name) : await choosePath(name);
      if (path === null) return null;
      if (choosePath === null) makeDirectory(recordingsDirectory);
      const record = randomUUID();
      chosen.set(record, path);
      const [oldest] = chosen.keys();
      if (chosen.size > MOST_SAVED_CONNECTIONS && oldest !== undefined) chosen.delete(oldest);
      return { record, path };
    },
    'connections.disconnect': ({ runId }) => live.disconnect(runId),
    'connections.saved': () => kept.read(),
    async 'connections.save'(saved) {
      const others = await without(saved.name);
      if (others.length >= MOST_SAVED_CONNECTIONS) {
        throw new IngotError('conflict', `There are ${MOST_SAVED_CONNECTIONS} saved connections.`, {
          hint: 'Remove one first.',
        });
      }
      await kept.write([...others, saved]);
      return null;
    },
    async 'connections.remove'({ name }) {
      await kept.write(await without(name));
      return null;
    },
    'connections.secrets': ({ names }) => secrets.look(names),
    async 'connections.setSecret'({ name, secret }) {
      await secrets.set(name, secret);
      return null;
    },
    'coverage.page': (query) => views().coverage(query),
  };
}
