import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach } from 'vitest';
import type { SourceRef } from '../../../src-shared/contract';
import type { RunStatus } from '../../../src-shared/events';
import type { HostMessage } from '../../../src-shared/wire';
import type { ClientConnection } from '../connection';
import { openTestHost, type TestHost } from './open-test-host';
import { createTestClient, type TestClient } from './test-client';

/** As fast as possible: callbacks of whole seconds take milliseconds. */
export const AT_ONCE = { arrival: 'none', speed: 1000 } as const;

export const record = (id: string, version: number, changes: object = {}) => ({
  id,
  accountType: 'mint',
  tokens: 5,
  callbackTimeMs: 0,
  data: {},
  version,
  ...changes,
});

/** One host for a file of tests, emptied before each, with a client that gets cloned messages, as by IPC, and forgets them. */
export interface ConnectedHost {
  readonly test: TestHost;
  readonly client: TestClient;
  readonly connection: ClientConnection;
  /** Why the host disconnected the client. */
  readonly refused: readonly string[];
  /** Writes a source into the allowed directory, or another; returns its path. */
  write(name: string, records: readonly object[], directory?: string): Promise<string>;
  /** Starts a run; `ended` resolves with its last status. Run numbers restart before each test. */
  begin(source: SourceRef, settings?: object): Promise<{ ended(): Promise<RunStatus> }>;
  /** The last status of a run that `run.start` answered. */
  endOf(run: RunStatus): Promise<RunStatus>;
  run(source: SourceRef, settings?: object): Promise<RunStatus>;
}

/** Call it inside `describe`; returns the current test's host. */
export function useConnectedHost(): () => ConnectedHost {
  let connected: ConnectedHost | null = null;
  const current = (): ConnectedHost => {
    if (!connected) throw new Error('the host is open while tests run');
    return connected;
  };
  beforeAll(async () => {
    connected = connect(await openTestHost());
    connected.client.subscribe(null);
  });
  afterAll(() => current().test.close());
  beforeEach(async () => {
    const { client } = current();
    await client.call('run.stop', {}).catch(() => undefined);
    await client.call('callbacks.resume', {});
    await client.call('database.reset', { confirm: 'reset' });
    // From now on none tells of a run of an earlier test.
    client.forget();
  });
  return current;
}

/** For a test that opens its own hosts: `client` does not follow the feed yet. */
export function connect(test: TestHost): ConnectedHost {
  const refused: string[] = [];
  const connection = test.host.connectClient({
    send: (message: HostMessage) => client.receive(structuredClone(message)),
    bufferedBytes: () => 0,
    refuse: (reason) => refused.push(reason.message),
  });
  const client = createTestClient((message) => connection.receive(structuredClone(message)));
  const endOf = async ({ runId, startedAtMs }: RunStatus) => {
    // Late frames tell of the run before, and each space, and the database after a reset, has its own run 1.
    const { status } = await client.untilFrame(
      ({ status }) =>
        status !== null &&
        status.endedAtMs !== null &&
        status.state !== 'running' &&
        status.runId === runId &&
        status.startedAtMs === startedAtMs,
    );
    if (!status) throw new Error('the frame that was waited for has a status');
    return status;
  };
  const begin = async (source: SourceRef, settings: object = AT_ONCE) => {
    const run = await client.call('run.start', { source, settings });
    return { ended: () => endOf(run) };
  };
  return {
    test,
    client,
    connection,
    refused,
    begin,
    endOf,
    run: async (source, settings) => (await begin(source, settings)).ended(),
    async write(name, records, directory = test.allowed) {
      const path = join(directory, name);
      await writeFile(path, JSON.stringify(records));
      return path;
    },
  };
}
