import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Clock } from '../../time/clock';
import type { KeptSession } from '../process/web-state';

/**
 * Admits a browser opened with one of our tokens, and commands of the same user. Refuses another program's page, a foreign name
 * that points to this machine, and another user who reaches the port.
 */
export interface Guard {
  /** The window's origin. */
  readonly origin: string;
  /** 256 bits, for one opening of the window, valid for `TOKEN_GOOD_MS`. */
  issueToken(): IssuedToken;
  /** Whether the token is valid now. */
  isGood(token: string): boolean;
  /** Exchanges a token for a session's secret; null if it is unknown, used or expired. */
  redeemToken(token: string): string | null;
  isSession(secret: string | undefined): boolean;
  /** Whether it is this process's key for commands of its own user. */
  isKey(secret: string | undefined): boolean;
  /** What is wrong with a request's origin; null if nothing. */
  refusalOf(request: RequestOrigin): string | null;
}

export interface IssuedToken {
  readonly token: string;
  /** Resolves when it was used. */
  readonly redeemed: Promise<void>;
}

export interface RequestOrigin {
  readonly host: string | undefined;
  readonly origin: string | undefined;
  readonly fetchSite: string | undefined;
  /** The request changes something, or opens the socket, so it must state its origin. */
  readonly needsOrigin: boolean;
  /** A page of another site may lead the browser here: allowed with a token. */
  readonly fromAnywhere: boolean;
  /** `localhost` is accepted too: not for a window, whose cookie belongs to the address. */
  readonly byName: boolean;
}

export interface GuardOptions {
  /** `127.0.0.1:PORT`. */
  readonly authority: string;
  readonly clock: Pick<Clock, 'now'>;
  /** From the previous web shell. */
  readonly sessions: readonly KeptSession[];
  /** Called with all sessions when one is added. */
  readonly keepSessions: (sessions: readonly KeptSession[]) => void;
  /** For commands of the same user. */
  readonly key: string;
}

/** Enough time to carry an address to another browser. */
export const TOKEN_GOOD_MS = 10 * 60_000;
/** A stolen cookie must expire. */
const SESSION_GOOD_MS = 30 * 24 * 3_600_000;
/** Maximum number of open windows; the oldest session is dropped. */
const KEPT_SESSIONS = 32;

export function createGuard({ authority, clock, sessions, keepSessions, key }: GuardOptions): Guard {
  const tokens = new Map<string, { readonly goodUntilMs: number; readonly noteUse: () => void }>();
  const sinceMs = new Map(sessions.map(({ hash, sinceMs: since }) => [hash, since]));
  const origin = `http://${authority}`;
  const names = new Set([authority, authority.replace(/^.*:/, 'localhost:')]);

  const findToken = (token: string): string | null => {
    const nowMs = clock.now();
    for (const [hash, { goodUntilMs }] of tokens) if (goodUntilMs <= nowMs) tokens.delete(hash);
    return findEqual(tokens.keys(), hashOf(token));
  };

  return {
    origin,
    issueToken() {
      const token = randomSecret();
      const redeemed = new Promise<void>((resolve) => {
        tokens.set(hashOf(token), { goodUntilMs: clock.now() + TOKEN_GOOD_MS, noteUse: resolve });
      });
      return { token, redeemed };
    },
    isGood: (token) => findToken(token) !== null,
    redeemToken(token) {
      const known = findToken(token);
      if (known === null) return null;
      tokens.get(known)?.noteUse();
      tokens.delete(known);
      const secret = randomSecret();
      sinceMs.set(hashOf(secret), clock.now());
      const oldest = sinceMs.keys().next();
      if (sinceMs.size > KEPT_SESSIONS && !oldest.done) sinceMs.delete(oldest.value);
      keepSessions([...sinceMs].map(([hash, since]) => ({ hash, sinceMs: since })));
      return secret;
    },
    isSession(secret) {
      const hash = secret === undefined ? null : findEqual(sinceMs.keys(), hashOf(secret));
      return hash !== null && clock.now() - (sinceMs.get(hash) ?? 0) < SESSION_GOOD_MS;
    },
    isKey: (secret) => secret !== undefined && findEqual([hashOf(key)], hashOf(secret)) !== null,
    refusalOf(request) {
      // A page whose own name resolves to this machine sends that name. `localhost` is safe: browsers resolve it themselves.
      const { host } = request;
      if (host !== authority && !(request.byName && host !== undefined && names.has(host)))
        return 'wrong host';
      if (request.origin === undefined ? request.needsOrigin : request.origin !== origin)
        return 'wrong origin';
      const { fetchSite } = request;
      if (!request.fromAnywhere && (fetchSite === 'cross-site' || fetchSite === 'same-site'))
        return 'wrong site';
      return null;
    },
  };
}

export function randomSecret(): string {
  return randomBytes(32).toString('base64url');
}

function hashOf(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}

/** Compares with all of them in constant time, so the duration reveals nothing. */
function findEqual(known: Iterable<string>, hash: string): string | null {
  let found: string | null = null;
  for (const one of known) {
    if (one.length === hash.length && timingSafeEqual(Buffer.from(one), Buffer.from(hash))) found = one;
  }
  return found;
}
