import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { openTestHost, type TestHost, type TestHostOptions } from '../../../host/testing/open-test-host';
import { recordingLogger } from '../../../host/testing/recording-logger';
import { type Clock, createSystemClock } from '../../../time/clock';
import { startWebServer, type WebServer } from '../server';
import { type Answer, ask, type OpenSocket, openSession, openSocket } from './browse';

type Headers = Record<string, string>;

/** The key that commands of the same user present. */
export const KEY = 'a-key-of-this-process';

export interface Served {
  readonly test: TestHost;
  readonly server: WebServer;
  readonly origin: string;
  /** Of an open session. */
  readonly cookie: string;
  /** Stands for the built window, and has a symbolic link out of it. */
  readonly windowDirectory: string;
  /** A page of the session, with additional headers. */
  page(path: string, headers?: Headers): Promise<Answer>;
  upload(records: readonly object[], headers?: Headers): Promise<Answer>;
  /** The session's socket. */
  socket(): Promise<OpenSocket>;
}

/**
 * Call it inside `describe`: a real server with a real host for all of its tests.
 * @param options called when the tests start.
 * @param clock for the age of addresses.
 */
export function useWebServer(
  options: () => TestHostOptions = () => ({}),
  clock: Pick<Clock, 'now'> = createSystemClock(),
): () => Served {
  let served: Served | null = null;
  const current = (): Served => {
    if (!served) throw new Error('the server runs while tests do');
    return served;
  };
  beforeAll(async () => {
    const windowDirectory = await makeWindow();
    const test = await openTestHost(options());
    const { logger } = recordingLogger();
    const server = await startWebServer({
      host: test.host,
      clock,
      logger,
      port: 0,
      windowDirectory,
      sessions: [],
      keepSessions: () => undefined,
      key: KEY,
      control: async (request) => ({ address: `asked to ${request.ask}`, problem: null }),
    });
    const origin = `http://127.0.0.1:${server.port}`;
    const cookie = await openSession(server.issueLink().address);
    served = {
      test,
      server,
      origin,
      cookie,
      windowDirectory,
      page: (path, headers = {}) => ask(`${origin}${path}`, { headers: { cookie, ...headers } }),
      upload: (records, headers = {}) => upload(origin, records, { cookie, origin, ...headers }),
      socket: () => openSocket(origin, { cookie, origin }),
    };
  });
  afterAll(async () => {
    const { server, test, windowDirectory } = current();
    await server.close();
    await test.close();
    await rm(windowDirectory, { recursive: true });
  });
  return current;
}

async function makeWindow(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'ingot-window-'));
  await mkdir(join(directory, 'assets'));
  await writeFile(join(directory, 'index.html'), '<style nonce="__CSP_NONCE__"></style>');
  await writeFile(join(directory, 'assets/index-abc.js'), 'export {};');
  await writeFile(join(directory, 'assets/index-abc.js.map'), '{}');
  await symlink('/etc/passwd', join(directory, 'assets/passwd.txt'));
  return directory;
}

/** A form with one file. */
function upload(origin: string, records: readonly object[], headers: Headers): Promise<Answer> {
  const boundary = 'xxBOUNDARYxx';
  const body = [
    `--${boundary}`,
    'Content-Disposition: form-data; name="file"; filename="up.json"',
    'Content-Type: application/json',
    '',
    JSON.stringify(records),
    `--${boundary}--`,
    '',
  ].join('\r\n');
  const type = { 'content-type': `multipart/form-data; boundary=${boundary}` };
  return ask(`${origin}/upload`, { method: 'POST', headers: { ...headers, ...type } }, body);
}
