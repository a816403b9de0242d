/**
 * The domain's types: what an update is, its outcomes, and which values are valid. All of it crosses the wire unchanged, so
 * 64-bit integers are decimal strings and JSON stays text: neither ever becomes a JavaScript `number`.
 */

/** An unsigned 64-bit integer as its shortest decimal string. */
export type U64Text = string;

/**
 * The order of an account's states: slot, then write version. `"5"` is version 5 of slot 0, for sources without slots; `"12:5"`
 * is version 5 of slot 12.
 */
export type VersionText = string;

/** @param slot `"0"` is not printed. */
export const versionText = (slot: U64Text, version: U64Text): VersionText =>
  slot === '0' ? version : `${slot}:${version}`;

export function slotOf(version: VersionText): U64Text {
  const colon = version.indexOf(':');
  return colon === -1 ? '0' : version.slice(0, colon);
}

export function writeVersionOf(version: VersionText): U64Text {
  return version.slice(version.indexOf(':') + 1);
}

/** Below 0 if `a` comes first, above 0 if `b` does. */
export function compareVersions(a: VersionText, b: VersionText): number {
  if (!a.includes(':') && !b.includes(':')) return compareU64(a, b);
  return compareU64(slotOf(a), slotOf(b)) || compareU64(writeVersionOf(a), writeVersionOf(b));
}

/** Without leading zeros, the number with more digits is greater; of equal length, text order is numeric order. */
function compareU64(a: U64Text, b: U64Text): number {
  if (a.length !== b.length) return a.length - b.length;
  return a === b ? 0 : a < b ? -1 : 1;
}

/** One JSON value, exactly as read or as the database prints it. */
export type JsonText = string;

/** Milliseconds since 1970-01-01T00:00:00Z. */
export type EpochMs = number;

export const OUTCOMES = ['indexed', 'stale', 'duplicate', 'conflict', 'rejected'] as const;
export type Outcome = (typeof OUTCOMES)[number];

export const CALLBACK_STATES = ['pending', 'fired', 'cancelled'] as const;
/** `pending`, then exactly one of `fired` and `cancelled`. */
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
 * `running` reads and applies; `paused` waits for a person; `draining` has read everything and waits for callbacks. Ended:
 * `completed`; `failed` (broken source or database); `stopped` (by a person or a signal); `interrupted` (its process died).
 */
export type RunState = (typeof RUN_STATES)[number];

/** Bounds of a valid update. Lengths are in Unicode code points. */
export const UPDATE_LIMITS = {
  idLength: 128,
  accountTypeLength: 64,
  /** For `tokens`, `slot` and `version`. */
  maxU64: 2n ** 64n - 1n,
  maxCallbackTimeMs: Number.MAX_SAFE_INTEGER,
} as const;

export interface Account {
  readonly id: string;
  readonly accountType: string;
  readonly tokens: U64Text;
  readonly version: VersionText;
  readonly data: JsonText;
}

export interface Update extends Account {
  /** From arrival to due time: an integer, 0 to 2^53-1. */
  readonly callbackTimeMs: number;
  /** What its bytes say, as an IDL has it, or why they do not decode. No part of the content: never compared. */
  readonly decoded?: JsonText;
}

/** The accounts of one type that have the most tokens. */
export interface TypeLeaders {
  readonly accountType: string;
  readonly tokens: U64Text;
  /** How many accounts share first place; 1 if there is no tie. */
  readonly tied: number;
  /** Ordered by id; in a report at most `REPORT_LIMITS.leaders`. */
  readonly leaders: readonly Leader[];
}

export interface Leader {
  readonly id: string;
  readonly version: VersionText;
}

/** The limits of one report; the rest is read page by page. */
export const REPORT_LIMITS = {
  /** Per account type. */
  leaders: 100,
  types: 1_000,
  /** Of ids and versions. The type that exceeds this is the last one. */
  bytes: 8 * 1024 * 1024,
} as const;
