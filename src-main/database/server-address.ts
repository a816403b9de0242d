import { IngotError } from '../../src-shared/errors';

/** One host of an address. */
export interface Server {
  /** For the driver, with password and session settings, in the order to try. The second is for a server without TLS. */
  readonly connectionStrings: readonly string[];
  /** For a person: no password, no parameters. */
  readonly location: string;
}

const HINT =
  'It looks like postgres://user:password@host:5432/database; special characters in the password are percent-encoded. A socket: postgres://user@/database?host=/var/run/postgresql. Several hosts: postgres://user@one:5432,two:5432/database.';

/** Known to libpq but not to the driver: ignoring them would lead to another server. */
const NOT_KNOWN = ['hostaddr', 'service', 'passfile'];

/**
 * The servers in an address, in order: one, or several separated by commas, as for libpq.
 *
 * @throws IngotError `invalid_input`; it does not repeat the text, which may contain a password.
 */
export function parseServerUrl(text: string, sessionOptions: string): readonly Server[] {
  const parts = /^(postgres(?:ql)?:\/\/)([^/?#]*@)?([^/?#]*)([^?#]*)(\?[^#]*)?/.exec(text);
  if (!parts) throw unreadable('');
  // Otherwise the driver would encode the whole address again, with our settings in it.
  if (/%(?![0-9a-f]{2})/i.test(text)) throw unreadable(': a % is not followed by two hexadecimal digits');
  if (isPasswordCut(text)) throw unreadable(': an @ is in the wrong place');
  const [, scheme = '', account = '', authority = '', path = '', query = ''] = parts;
  const parameters = new URLSearchParams(query);
  const notKnown = NOT_KNOWN.find((name) => parameters.has(name));
  if (notKnown !== undefined) throw unreadable(`: Ingot does not know the parameter ${notKnown}`);
  const take = (name: string): string | null => {
    const value = parameters.get(name);
    parameters.delete(name);
    return value;
  };
  const given = splitAccount(account);
  const user = takeEncoded(take('user')) ?? given.user;
  const password = takeEncoded(take('password')) ?? given.password;
  const database = takeEncoded(take('dbname')) ?? path.slice(1);
  const hosts = listHosts(authority, take('host'), take('port'));
  // The last one wins: the address's options apply, except where this program relies on its own.
  parameters.set('options', [take('options'), sessionOptions].filter(Boolean).join(' '));
  return hosts.map(({ host, port }) => {
    const place = `${host}${port === '' ? '' : `:${port}`}/${database}`;
    const location = `${scheme}${user === '' ? '' : `${user}@`}${place}`;
    const connectionStrings = modesOf(host, parameters).map((mode) => {
      const url = new URL(host === '' ? `${scheme}/${database}` : `${scheme}${place}`);
      // As parameters: `URL` does not accept an address with a user and no host.
      const all = { user: decodeURIComponent(user), password: decodeURIComponent(password), ...mode };
      url.search = new URLSearchParams([...parameters]).toString();
      for (const [name, value] of Object.entries(all)) if (value !== '') url.searchParams.set(name, value);
      return url.href;
    });
    return { connectionStrings, location };
  });
}

const takeEncoded = (value: string | null): string | null =>
  value === null ? null : encodeURIComponent(value);

function splitAccount(account: string): { readonly user: string; readonly password: string } {
  const [, user = '', password = ''] = /^([^:]*):?(.*)@$/s.exec(account) ?? [];
  return { user: user.replaceAll('@', '%40'), password };
}

interface Host {
  /** As in the address; empty: the driver's default. */
  readonly host: string;
  readonly port: string;
}

function listHosts(authority: string, named: string | null, ports: string | null): readonly Host[] {
  const hosts = named === null ? authority.split(',').map(splitHost) : named.split(',').map(encodeHost);
  const given = ports?.split(',') ?? [];
  return hosts.map(({ host, port }, index) => {
    const one = { host, port: given[index] ?? given[0] ?? port };
    const isReadable =
      /^\d*$/.test(one.port) && URL.canParse(`postgres://${one.host || 'host'}:${one.port}/`);
    if (!isReadable) throw unreadable('');
    return one;
  });
}

function splitHost(text: string): Host {
  const [, host = text, port = ''] = /^(\[.*\]|[^:]*)(?::(.*))?$/s.exec(text) ?? [];
  return { host, port };
}

function encodeHost(host: string): Host {
  return { host: host.includes(':') ? `[${host}]` : encodeURIComponent(host), port: '' };
}

const MODES = ['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full', 'no-verify'];
const OWN_TLS = ['ssl', 'sslcert', 'sslkey', 'sslrootcert', 'sslnegotiation'];

/**
 * `prefer` (the default) and `allow` work as in libpq: TLS if the server has it, unverified. `require` and `verify-ca` are as
 * strict as `verify-full`; the driver does the same, with a warning. A socket has no TLS.
 */
function modesOf(host: string, parameters: URLSearchParams): readonly Readonly<Record<string, string>>[] {
  if (/^%2f/i.test(host)) return [{ sslmode: 'disable' }];
  const own = OWN_TLS.some((name) => parameters.has(name));
  const mode = parameters.get('sslmode') ?? (own ? null : process.env.PGSSLMODE || 'prefer');
  if (mode === null) return [{}];
  if (!MODES.includes(mode)) throw unreadable(`: sslmode is one of ${MODES.join(', ')}`);
  switch (mode) {
    case 'prefer':
    case 'allow':
      return [{ sslmode: 'prefer', uselibpqcompat: 'true' }, { sslmode: 'disable' }];
    case 'require':
    case 'verify-ca':
      return [parameters.has('uselibpqcompat') ? { sslmode: mode } : { sslmode: 'verify-full' }];
    default:
      return [{ sslmode: mode }];
  }
}

/**
 * A password with a `/`, `?` or `#` ends there for a URL parser: its rest counts as the database, its beginning as the port, and
 * both are shown. It leaves an @ in a place where none belongs; apart from the one before the host, only a parameter's value may
 * have one.
 */
function isPasswordCut(text: string): boolean {
  const behindHost = text.replace(/^[^:]*:\/\/[^/?#]*/, '');
  const beside = behindHost.startsWith('/') ? behindHost.replace(/[?&]\w+=[^&#]*/g, '') : behindHost;
  return beside.includes('@');
}

function unreadable(why: string): IngotError {
  return new IngotError('invalid_input', `The address of the database server cannot be read${why}.`, {
    hint: HINT,
  });
}

/** Whether a server without TLS may accept a connection that was refused with TLS. */
export function refusesTls(error: unknown): boolean {
  return (
    error instanceof IngotError &&
    /does not support SSL|no pg_hba.conf entry .* SSL encryption/.test(causeOf(error))
  );
}

const causeOf = ({ cause, message }: IngotError) => (cause instanceof Error ? cause.message : message);

/** Whether another host may be better: this one is down, full, or accepts no writes. */
export function mayBeElsewhere(error: unknown): error is IngotError {
  if (!(error instanceof IngotError)) return false;
  const { sqlstate = '' } = error.details;
  return sqlstate === '25006' || (error.code === 'database_unavailable' && !/^(28|3D)/.test(sqlstate));
}

/** Why a server cannot be reached or refuses the login, in plain words. */
export function connectionError(location: string, error: unknown): IngotError {
  const { code: given, message: said } = error as { code?: unknown; message?: unknown };
  const [code, message] = [String(given ?? ''), String(said ?? '')];
  return new IngotError(
    'database_unavailable',
    `The database server ${location} cannot be used: ${reasonOf(code, message)}.`,
    {
      ...(/^[0-9A-Z]{5}$/.test(code) && !/^E[A-Z]{4}$/.test(code) ? { sqlstate: code } : {}),
      hint: hintOf(code, message),
    },
    error,
  );
}

/** Codes of OpenSSL and Node for a certificate that cannot be verified. */
const CERTIFICATE =
  /^(DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_|CERT_|ERR_TLS_CERT_ALTNAME_INVALID)/;
const WITHOUT_TLS = /no pg_hba.conf entry .* no encryption/;

function hintOf(code: string, message: string): string {
  if (CERTIFICATE.test(code)) {
    return 'Name the certificate of its authority with sslrootcert=FILE in the address, or write sslmode=no-verify for TLS that verifies nothing.';
  }
  if (/does not support SSL/.test(message)) {
    return 'Write sslmode=prefer or sslmode=disable in the address for a connection without TLS.';
  }
  if (WITHOUT_TLS.test(message)) return 'Write sslmode=require in the address, or leave sslmode out.';
  return 'Look whether the server is up and the address, user, password and database are right.';
}

function reasonOf(code: string, message: string): string {
  if (CERTIFICATE.test(code)) return `its certificate cannot be verified (${message})`;
  if (/does not support SSL/.test(message)) return 'it has no TLS (SSL), which the address asks for';
  if (WITHOUT_TLS.test(message)) return 'it takes this user from here with TLS only';
  if (/no pg_hba.conf entry/.test(message)) return 'its pg_hba.conf does not let this user in from here';
  switch (code) {
    case 'ECONNREFUSED':
      return 'nothing listens there';
    case 'ENOENT':
      return /^connect /.test(message) ? 'there is no such socket' : message;
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
