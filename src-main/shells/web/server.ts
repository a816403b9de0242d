import { randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { Readable } from 'node:stream';
import cookie from '@fastify/cookie';
import multipart from '@fastify/multipart';
import websocket from '@fastify/websocket';
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { IngotError, toWireError } from '../../../src-shared/errors';
import { MAX_CLIENT_MESSAGE_BYTES } from '../../../src-shared/wire';
import type { Host } from '../../host/create-host';
import { EXPORT_PATH } from '../../host/export/exports';
import { UPDATES_PATH } from '../../host/inbox';
import { openWindowFiles, type WindowFiles } from '../../host/window-files';
import type { Logger } from '../../observability/logger';
import type { Clock } from '../../time/clock';
import { answerOperations, OPERATIONS_PATHS } from '../process/operations-endpoints';
import {
  CONTROL_PATH,
  type ControlAnswer,
  type ControlRequest,
  controlRequestSchema,
  type KeptSession,
} from '../process/web-state';
import { addAdmission, isHead, pathOf, SOCKET_PATH, tokenOf } from './admission';
import { createGuard, type Guard } from './guard';
import { refuse, VOID_LINK } from './refusal-page';
import { connectSocket } from './socket';

export interface WebServer {
  readonly port: number;
  /** An address that opens the window once, within ten minutes. */
  issueLink(): WebLink;
  /** Resolves when the first window has connected. */
  readonly used: Promise<void>;
  /** Ends all connections. Idempotent. */
  close(): Promise<void>;
}

export interface WebLink {
  readonly address: string;
  /** Resolves when it was used. */
  readonly redeemed: Promise<void>;
}

export interface WebServerOptions {
  readonly host: Host;
  readonly clock: Pick<Clock, 'now'>;
  readonly logger: Logger;
  /** 0: any free one. */
  readonly port: number;
  readonly windowDirectory: string;
  /** From the previous web shell on this port. */
  readonly sessions: readonly KeptSession[];
  /** Called with all sessions when one is added. */
  readonly keepSessions: (sessions: readonly KeptSession[]) => void;
  /** The key that commands of the same user present. */
  readonly key: string;
  /** Answers such a command. */
  readonly control: (request: ControlRequest) => Promise<ControlAnswer>;
}

/** Loopback only, as a number: a name could point elsewhere. */
const ADDRESS = '127.0.0.1';
const MAX_CONNECTIONS = 64;

/** Created once the port is known, because every check depends on it. */
interface Late {
  guard: Guard | null;
  files: WindowFiles | null;
  cookieName: string;
}

/**
 * Serves the window and the contract on the loopback address.
 * @throws IngotError `invalid_input` if the port is taken or not allowed.
 */
export async function startWebServer(options: WebServerOptions): Promise<WebServer> {
  const { host, logger } = options;
  const server = fastify({ logger: false, forceCloseConnections: true });
  const late: Late = { guard: null, files: null, cookieName: '' };
  /** Lets a window notice that another process answers. */
  const instance = randomUUID();
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

  addAdmission(server, { guard: guardOf, cookieName: () => late.cookieName, logger });
  server.setErrorHandler((error, _request, reply) => sendError(reply, error, logger));
  server.setNotFoundHandler((_request, reply) => {
    notFound(reply);
  });

  server.get(SOCKET_PATH, { websocket: true }, (socket) => {
    noteUse();
    connectSocket(socket, host, { instance, logger });
  });
  addUploads(server, host);
  addBackups(server, host);
  addExports(server, host);
  addOperations(server, host);
  await server.register(async (scope) => addUpdates(scope, host));
  server.post(CONTROL_PATH, async (request) => {
    const asked = controlRequestSchema.safeParse(request.body);
    if (!asked.success) throw new IngotError('invalid_input', 'The request is not valid.', {}, asked.error);
    return options.control(asked.data);
  });
  server.get('/*', async (request, reply) => {
    const token = pathOf(request) === '/' ? tokenOf(request) : undefined;
    if (token !== undefined) {
      const guard = guardOf();
      // A program that only checks the address (HEAD) must not use it up.
      const secret = isHead(request) ? null : guard.redeemToken(token);
      if (secret !== null) {
        reply.setCookie(late.cookieName, secret, { httpOnly: true, sameSite: 'strict', path: '/' });
      } else if (
        !(isHead(request) && guard.isGood(token)) &&
        !guard.isSession(request.cookies[late.cookieName])
      ) {
        return refuse(request, reply, VOID_LINK);
      }
      // The token is used up and must not stay in the history.
      return leaveToken(request, reply);
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
  const { clock, sessions, keepSessions, key } = options;
  const guard = createGuard({ authority, clock, sessions, keepSessions, key });
  late.guard = guard;
  late.files = openWindowFiles({ directory: options.windowDirectory, connectTo: [`ws://${authority}`] });
  // Cookies are shared by all ports: two Ingots must not overwrite each other's.
  late.cookieName = `ingot_${port}`;

  let closing: Promise<void> | null = null;
  return {
    port,
    issueLink() {
      const { token, redeemed } = guard.issueToken();
      return { address: `http://${authority}/?token=${token}`, redeemed };
    },
    used,
    close() {
      closing ??= server.close();
      return closing;
    },
  };
}

/**
 * Leads to the window by a page of our own: a redirection that began at another site (the opening file) would not send the strict
 * cookie.
 */
function leaveToken(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  if (request.headers['sec-fetch-site'] !== 'cross-site') return reply.redirect('/', 303);
  return reply
    .header('cache-control', 'no-store')
    .type('text/html; charset=utf-8')
    .send('<!doctype html><meta http-equiv="refresh" content="0;url=/"><title>Ingot</title>');
}

/** In a scope of its own: the body stays a stream, whatever its type. */
function addUpdates(scope: FastifyInstance, host: Host): void {
  scope.removeAllContentTypeParsers();
  scope.addContentTypeParser('*', (_request, _payload, done) => done(null));
  scope.post(UPDATES_PATH, async ({ headers, raw }, reply) => {
    const { authorization } = headers;
    const contentEncoding = headers['content-encoding'];
    const answer = await host.receiveUpdates({ authorization, contentEncoding, body: raw });
    return reply.status(answer.status).headers(answer.headers).send(answer.body);
  });
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
    const { size } = await stat(path);
    return reply
      .headers({
        'content-type': 'application/gzip',
        'content-length': size,
        'content-disposition': `attachment; filename="${basename(path)}"`,
        'cache-control': 'no-store',
      })
      .send(isHead(request) ? Readable.from([]) : createReadStream(path));
  });
}

/** Each is served once. One that fails breaks off, so that the browser keeps no part of it. */
function addExports(server: FastifyInstance, { exports }: Host): void {
  server.get<{ Params: { exportId: string } }>(`${EXPORT_PATH}:exportId`, async (request, reply) => {
    if (isHead(request)) return reply.callNotFound();
    const { name, type, pieces } = exports.fetch(request.params.exportId);
    return reply
      .headers({
        'content-type': type,
        'content-disposition': `attachment; filename="${name}"`,
        'cache-control': 'no-store',
      })
      .send(Readable.from(pieces, { objectMode: false }));
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
