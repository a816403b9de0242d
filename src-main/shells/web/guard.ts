import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Clock } from '../../time/clock';
import type { KeptSession } from '../process/web-state';

/**
 * Who may talk to the web shell: a browser that was opened with a token of ours, and commands of the same user. Not
 * another program's page, a name that was pointed at this machine, or another user who merely reaches the port.
 */
export interface Guard {
  /** Where the window is. */
  readonly origin: string;
  /** A token for one opening of the window: 256 bits, good once, and for `TOKEN_GOOD_MS`. */
  issueToken(): IssuedToken;
  /** Whether the token would be accepted now. */
  isGood(token: string): boolean;
  /** Exchanges a token for a session's secret; null if it is not one, was used, or is too old. */
  redeemToken(token: string): string | null;
  isSession(secret: string | undefined): boolean;
  /** Whether it is the key that this process gave to commands of its own user. */
  isKey(secret: string | undefined): boolean;
  /** What is wrong with where a request comes from; null if nothing. */
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
  /** Whether the request does something, or opens the socket: then it must say its origin. */
  readonly needsOrigin: boolean;
  /** Whether a page of another site may send the browser here: with a token it may. */
  readonly fromAnywhere: boolean;
  /** Whether `localhost` will do: not for a window, whose cookie belongs to the number. */
  readonly byName: boolean;
}

export interface GuardOptions {
  /** `127.0.0.1:PORT`, exactly as an address has it. */
  readonly authority: string;
  readonly clock: Pick<Clock, 'now'>;
  /** Of the web shell before this one. */
  readonly sessions: readonly KeptSession[];
  /** Is given all sessions whenever there is a new one. */
  readonly keepSessions: (sessions: readonly KeptSession[]) => void;
  /** Of commands of the same user. */
  readonly key: string;
}

/** Time enough to carry an address to another browser. */
export const TOKEN_GOOD_MS = 10 * 60_000;
/** A cookie that is stolen must not be good for ever. */
const SESSION_GOOD_MS = 30 * 24 * 3_600_000;
/** Windows open at once. The oldest session makes room. */
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
      // A page of another name that resolves to this machine has that name in its requests. `localhost` cannot be
      // pointed elsewhere: browsers resolve it themselves.
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

/** Looks at all of them, each in constant time: how long it takes tells nothing. */
function findEqual(known: Iterable<string>, hash: string): string | null {
  let found: string | null = null;
  for (const one of known) {
    if (one.length === hash.length && timingSafeEqual(Buffer.from(one), Buffer.from(hash))) found = one;
  }
  return found;
}
