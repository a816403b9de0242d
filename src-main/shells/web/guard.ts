import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

/**
 * Who may talk to the web shell: a browser that was opened with a token of ours, and nobody who merely
 * reaches the port: another program's page, a name that was pointed at this machine, another user.
 */
export interface Guard {
  /** A token for one opening of the window: 256 bits, good once. */
  issueToken(): string;
  /** Takes a token for a session's secret; null if it is not one, or was used. */
  redeemToken(token: string): string | null;
  isSession(secret: string | undefined): boolean;
  /** What is wrong with where a request comes from; null if nothing. */
  refusalOf(request: RequestOrigin): string | null;
}

export interface RequestOrigin {
  readonly host: string | undefined;
  readonly origin: string | undefined;
  readonly fetchSite: string | undefined;
  /** Whether the request does something, or opens the socket: then it must say its origin. */
  readonly needsOrigin: boolean;
}

/** Windows open at once. The oldest session makes room. */
const KEPT_SESSIONS = 32;

/** @param authority `127.0.0.1:PORT`, exactly as an address has it. */
export function createGuard(authority: string): Guard {
  const tokens = new Set<string>();
  const sessions = new Set<string>();
  const origin = `http://${authority}`;

  return {
    issueToken() {
      const token = randomSecret();
      tokens.add(hashOf(token));
      return token;
    },
    redeemToken(token) {
      const known = findEqual(tokens, hashOf(token));
      if (known === null) return null;
      tokens.delete(known);
      const secret = randomSecret();
      sessions.add(hashOf(secret));
      const oldest = sessions.values().next();
      if (sessions.size > KEPT_SESSIONS && !oldest.done) sessions.delete(oldest.value);
      return secret;
    },
    isSession: (secret) => secret !== undefined && findEqual(sessions, hashOf(secret)) !== null,
    refusalOf(request) {
      // A page of another name that resolves to this machine has that name in its requests.
      if (request.host !== authority) return 'wrong host';
      if (request.origin === undefined ? request.needsOrigin : request.origin !== origin)
        return 'wrong origin';
      if (request.fetchSite === 'cross-site' || request.fetchSite === 'same-site') return 'wrong site';
      return null;
    },
  };
}

function randomSecret(): string {
  return randomBytes(32).toString('base64url');
}

function hashOf(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}

/** Looks at all of them, each in constant time: how long it takes tells nothing. */
function findEqual(known: ReadonlySet<string>, hash: string): string | null {
  let found: string | null = null;
  for (const one of known) if (timingSafeEqual(Buffer.from(one), Buffer.from(hash))) found = one;
  return found;
}
