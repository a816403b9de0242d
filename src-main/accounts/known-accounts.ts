import type { U64Text, VersionText } from '../../src-shared/update';
import type { Queryable } from '../database/database';
import type { KnownAccount } from './classify';
import { findDeadSlots } from './sql/dead-slots';
import { findKnownAccounts } from './sql/latest';

/** Accounts as they were before a batch. The engine is the only writer, so its cache is correct. */
export interface KnownAccounts {
  /** Those of `ids` that exist; `ids` without repeats. */
  find(tx: Queryable, ids: readonly string[]): Promise<ReadonlyMap<string, KnownAccount>>;
  /** Call it only after the commit. */
  remember(id: string, account: KnownAccount): void;
  /** The account has no state: its slots are dead. */
  forget(id: string): void;
  /** From now on there are dead slots. */
  slotDied(): void;
  /** Those of `slots` that are dead. Asks nothing as long as there are none. */
  findDead(tx: Queryable, slots: () => readonly U64Text[]): Promise<ReadonlySet<U64Text>>;
  /** The callback of an account's version is no longer pending. */
  settled(id: string, version: VersionText): void;
}

const NONE: ReadonlySet<U64Text> = new Set();

/** Some 30 MB of memory with the longest ids. */
export const REMEMBERED_ACCOUNTS = 100_000;

/** Caches the `limit` accounts written last, and asks the database for the others. */
export function rememberAccounts(limit = REMEMBERED_ACCOUNTS, hasDeadSlots = false): KnownAccounts {
  let isAnyDead = hasDeadSlots;
  const remembered = new Map<string, KnownAccount>();
  let oldestFirst: Iterator<string> | undefined;
  return {
    async find(tx, ids) {
      const known = new Map<string, KnownAccount>();
      const unknown: string[] = [];
      for (const id of ids) {
        const account = remembered.get(id);
        if (account) known.set(id, account);
        else unknown.push(id);
      }
      if (unknown.length === 0) return known;
      for (const [id, account] of await findKnownAccounts(tx, unknown)) known.set(id, account);
      return known;
    },
    forget(id) {
      remembered.delete(id);
    },
    slotDied() {
      isAnyDead = true;
    },
    async findDead(tx, slots) {
      return isAnyDead ? findDeadSlots(tx, slots()) : NONE;
    },
    settled(id, version) {
      const account = remembered.get(id);
      if (account?.latest === version) remembered.set(id, { ...account, waits: null });
    },
    remember(id, account) {
      remembered.delete(id);
      remembered.set(id, account);
      if (remembered.size <= limit) return;
      // One iterator for all: each new one would first pass over what was deleted, which takes seconds beyond the limit.
      oldestFirst ??= remembered.keys();
      const oldest = oldestFirst.next();
      if (!oldest.done) remembered.delete(oldest.value);
    },
  };
}
