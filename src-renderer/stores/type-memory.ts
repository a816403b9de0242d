import type { FeedEvent } from '../../src-shared/feed';

/**
 * The last type seen for an account, for events that carry none. Bounded, and changed in place: copying twenty thousand entries
 * per frame would cost too much.
 */
export interface TypeMemory {
  learn(event: FeedEvent): void;
  typeOf(id: string): string | null;
}

export function createTypeMemory(capacity = 20_000): TypeMemory {
  const types = new Map<string, string>();
  const set = (id: string, accountType: string) => {
    // Removed and added again, it becomes the newest: a map keeps insertion order.
    types.delete(id);
    types.set(id, accountType);
    if (types.size <= capacity) return;
    for (const oldest of types.keys()) {
      types.delete(oldest);
      return;
    }
  };
  return {
    learn(event) {
      if (event.event === 'indexed') set(event.id, event.accountType);
      else if (event.event === 'fired') set(event.account.id, event.account.accountType);
    },
    typeOf: (id) => types.get(id) ?? null,
  };
}
