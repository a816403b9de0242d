import { createReadStream } from 'node:fs';
import { basename } from 'node:path';
import cookie from '@fastify/cookie';
import multipart from '@fastify/multipart';
import websocket from '@fastify/websocket';
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { IngotError, toWireError } from '../../../src-shared/errors';
import { MAX_CLIENT_MESSAGE_BYTES } from '../../../src-shared/wire';
import type { Host } from '../../host/create-host';
import { openWindowFiles, securityHeaders, type WindowFiles } from '../../host/window-files';
import type { Logger } from '../../observability/logger';
import { answerOperations, isOperationsPath, OPERATIONS_PATHS } from '../process/operations-endpoints';
import { createGuard, type Guard } from './guard';
import { connectSocket } from './socket';

export interface WebServer {
  readonly port: number;
  /** An address that opens the window once. */
  issueAddress(): string;
  /** Resolves when the first window has connected. */
  readonly used: Promise<void>;
  /** Ends all connections. Idempotent. */
  close(): Promise<void>;
}

export interface WebServerOptions {
  readonly host: Host;
  readonly logger: Logger;
  /** 0: any free one. */
  readonly port: number;
  readonly windowDirectory: string;
}

/** Loopback only, by number: a name could be pointed elsewhere. */
const ADDRESS = '127.0.0.1';
const MAX_CONNECTIONS = 64;
const SOCKET_PATH = '/ws';

/**
 * Serves the window and the contract on the loopback address.
 * @throws IngotError `invalid_input` if the port is taken or not allowed.
 */
export async function startWebServer(options: WebServerOptions): Promise<WebServer> {
  const { host, logger } = options;
  const server = fastify({ logger: false, forceCloseConnections: true, exposeHeadRoutes: false });
  // The port is known once it listens, and everything that is checked depends on it.
  const late: { guard: Guard | null; files: WindowFiles | null; cookieName: string } = {
    guard: null,
    files: null,
    cookieName: '',
  };
  let noteUse = () => {};
  const used = new Promise<void>((resolve) => {
    noteUse = resolve;
  });

  await server.register(cookie);
  await server.register(multipart, {
    limits: { files: 1, fields: 0, headerPairs: 32, fileSize: Number.MAX_SAFE_INTEGER },
  });
  await server.register(websocket, {
    options: { maxPayload: MAX_CLIENT_MESSAGE_BYTES, perMessageDeflate: false },
  });

  const guardOf = (): Guard => {
    if (late.guard) return late.guard;
    throw new IngotError('forbidden', 'The server is about to start.');
  };

  server.addHook('onRequest', async (request, reply) => {
    reply.headers(securityHeaders());
    const refusal = guardOf().refusalOf({
      host: request.headers.host,
      origin: request.headers.origin,
      fetchSite: headerOf(request, 'sec-fetch-site'),
      needsOrigin: request.method !== 'GET' || request.headers.upgrade !== undefined,
    });
    if (refusal !== null) {
      logger.warn({ refusal, url: pathOf(request) }, 'a request was refused');
      return refuse(reply, 'This address is not for other sites.');
    }
    if (request.headers.upgrade !== undefined && pathOf(request) !== SOCKET_PATH) return notFound(reply);
    if (isOpening(request) || isForOperations(request)) return;
    if (!guardOf().isSession(request.cookies[late.cookieName])) {
      return refuse(
        reply,
        'Open Ingot with the address that it printed when it started. It is good once; start it again for a new one.',
      );
    }
  });
  server.setErrorHandler((error, _request, reply) => sendError(reply, error, logger));
  server.setNotFoundHandler((_request, reply) => {
    notFound(reply);
  });

  server.get(SOCKET_PATH, { websocket: true }, (socket) => {
    noteUse();
    connectSocket(socket, host, logger);
  });
  addUploads(server, host);
  addBackups(server, host);
  addOperations(server, host);
  server.get('/*', async (request, reply) => {
    const token = isOpening(request) ? tokenOf(request) : undefined;
    if (token !== undefined) {
      const secret = guardOf().redeemToken(token);
      if (secret !== null) {
        reply.setCookie(late.cookieName, secret, { httpOnly: true, sameSite: 'strict', path: '/' });
      } else if (!guardOf().isSession(request.cookies[late.cookieName])) {
        return refuse(reply, 'This address was used already. Start Ingot again for a new one.');
      }
      // Away from the token: it is dead, and has no business in a history.
      return reply.redirect('/', 303);
    }
    const file = await late.files?.find(pathOf(request));
    if (!file) return reply.callNotFound();
    return reply.headers(file.headers).send(file.body);
  });

  await server.listen({ host: ADDRESS, port: options.port }).catch((error: NodeJS.ErrnoException) => {
    throw new IngotError(
      'invalid_input',
      error.code === 'EADDRINUSE' ? `Port ${options.port} is taken.` : `Port ${options.port} cannot be used.`,
      { hint: 'Choose another one with --port, or leave it out.' },
      error,
    );
  });
  server.server.maxConnections = MAX_CONNECTIONS;
  const address = server.server.address();
  const port = typeof address === 'object' && address ? address.port : options.port;
  const authority = `${ADDRESS}:${port}`;
  const guard = createGuard(authority);
  late.guard = guard;
  late.files = openWindowFiles({ directory: options.windowDirectory, connectTo: [`ws://${authority}`] });
  // Cookies know no ports: two Ingots at once must not overwrite each other's.
  late.cookieName = `ingot_${port}`;

  let closing: Promise<void> | null = null;
  return {
    port,
    issueAddress: () => `http://${authority}/?token=${guard.issueToken()}`,
    used,
    close() {
      closing ??= server.close();
      return closing;
    },
  };
}

