import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { IngotError } from '../../../src-shared/errors';
import type { Logger } from '../../observability/logger';
import { type Answering, answerOperations, isOperationsPath } from './operations-endpoints';

export interface OperationsServer {
  readonly port: number;
  /** Idempotent. */
  close(): Promise<void>;
}

export interface OperationsServerOptions {
  readonly operations: Answering;
  readonly logger: Logger;
  /** 0: any free one. */
  readonly port: number;
}

/** Loopback only, by number: a name could be pointed elsewhere. */
const ADDRESS = '127.0.0.1';
const MAX_CONNECTIONS = 16;

/**
 * Serves `/metrics`, `/healthz` and `/readyz` on the loopback address, and nothing else: for programs that have no
 * server of their own. Whoever asks must name the address as it is: a page of another site, sent here by a name
 * that was pointed at this machine, has that name in its requests.
 * @throws IngotError `invalid_input` if the port is taken or not allowed.
 */
export async function startOperationsServer(options: OperationsServerOptions): Promise<OperationsServer> {
  const { operations, logger } = options;
  let authority = '';
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const path = request.url?.split('?', 1)[0] ?? '';
    response.setHeader('x-content-type-options', 'nosniff');
    response.setHeader('cache-control', 'no-store');
    if (isForeign(request, authority)) {
      logger.warn({ url: path }, 'a request was refused');
      return say(response, 403, 'This address is not for other sites.');
    }
    if (!isOperationsPath(path)) return say(response, 404, 'There is nothing at this address.');
    if (request.method !== 'GET') return say(response, 405, 'Only GET is answered.');
    const { status, contentType, body } = await answerOperations(path, operations);
    response.writeHead(status, { 'content-type': contentType }).end(body);
  };
  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      logger.error({ err: error }, 'a request failed inside');
      say(response, 500, 'Something went wrong inside Ingot. The log has the details.');
    });
  });
  server.maxConnections = MAX_CONNECTIONS;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host: ADDRESS, port: options.port }, resolve);
  }).catch((error: NodeJS.ErrnoException) => {
    throw new IngotError(
      'invalid_input',
      error.code === 'EADDRINUSE' ? `Port ${options.port} is taken.` : `Port ${options.port} cannot be used.`,
      { hint: 'Choose another one with --metrics-port.' },
      error,
    );
  });
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : options.port;
  authority = `${ADDRESS}:${port}`;

  let closing: Promise<void> | null = null;
  return {
    port,
    close() {
      closing ??= new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
      return closing;
    },
  };
}

function isForeign({ headers }: IncomingMessage, authority: string): boolean {
  const site = headers['sec-fetch-site'];
  return (
    headers.host !== authority || headers.origin !== undefined || (site !== undefined && site !== 'none')
  );
}

function say(response: ServerResponse, status: number, message: string): void {
  if (response.headersSent) return void response.end();
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' }).end(message);
}
