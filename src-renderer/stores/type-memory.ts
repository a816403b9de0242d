import type { FeedEvent } from '../../src-shared/feed';

/**
 * Which type an account was last seen with, to give one to events that carry none. Bounded, and
 * changed in place: copying twenty thousand entries for every frame would cost more than it is worth.
 */
export interface TypeMemory {
  learn(event: FeedEvent): void;
  typeOf(id: string): string | null;
}

export function createTypeMemory(capacity = 20_000): TypeMemory {
  const types = new Map<string, string>();
  const set = (id: string, accountType: string) => {
    // Taken out and put back, it is the newest again: a map keeps the order of its keys.
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
