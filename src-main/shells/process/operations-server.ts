import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { IngotError } from '../../../src-shared/errors';
import { type Inbox, UPDATES_PATH } from '../../host/inbox';
import type { Logger } from '../../observability/logger';
import { type Answering, answerOperations, isOperationsPath } from './operations-endpoints';

export interface OperationsServer {
  readonly port: number;
  /** Idempotent. */
  close(): Promise<void>;
}

export interface OperationsServerOptions {
  /** Null: neither metrics nor health are served. */
  readonly operations: Answering | null;
  /** What takes `POST /api/updates`; absent: nothing does. */
  readonly receiveUpdates?: Inbox['receive'];
  readonly logger: Logger;
  /** 0: any free one. */
  readonly port: number;
}

/** Loopback only. Many machines resolve `localhost` to the second first; one without IPv6 has only the first. */
const ADDRESS = '127.0.0.1';
const ADDRESS_6 = '::1';
const MAX_CONNECTIONS = 16;

/**
 * Serves `/metrics`, `/healthz` and `/readyz`, or takes posted updates, on the loopback addresses, for programs without a server of their own. A request
 * must name the host by one of these addresses or as `localhost`, which browsers resolve themselves: a foreign page whose name
 * points to this machine sends that name.
 * @throws IngotError `invalid_input` if the port is taken or not allowed.
 */
export async function startOperationsServer(options: OperationsServerOptions): Promise<OperationsServer> {
  const { operations, receiveUpdates, logger } = options;
  const names = new Set<string>();
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const path = request.url?.split('?', 1)[0] ?? '';
    response.setHeader('x-content-type-options', 'nosniff');
    response.setHeader('cache-control', 'no-store');
    if (isForeign(request, names)) {
      logger.warn({ url: path }, 'a request was refused');
      const [own = ''] = names;
      return say(response, 403, `This address is not for other sites. Use http://${own}${pathToUse(path)}.`);
    }
    if (path === UPDATES_PATH && receiveUpdates && request.method === 'POST') {
      const { authorization, 'content-encoding': contentEncoding } = request.headers;
      const answered = await receiveUpdates({ authorization, contentEncoding, body: request });
      const body = JSON.stringify(answered.body);
      const headers = { 'content-type': 'application/json; charset=utf-8', ...answered.headers };
      response.writeHead(answered.status, headers).end(body);
      return;
    }
    if (!operations || !isOperationsPath(path))
      return say(response, 404, 'There is nothing at this address.');
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.setHeader('allow', 'GET, HEAD');
      return say(response, 405, 'Only GET and HEAD are answered.');
    }
    const { status, contentType, body } = await answerOperations(path, operations);
    const length = Buffer.byteLength(body);
    // Node itself sends no body for HEAD.
    response.writeHead(status, { 'content-type': contentType, 'content-length': length }).end(body);
  };
  const open = async (host: string, port: number): Promise<Server> => {
    const server = createServer((request, response) => {
      answer(request, response).catch((error: unknown) => {
        logger.error({ err: error }, 'a request failed inside');
        say(response, 500, 'Something went wrong inside Ingot. The log has the details.');
      });
    });
    server.maxConnections = MAX_CONNECTIONS;
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen({ host, port }, resolve);
    });
    return server;
  };
  const server = await open(ADDRESS, options.port).catch((error: NodeJS.ErrnoException) => {
    throw new IngotError(
      'invalid_input',
      error.code === 'EADDRINUSE' ? `Port ${options.port} is taken.` : `Port ${options.port} cannot be used.`,
      { hint: `Choose another one with ${receiveUpdates ? '--http' : '--metrics-port'}.` },
      error,
    );
  });
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : options.port;
  const second = await open(ADDRESS_6, port).catch(() => null);
  names.add(`${ADDRESS}:${port}`).add(`localhost:${port}`);
  if (second) names.add(`[${ADDRESS_6}]:${port}`);
  const servers = second ? [server, second] : [server];

  let closing: Promise<void> | null = null;
  return {
    port,
    close() {
      closing ??= Promise.all(servers.map(closeServer)).then(() => undefined);
      return closing;
    },
  };
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

function isForeign({ headers }: IncomingMessage, names: ReadonlySet<string>): boolean {
  const site = headers['sec-fetch-site'];
  return (
    headers.host === undefined ||
    !names.has(headers.host) ||
    headers.origin !== undefined ||
    (site !== undefined && site !== 'none')
  );
}

/** The path if it is one of ours: nothing else of a request is ever returned. */
const pathToUse = (path: string) => (isOperationsPath(path) ? path : '/metrics');

function say(response: ServerResponse, status: number, message: string): void {
  if (response.headersSent) return void response.end();
  const headers = {
    'content-type': 'text/plain; charset=utf-8',
    'content-length': Buffer.byteLength(message),
  };
  response.writeHead(status, headers).end(message);
}
