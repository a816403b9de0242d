import { IngotError } from '../../src-shared/errors';

export interface ServerAddress {
  /** For the driver, with the password, the session's settings added; a second one for a server without TLS. */
  readonly connectionStrings: readonly string[];
  /** For a person: no password, no query. */
  readonly location: string;
}

/** @throws IngotError `invalid_input`; the text is not repeated, for it may hold a password. */
export function parseServerUrl(text: string, sessionOptions: string): ServerAddress {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (!url || !/^postgres(ql)?:$/.test(url.protocol)) throw unreadable('');
  // The driver would encode the whole address once more, with our own settings in it.
  if (/%(?![0-9a-f]{2})/i.test(text))
    throw unreadable(': a % stands without two hexadecimal digits behind it');
  if (isPasswordCut(text)) throw unreadable(': an @ stands where none may be');
  // Last wins: what is asked for in the address stays, but for what this program relies on.
  const options = [url.searchParams.get('options'), sessionOptions].filter(Boolean).join(' ');
  const shown = new URL(url);
  shown.password = '';
  shown.search = '';
  shown.hash = '';
  url.searchParams.set('options', options);
  return { connectionStrings: withModesOf(url), location: shown.href };
}

/**
 * `prefer` and `allow` mean what they do for libpq: TLS where the server has it, unverified. `require` and `verify-ca` are
 * as strict as `verify-full`, which the driver does as well, with a warning.
 */
function withModesOf(url: URL): readonly string[] {
  const withMode = (parameters: Readonly<Record<string, string>>) => {
    const changed = new URL(url);
    for (const [name, value] of Object.entries(parameters)) changed.searchParams.set(name, value);
    return changed.href;
  };
  switch (url.searchParams.get('sslmode')) {
    case 'prefer':
    case 'allow':
      return [withMode({ sslmode: 'prefer', uselibpqcompat: 'true' }), withMode({ sslmode: 'disable' })];
    case 'require':
    case 'verify-ca':
      return url.searchParams.has('uselibpqcompat') ? [url.href] : [withMode({ sslmode: 'verify-full' })];
    default:
      return [url.href];
  }
}

/**
 * A password with a `/`, `?` or `#` in it ends there for a reader of addresses: its rest is taken for the database,
 * and its beginning for a port, both of which are shown. The @ behind it then stands where none is meant to be:
 * one is, beside that in front of the host, in the value of a parameter.
 */
function isPasswordCut(text: string): boolean {
  const behindHost = text.replace(/^[^:]*:\/\/[^/?#]*/, '');
  const beside = behindHost.startsWith('/') ? behindHost.replace(/[?&]\w+=[^&#]*/g, '') : behindHost;
  return beside.includes('@');
}

function unreadable(why: string): IngotError {
  return new IngotError('invalid_input', `The address of the database server cannot be read${why}.`, {
    hint: 'It looks like postgres://user:password@host:5432/database; special characters in the password are percent-encoded. A socket: postgres://user@%2Fvar%2Frun%2Fpostgresql/database. One host only.',
  });
}

/** The plain words for why a server cannot be reached or does not let us in. */
export function connectionError(location: string, error: unknown): IngotError {
  const { code, message } = error as { code?: unknown; message?: unknown };
  return new IngotError(
    'database_unavailable',
    `The database server ${location} cannot be used: ${reasonOf(String(code ?? ''), String(message ?? ''))}.`,
    {
      ...(typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) ? { sqlstate: code } : {}),
      hint: 'Look whether the server is up and the address, user, password and database are right.',
    },
    error,
  );
}

function reasonOf(code: string, message: string): string {
  switch (code) {
    case 'ECONNREFUSED':
      return 'nothing listens there';
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return 'its host is not known';
    case 'ETIMEDOUT':
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return 'its host does not answer';
    case 'ECONNRESET':
    case 'EPIPE':
      return 'the connection broke';
    case '28P01':
    case '28000':
      return 'it does not accept the user or the password';
    case '3D000':
      return 'it has no database of that name';
    case '53300':
      return 'it has no connection left';
    case '57P03':
      return 'it is starting up or shutting down';
    default:
      return /timeout/i.test(message) ? 'its host does not answer' : message || 'the connection broke';
  }
}
