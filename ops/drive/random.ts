import { createHash } from 'node:crypto';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';

export interface Random {
  /** Both ends included. */
  int(from: number, to: number): number;
  pick<T>(choices: readonly T[]): T;
}

/** The same words give the same numbers, so that one case can be repeated alone. */
export function createRandom(...words: readonly (string | number)[]): Random {
  const seed = createHash('sha256').update(words.join(' ')).digest().readInt32LE();
  const generator = xoroshiro128plus(seed);
  const int = (from: number, to: number) => uniformInt(generator, from, to);
  return {
    int,
    pick(choices) {
      const chosen = choices[int(0, choices.length - 1)];
      if (chosen === undefined) throw new Error('nothing to choose from');
      return chosen;
    },
  };
}
