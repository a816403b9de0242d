import {
  type CallbackState,
  compareVersions,
  type Outcome,
  slotOf,
  type TypeLeaders,
  type Update,
  versionText,
  writeVersionOf,
} from '../../../src-shared/update';
import type { SourceRecord, UnnumberedUpdate } from '../../ingestion/record';

/**
 * The rules of "The law" in docs/architecture.md in plain maps: no database, no clock, no batches, nothing shared with the
 * engine. Tests compare the engine with it.
 */

export interface Arriving {
  readonly source: SourceRecord;
  /** Arrival. Arrivals come in order. */
  readonly at: number;
}

/** A slot that dies. */
export interface Dying {
  readonly deadSlot: string;
  readonly at: number;
  /** Its accounts fall back one after another, with other things in between. Default: all at once. */
  readonly inSteps?: boolean;
}

/** An account whose latest state lies in a dead slot falls back. */
export interface FallingBack {
  readonly fallsBack: string;
  /** When the slot died. */
  readonly at: number;
}

export type Happens = Arriving | Dying | FallingBack;

export interface ModelCallback {
  readonly state: CallbackState;
  /** Settling time; null while pending. */
  readonly at: number | null;
  readonly supersededBy: string | null;
}

export interface ModelResult {
  /** By record. */
  readonly outcomes: ReadonlyMap<number, Outcome>;
  /** By `id version`, of indexed updates only. */
  readonly callbacks: ReadonlyMap<string, ModelCallback>;
  /** Latest states by id. */
  readonly accounts: ReadonlyMap<string, Update>;
  /** By `id version`: every unique update, indexed or stale. */
  readonly history: ReadonlyMap<string, 'indexed' | 'stale'>;
  /** When they died. */
  readonly deadSlots: ReadonlyMap<string, number>;
  /** By type: the number of tied accounts, and the first hundred by id. */
  readonly report: readonly TypeLeaders[];
  /** As of a place on the chain, as known after all of this: up to that version. */
  asOf(cut: string): Pick<ModelResult, 'accounts' | 'history' | 'report'>;
}

export function replayModel(happenings: readonly Happens[], { drain = true } = {}): ModelResult {
  const outcomes = new Map<number, Outcome>();
  const accounts = new Map<string, Update>();
  const kept = new Map<string, Update>();
  const history = new Map<string, 'indexed' | 'stale'>();
  const callbacks = new Map<string, ModelCallback>();
  const pending = new Map<string, { key: string; due: number }>();
  const dead = new Map<string, number>();

  const fireUntil = (instant: number) => {
    for (const [id, { key, due }] of pending) {
      if (due > instant) continue;
      callbacks.set(key, { state: 'fired', at: due, supersededBy: null });
      pending.delete(id);
    }
  };

  const fallBack = (id: string, at: number) => {
    const older = pending.get(id);
    if (older) callbacks.set(older.key, { state: 'cancelled', at, supersededBy: null });
    pending.delete(id);
    const [back] = [...kept.values()]
      .filter((update) => update.id === id && !dead.has(slotOf(update.version)))
      .sort((a, b) => compareVersions(b.version, a.version));
    if (back) accounts.set(id, back);
    else accounts.delete(id);
  };

  const die = ({ deadSlot: slot, at, inSteps = false }: Dying) => {
    fireUntil(at);
    if (slot === '0' || dead.has(slot)) return;
    dead.set(slot, at);
    if (inSteps) return;
    for (const [id, { version }] of accounts) if (slotOf(version) === slot) fallBack(id, at);
  };

  for (const happening of happenings) {
    if ('deadSlot' in happening) {
      die(happening);
      continue;
    }
    if ('fallsBack' in happening) {
      fallBack(happening.fallsBack, happening.at);
      continue;
    }
    const { source, at } = happening;
    if (source.kind === 'reject') {
      outcomes.set(source.record, 'rejected');
      continue;
    }
    fireUntil(at);
    const update = source.kind === 'update' ? source.update : number(source.update, kept.values());
    const key = `${update.id} ${update.version}`;
    const seen = kept.get(key);
    if (seen) {
      outcomes.set(source.record, contentOf(seen) === contentOf(update) ? 'duplicate' : 'conflict');
      continue;
    }
    kept.set(key, update);
    const latest = accounts.get(update.id);
    if (dead.has(slotOf(update.version)) || (latest && compareVersions(update.version, latest.version) < 0)) {
      outcomes.set(source.record, 'stale');
      history.set(key, 'stale');
      continue;
    }
    outcomes.set(source.record, 'indexed');
    history.set(key, 'indexed');
    accounts.set(update.id, update);
    const older = pending.get(update.id);
    if (older) callbacks.set(older.key, { state: 'cancelled', at, supersededBy: update.version });
    callbacks.set(key, { state: 'pending', at: null, supersededBy: null });
    pending.set(update.id, { key, due: firstInstantFrom(BigInt(at) + BigInt(update.callbackTimeMs)) });
  }
  if (drain) fireUntil(Number.POSITIVE_INFINITY);

  /** Rule 11. */
  const asOf = (cut: string) => {
    const then = new Map<string, Update>();
    for (const update of kept.values()) {
      if (compareVersions(update.version, cut) > 0 || dead.has(slotOf(update.version))) continue;
      const highest = then.get(update.id);
      if (!highest || compareVersions(update.version, highest.version) > 0) then.set(update.id, update);
    }
    const isUpTo = ([key]: [string, unknown]) => compareVersions(kept.get(key)?.version ?? '', cut) <= 0;
    return { accounts: then, history: new Map([...history].filter(isUpTo)), report: rank(then.values()) };
  };
  return {
    asOf,
    outcomes,
    callbacks,
    accounts,
    history,
    deadSlots: dead,
    report: rank(accounts.values()),
  };
}

