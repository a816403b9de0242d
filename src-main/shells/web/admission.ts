import type { FastifyInstance, FastifyRequest } from 'fastify';
import { UPDATES_PATH } from '../../host/inbox';
import { securityHeaders } from '../../host/window-files';
import type { Logger } from '../../observability/logger';
import { isOperationsPath } from '../process/operations-endpoints';
import { CONTROL_PATH } from '../process/web-state';
import type { Guard } from './guard';
import { NO_SESSION, refuse, wrongAddress } from './refusal-page';

export const SOCKET_PATH = '/ws';

export interface AdmissionDeps {
  readonly guard: () => Guard;
  readonly cookieName: () => string;
  readonly logger: Logger;
}

/** Decides whether a request is answered, before anything of it is read. */
export function addAdmission(server: FastifyInstance, { guard, cookieName, logger }: AdmissionDeps): void {
  server.addHook('onRequest', async (request, reply) => {
    reply.headers(securityHeaders());
    const reads = request.method === 'GET' || isHead(request);
    const opening = reads && pathOf(request) === '/' && tokenOf(request) !== undefined;
    /** A scraper has no session, and gets only the operations endpoints. */
    const forOperations = reads && isOperationsPath(pathOf(request));
    const control =
      request.method === 'POST' && pathOf(request) === CONTROL_PATH && guard().isKey(bearerOf(request));
    /** It has a token of its own, which the host checks. */
    const updates = request.method === 'POST' && pathOf(request) === UPDATES_PATH;
    const refusal = guard().refusalOf({
      host: request.headers.host,
      origin: request.headers.origin,
      fetchSite: headerOf(request, 'sec-fetch-site'),
      needsOrigin: (!reads && !control && !updates) || request.headers.upgrade !== undefined,
      fromAnywhere: opening && headerOf(request, 'sec-fetch-mode') === 'navigate',
      byName: forOperations || updates,
    });
    if (refusal !== null) {
      logger.warn({ refusal, url: pathOf(request) }, 'a request was refused');
      return refuse(request, reply, wrongAddress(guard().origin));
    }
    if (request.headers.upgrade !== undefined && pathOf(request) !== SOCKET_PATH) return reply.callNotFound();
    if (opening || forOperations || control || updates) return;
    if (pathOf(request) === CONTROL_PATH || !guard().isSession(request.cookies[cookieName()])) {
      return refuse(request, reply, NO_SESSION);
    }
  });
}

export const isHead = (request: FastifyRequest): boolean => request.method === 'HEAD';

export function tokenOf(request: FastifyRequest): string | undefined {
  const token = new URL(request.url, 'http://localhost').searchParams.get('token');
  return token === null || token.length > 128 ? undefined : token;
}

/** Without the query, which may contain a token. */
export function pathOf(request: FastifyRequest): string {
  return request.url.split('?', 1)[0] ?? '';
}

function bearerOf(request: FastifyRequest): string | undefined {
  return /^Bearer ([\w-]{1,128})$/.exec(request.headers.authorization ?? '')?.[1];
}

function headerOf(request: FastifyRequest, name: string): string | undefined {
  const value = request.headers[name];
  return typeof value === 'string' ? value : undefined;
}