function addUploads(server: FastifyInstance, host: Host): void {
  server.post('/upload', async (request, reply) => {
    const part = await request.file();
    if (!part) throw new IngotError('invalid_input', 'There is no file in the upload.');
    const { uploadId, sizeBytes } = await host.uploads.store(part.filename, part.file);
    return reply.send({ uploadId, sizeBytes });
  });
}

function addBackups(server: FastifyInstance, host: Host): void {
  server.get<{ Params: { backupId: string } }>('/backups/:backupId', async (request, reply) => {
    const path = await host.backups.pathOf(request.params.backupId);
    return reply
      .headers({
        'content-type': 'application/gzip',
        'content-disposition': `attachment; filename="${basename(path)}"`,
        'cache-control': 'no-store',
      })
      .send(createReadStream(path));
  });
}

function addOperations(server: FastifyInstance, { operations }: Host): void {
  for (const path of OPERATIONS_PATHS) {
    server.get(path, async (_request, reply) => {
      const { status, contentType, body } = await answerOperations(path, operations);
      return reply
        .code(status)
        .headers({ 'content-type': contentType, 'cache-control': 'no-store' })
        .send(body);
    });
  }
}

/** A scraper has no session, and gets nothing but what programs are told of themselves. */
function isForOperations(request: FastifyRequest): boolean {
  return request.method === 'GET' && isOperationsPath(pathOf(request));
}

/** Apart from a scraper's, the one request that may come without a session: the window's first. */
function isOpening(request: FastifyRequest): boolean {
  return request.method === 'GET' && pathOf(request) === '/' && tokenOf(request) !== undefined;
}

function tokenOf(request: FastifyRequest): string | undefined {
  const token = new URL(request.url, 'http://localhost').searchParams.get('token');
  return token === null || token.length > 128 ? undefined : token;
}

/** Without the query, which may hold a token. */
function pathOf(request: FastifyRequest): string {
  return request.url.split('?', 1)[0] ?? '';
}

function headerOf(request: FastifyRequest, name: string): string | undefined {
  const value = request.headers[name];
  return typeof value === 'string' ? value : undefined;
}

function refuse(reply: FastifyReply, message: string): FastifyReply {
  return reply.code(403).type('text/plain; charset=utf-8').send(message);
}

function notFound(reply: FastifyReply): FastifyReply {
  return reply.code(404).type('text/plain; charset=utf-8').send('There is nothing at this address.');
}

const STATUS_OF: Partial<Record<IngotError['code'], number>> = {
  forbidden: 403,
  not_found: 404,
  disk_full: 507,
  internal: 500,
};

function sendError(reply: FastifyReply, error: unknown, logger: Logger): FastifyReply {
  const status = (error as { statusCode?: unknown }).statusCode;
  if (!(error instanceof IngotError) && typeof status === 'number' && status < 500) {
    return reply.code(status).send(toWireError(new IngotError('invalid_input', 'The request is not valid.')));
  }
  const wire = toWireError(error);
  if (wire.code === 'internal') logger.error({ err: error }, 'a request failed inside');
  return reply.code(STATUS_OF[wire.code] ?? 400).send(wire);
}
