import type { U64Text } from '../../src-shared/update';
import type { Queryable } from '../database/database';
import type { KnownAccount } from './classify';
import { findKnownAccounts } from './sql/find-known-accounts';

/** What is known of accounts before a batch: out of the database, or remembered from earlier batches. */
export interface KnownAccounts {
  /** Those of `ids` that there are; `ids` without repeats. */
  find(tx: Queryable, ids: readonly string[]): Promise<ReadonlyMap<string, KnownAccount>>;
  /** To be called after the commit that made it so. */
  remember(id: string, account: KnownAccount): void;
  /** Says that the callback of an account's version does not wait any more. */
  settled(id: string, version: U64Text): void;
}

/** Asks the database every time: right also where others write to it. */
export const askEveryTime: KnownAccounts = {
  find: findKnownAccounts,
  remember() {},
  settled() {},
};

/** Some 30 MB of memory at the longest of ids. */
export const REMEMBERED_ACCOUNTS = 100_000;

/**
 * Remembers at most `limit` accounts, those written last, and asks the database for the others. Only where
 * no other process writes to the same database.
 *
 * The latest version is always right. A waiting callback may have been settled since without our hearing of it:
 * it is settled once more only if the database says that it still waits, so that what is remembered too long
 * does no harm but a question more.
 */
export function rememberAccounts(limit = REMEMBERED_ACCOUNTS): KnownAccounts {
  const remembered = new Map<string, KnownAccount>();
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
    settled(id, version) {
      const account = remembered.get(id);
      if (account?.pending?.version === version) remembered.set(id, { ...account, pending: null });
    },
    remember(id, { latest, pending }) {
      remembered.delete(id);
      const version = copyOf(latest);
      remembered.set(copyOf(id), {
        latest: version,
        pending: pending && { version, seq: copyOf(pending.seq), dueAtMs: pending.dueAtMs },
      });
      if (remembered.size <= limit) return;
      const oldest = remembered.keys().next();
      if (!oldest.done) remembered.delete(oldest.value);
    },
  };
}

/** Text cut out of a source holds on to the whole piece that was read with it: 128 KiB for each account. */
function copyOf(text: string): string {
  return Buffer.from(text).toString();
}
