/**
 * The words of the field: what an update is, what became of it, and which values are valid.
 * Everything on this page crosses the wire as it stands, so 64-bit integers are decimal strings
 * and JSON is kept as text: neither ever passes through a JavaScript `number`.
 */

/** An unsigned 64-bit integer as its shortest decimal string: `"0"` to `"18446744073709551615"`. */
export type U64Text = string;

/**
 * The place of a state in the order of its account's states: the slot, then the write version, each a `U64Text`.
 * `"5"` is version 5 of slot 0, which is what sources without slots have; `"12:5"` is version 5 of slot 12.
 */
export type VersionText = string;

/** @param slot `"0"` is not printed. */
export const versionText = (slot: U64Text, version: U64Text): VersionText =>
  slot === '0' ? version : `${slot}:${version}`;

export function slotOf(version: VersionText): U64Text {
  const colon = version.indexOf(':');
  return colon === -1 ? '0' : version.slice(0, colon);
}

/** The write version, without the slot. */
export function writeVersionOf(version: VersionText): U64Text {
  return version.slice(version.indexOf(':') + 1);
}

/** Below 0 if `a` comes first, above 0 if `b` does. */
export function compareVersions(a: VersionText, b: VersionText): number {
  if (!a.includes(':') && !b.includes(':')) return compareU64(a, b);
  return compareU64(slotOf(a), slotOf(b)) || compareU64(writeVersionOf(a), writeVersionOf(b));
}

/** Without leading zeros, more digits are more, and equally many compare as text. */
function compareU64(a: U64Text, b: U64Text): number {
  if (a.length !== b.length) return a.length - b.length;
  return a === b ? 0 : a < b ? -1 : 1;
}

/** The text of one JSON value, exact as it was read or as the database prints it. */
export type JsonText = string;

/** Milliseconds since 1970-01-01T00:00:00Z. */
export type EpochMs = number;

export const OUTCOMES = ['indexed', 'stale', 'duplicate', 'conflict', 'rejected'] as const;
/** What ingesting an update did. */
export type Outcome = (typeof OUTCOMES)[number];

export const CALLBACK_STATES = ['pending', 'fired', 'cancelled'] as const;
/** The delayed action of an indexed update: `pending`, then exactly one of `fired`, `cancelled`. */
export type CallbackState = (typeof CALLBACK_STATES)[number];

export const RUN_STATES = [
  'running',
  'paused',
  'draining',
  'completed',
  'failed',
  'stopped',
  'interrupted',
] as const;
/**
 * `running` reads and applies; `paused` waits for a person; `draining` has read everything and waits
 * for callbacks. Ended: `completed`; `failed` (broken source or database); `stopped` (by a person or a
 * signal); `interrupted` (its process died without saying so).
 */
export type RunState = (typeof RUN_STATES)[number];

/** Bounds of a valid update (DESIGN, section 2, rule 1). Lengths are in Unicode code points. */
export const UPDATE_LIMITS = {
  idLength: 128,
  accountTypeLength: 64,
  /** For `tokens`, `slot` and `version`. */
  maxU64: 2n ** 64n - 1n,
  maxCallbackTimeMs: Number.MAX_SAFE_INTEGER,
} as const;

/** One account's state at a version. */
export interface Account {
  readonly id: string;
  readonly accountType: string;
  readonly tokens: U64Text;
  readonly version: VersionText;
  readonly data: JsonText;
}

/** One valid record of the source. */
export interface Update extends Account {
  /** Milliseconds from arrival to the callback's due time: an integer, 0 to 2^53-1. */
  readonly callbackTimeMs: number;
}

/** The first place of one account type: the accounts with the most tokens among its latest states. */
export interface TypeLeaders {
  readonly accountType: string;
  readonly tokens: U64Text;
  /** How many accounts share the place; 1 if there is no tie. */
  readonly tied: number;
  /** Those that are named, ordered by id: in a report the first `REPORT_LIMITS.leaders`. */
  readonly leaders: readonly Leader[];
}

export interface Leader {
  readonly id: string;
  readonly version: VersionText;
}

/** What one report names at most; the rest is read page by page. */
export const REPORT_LIMITS = {
  /** Accounts of one type. */
  leaders: 100,
  types: 1_000,
  /** Bytes of ids and versions: the type that goes beyond this is the last one. */
  bytes: 8 * 1024 * 1024,
} as const;