/** Rule 9: the version of the same content in its slot, or the next one. */
function number({ slot, ...content }: UnnumberedUpdate, kept: Iterable<Update>): Update {
  const there = [...kept]
    .filter(({ id, version }) => id === content.id && slotOf(version) === (slot ?? '0'))
    .sort((a, b) => compareVersions(a.version, b.version));
  const highest = there.at(-1);
  const same = (slot === null ? there.slice(-1) : there).find((one) => contentOf(one) === contentOf(content));
  const next = highest ? BigInt(writeVersionOf(highest.version)) + 1n : 0n;
  const version = same?.version ?? versionText(slot ?? '0', String(next < 2n ** 64n ? next : next - 1n));
  return { ...content, version };
}

/** The first representable number at or above `exact`: above 2^53 only even ones are. */
function firstInstantFrom(exact: bigint): number {
  const nearest = Number(exact);
  return BigInt(nearest) < exact ? Number(exact + 1n) : nearest;
}

export function contentOf({ accountType, tokens, callbackTimeMs, data }: Omit<Update, 'version'>): string {
  return JSON.stringify([accountType, tokens, callbackTimeMs, sortKeys(JSON.parse(data))]);
}

function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (value === null || typeof value !== 'object') return value;
  return Object.entries(value)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, member]) => [key, sortKeys(member)]);
}

function rank(accounts: Iterable<Update>): TypeLeaders[] {
  const highest = new Map<string, Update[]>();
  for (const account of accounts) {
    const tied = highest.get(account.accountType) ?? [];
    const difference = BigInt(account.tokens) - BigInt(tied[0]?.tokens ?? -1);
    if (difference >= 0n) highest.set(account.accountType, difference > 0n ? [account] : [...tied, account]);
  }
  return [...highest]
    .sort(([a], [b]) => order(a, b))
    .map(([accountType, tied]) => ({
      accountType,
      tokens: tied[0]?.tokens ?? '',
      tied: tied.length,
      leaders: tied
        .map(({ id, version }) => ({ id, version }))
        .sort((a, b) => order(a.id, b.id))
        .slice(0, 100),
    }));
}

/** What has another value on the two sides, with both. */
export function differing<Value, Told>(
  before: ReadonlyMap<string, Value>,
  after: ReadonlyMap<string, Value>,
  tell: (value: Value | undefined) => Told,
): Map<string, [Told, Told]> {
  const keys = new Set([...before.keys(), ...after.keys()]);
  return new Map(
    [...keys].flatMap((key) => {
      const [a, b] = [tell(before.get(key)), tell(after.get(key))];
      return a === b ? [] : [[key, [a, b]] as const];
    }),
  );
}

/** By code point, as UTF-8 bytes compare. */
function order(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
