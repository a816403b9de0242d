import { randomBytes } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { extname, join, relative, sep } from 'node:path';

/** A file of the built window, ready to be sent. */
export interface WindowFile {
  readonly body: Buffer;
  readonly headers: Readonly<Record<string, string>>;
}

/** The window's files by URL path. Nothing else can be read, whatever the request. */
export interface WindowFiles {
  /** `path` begins with a slash and is decoded; undefined if there is no such file. */
  find(path: string): Promise<WindowFile | undefined>;
}

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.txt': 'text/plain; charset=utf-8',
};

/** Placeholder in the page for the nonce of its style elements; set by the build. */
const NONCE_MARK = '__CSP_NONCE__';

export interface WindowFilesOptions {
  readonly directory: string;
  /** Addresses that scripts may connect to besides their origin: the feed's socket. */
  readonly connectTo: readonly string[];
}

export function openWindowFiles({ directory, connectTo }: WindowFilesOptions): WindowFiles {
  let allowed: Promise<ReadonlyMap<string, string>> | null = null;

  return {
    async find(path) {
      // The page names the files of its build, so reloading it shows a new build.
      if (path === '/' || allowed === null) allowed = listFiles(directory);
      const wanted = path === '/' ? '/index.html' : path;
      const file = (await allowed).get(wanted);
      const type = file && TYPES[extname(file)];
      if (!file || !type) return undefined;
      const body = await readFile(file).catch(() => undefined);
      if (!body) return undefined;
      const isPage = wanted === '/index.html';
      const nonce = isPage ? randomBytes(16).toString('base64') : null;
      return {
        body: nonce === null ? body : Buffer.from(body.toString('utf8').replaceAll(NONCE_MARK, nonce)),
        headers: {
          'content-type': type,
          // Everything in assets/ has its content's hash in its name.
          'cache-control': wanted.startsWith('/assets/')
            ? 'private, max-age=31536000, immutable'
            : 'no-store',
          ...securityHeaders(contentSecurityPolicy(connectTo, nonce)),
        },
      };
    },
  };
}

/** For every response. */
export function securityHeaders(
  policy = "default-src 'none'; frame-ancestors 'none'",
): Record<string, string> {
  return {
    'content-security-policy': policy,
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
    'permissions-policy': 'camera=(), microphone=(), geolocation=(), usb=(), serial=(), hid=()',
    'x-frame-options': 'DENY',
  };
}

/** No inline script, nothing from elsewhere, no network except the page's own. Style elements need the nonce. */
function contentSecurityPolicy(connectTo: readonly string[], nonce: string | null): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    `style-src 'self'${nonce === null ? '' : ` 'nonce-${nonce}'`}`,
    "font-src 'self'",
    "img-src 'self' data:",
    `connect-src 'self'${connectTo.map((origin) => ` ${origin}`).join('')}`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
}

async function listFiles(directory: string): Promise<ReadonlyMap<string, string>> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true }).catch(() => []);
  return new Map(
    entries
      // No symbolic links: every served file is inside the directory.
      .filter((entry) => entry.isFile())
      .map((entry) => {
        const file = join(entry.parentPath, entry.name);
        return [`/${relative(directory, file).split(sep).join('/')}`, file];
      }),
  );
}
