import { randomBytes } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { extname, join, relative, sep } from 'node:path';

/** One file of the built window, ready to be sent. */
export interface WindowFile {
  readonly body: Buffer;
  readonly headers: Readonly<Record<string, string>>;
}

/** The window's files by their path in an address. Nothing else can be had, whatever is asked for. */
export interface WindowFiles {
  /** `path` begins with a slash, as in an address, and is decoded; undefined if there is no such file. */
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

/** Stands in the page where the nonce of its style elements goes; set by the window's build. */
const NONCE_MARK = '__CSP_NONCE__';

export interface WindowFilesOptions {
  readonly directory: string;
  /** What scripts of the page may connect to, beside where it came from: the feed's socket. */
  readonly connectTo: readonly string[];
}

export function openWindowFiles({ directory, connectTo }: WindowFilesOptions): WindowFiles {
  let allowed: Promise<ReadonlyMap<string, string>> | null = null;

  return {
    async find(path) {
      // The page names the files of its own build, so a new build is seen when the page is loaded again.
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

/** For every answer, whatever it is. */
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

/** No inline script, nothing from elsewhere, no network but the page's own. Style elements need the nonce. */
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
      // Not symbolic links: what is served lies in the directory.
      .filter((entry) => entry.isFile())
      .map((entry) => {
        const file = join(entry.parentPath, entry.name);
        return [`/${relative(directory, file).split(sep).join('/')}`, file];
      }),
  );
}
