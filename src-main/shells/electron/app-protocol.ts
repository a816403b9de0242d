import { createReadStream } from 'node:fs';
import { basename } from 'node:path';
import { Readable } from 'node:stream';
import { type Protocol, protocol } from 'electron';
import { IngotError } from '../../../src-shared/errors';
import type { Host } from '../../host/create-host';
import { securityHeaders, type WindowFiles } from '../../host/window-files';
import type { Logger } from '../../observability/logger';

const SCHEME = 'app';
const HOST = 'ingot';
/** The page's origin. */
export const APP_ORIGIN = `${SCHEME}://${HOST}`;
export const START_URL = `${APP_ORIGIN}/`;

/**
 * Makes `app:` a secure origin of its own. Never use `file:`: its pages could read any file. Call it once, before the app is
 * ready.
 */
export function registerAppScheme(): void {
  protocol.registerSchemesAsPrivileged([
    { scheme: SCHEME, privileges: { standard: true, secure: true, supportFetchAPI: true } },
  ]);
}

export interface AppContent {
  readonly files: WindowFiles;
  /** Serves `/backups/ID`, like the web shell. */
  readonly host: Promise<Pick<Host, 'backups'>>;
  readonly logger: Logger;
}

/** Answers every request of the window from the allow-list of its own build. */
export function serveApp(target: Pick<Protocol, 'handle'>, content: AppContent): void {
  target.handle(SCHEME, async (request) => {
    try {
      return await answer(request.method, request.url, content);
    } catch (error) {
      if (error instanceof IngotError && error.code === 'not_found') return refuse(404, error.message);
      content.logger.error({ err: error }, 'a request of the window failed inside');
      return refuse(500, 'Something went wrong inside Ingot.');
    }
  });
}

async function answer(method: string, address: string, { files, host }: AppContent): Promise<Response> {
  const isHead = method === 'HEAD';
  if (method !== 'GET' && !isHead) return refuse(405, 'Only GET and HEAD are answered.');
  const path = readPath(address);
  if (path === null) return refuse(404, 'There is nothing at this address.');
  const [, backupId] = /^\/backups\/([^/]+)$/.exec(path) ?? [];
  if (backupId !== undefined) return sendBackup(await (await host).backups.pathOf(backupId), isHead);
  const file = await files.find(path);
  if (!file) return refuse(404, 'There is nothing at this address.');
  return new Response(isHead ? null : new Uint8Array(file.body), { headers: { ...file.headers } });
}

/** The decoded path of one of our addresses; null for any other. */
function readPath(address: string): string | null {
  try {
    const { protocol: scheme, host, pathname } = new URL(address);
    return scheme === `${SCHEME}:` && host === HOST ? decodeURIComponent(pathname) : null;
  } catch {
    return null;
  }
}

function sendBackup(path: string, isHead: boolean): Response {
  // Only the names of Node's and the web's stream types differ.
  const body = isHead ? null : (Readable.toWeb(createReadStream(path)) as ReadableStream<Uint8Array>);
  return new Response(body, {
    headers: {
      ...securityHeaders(),
      'content-type': 'application/gzip',
      // Makes it a download, which asks where to save.
      'content-disposition': `attachment; filename="${basename(path)}"`,
      'cache-control': 'no-store',
    },
  });
}

function refuse(status: number, message: string): Response {
  return new Response(message, {
    status,
    headers: {
      ...securityHeaders(),
      'content-type': 'text/plain; charset=utf-8',
      'cache-control': 'no-store',
    },
  });
}
