import { IngotError } from '../../src-shared/errors';

export interface ServerAddress {
  /** For the driver, with the password, the session's settings added. */
  readonly connectionString: string;
  /** For a person: no password, no query. */
  readonly location: string;
}

/** @throws IngotError `invalid_input`; the text is not repeated, for it may hold a password. */
export function parseServerUrl(text: string, sessionOptions: string): ServerAddress {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (!url || !/^postgres(ql)?:$/.test(url.protocol)) throw unreadable('');
  if (isPasswordCut(text)) throw unreadable(': an @ stands where none may be');
  // Last wins: what is asked for in the address stays, but for what this program relies on.
  const options = [url.searchParams.get('options'), sessionOptions].filter(Boolean).join(' ');
  const shown = new URL(url);
  shown.password = '';
  shown.search = '';
  shown.hash = '';
  url.searchParams.set('options', options);
  return { connectionString: url.href, location: shown.href };
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
    hint: 'It looks like postgres://user:password@host:5432/database; special characters in the password are percent-encoded.',
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
