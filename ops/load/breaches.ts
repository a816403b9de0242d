/** Enough to see what is wrong: where one thing is, a hundred thousand others may be. */
const MOST_KEPT = 50;

/** What may not be, in sentences: the first ones, and how many there were. */
export interface Breaches {
  add(text: string): void;
  addAll(texts: Iterable<string>): void;
  list(): readonly string[];
}

export function createBreaches(): Breaches {
  const kept: string[] = [];
  let count = 0;
  const add = (text: string) => {
    count += 1;
    if (kept.length < MOST_KEPT) kept.push(text);
  };
  return {
    add,
    addAll(texts) {
      for (const text of texts) add(text);
    },
    list: () => (count > kept.length ? [...kept, `and ${count - kept.length} more`] : [...kept]),
  };
}
