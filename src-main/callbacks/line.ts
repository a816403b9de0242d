/** Accounts by their ids, or by the numbers of the updates whose callbacks wait. */
export interface Concerned {
  readonly ids?: readonly string[];
  /** They have been taken from their queues. */
  readonly taken?: readonly bigint[];
}

/** All writes of an engine, one after another. */
export interface Line {
  /**
   * Runs `work` exclusively: no claim, no batch and no manual action meanwhile. What falls due meanwhile fires afterwards, in one
   * claim.
   * @param mayGoBetween Asked between two steps of a death: whether this work may be done then, before others in the line.
   */
  alone<T>(work: () => Promise<T>, mayGoBetween?: () => boolean): Promise<T>;
  /**
   * Within `alone`: takes the steps of the death of a slot, until one returns false. Between two of them callbacks fire and batches are
   * stored. The accounts that these concern fall back first.
   * @param fallBack lets them fall back unless they have, and returns the numbers of the updates that were their latest.
   */
  inSteps(
    step: () => Promise<boolean>,
    fallBack: (of: Concerned) => Promise<ReadonlySet<bigint>>,
  ): Promise<void>;
  isBetweenSteps(): boolean;
  /** Within `alone`: what was given to `inSteps`. Does nothing if no slot is dying. */
  fallBackFirst(of: Concerned): Promise<ReadonlySet<bigint>>;
  /** Within `alone`: `work` was begun and must be finished before anything else; each that comes tries again until it succeeds. */
  finishFirst(work: () => Promise<unknown>): void;
}

interface Waiting {
  readonly may: () => boolean;
  /** Does it now. */
  readonly go: () => Promise<unknown>;
}

/** @param paused Called when nothing is left in the line, and before others may go between two steps. */
export function createLine(paused: () => void): Line & {
  /** How many pieces of work run or wait for their turn. */
  size(): number;
  /** Resolves once what is in the line now is done. */
  done(): Promise<unknown>;
} {
  let line: Promise<unknown> = Promise.resolve();
  let inLine = 0;
  let unfinished: (() => Promise<unknown>) | null = null;
  /** What lets accounts of the slot fall back that is dying. */
  let dying: Parameters<Line['inSteps']>[1] | null = null;
  /** In the line, and may be done between two steps of a death. */
  const between = new Set<Waiting>();

  return {
    size: () => inLine,
    done: () => line,
    alone(work, mayGoBetween) {
      inLine += 1;
      const finished = () => {
        unfinished = null;
        return work();
      };
      const before = line;
      let waiting: Waiting | null = null;
      const called = new Promise<void>((resolve) => {
        if (!mayGoBetween) return;
        const go = () => {
          resolve();
          return turn.catch(() => {});
        };
        waiting = { may: mayGoBetween, go };
        between.add(waiting);
      });
      const turn = Promise.race([before, called])
        .then(() => {
          if (waiting) between.delete(waiting);
          return unfinished?.().then(finished) ?? work();
        })
        .finally(() => {
          inLine -= 1;
          if (inLine === 0) paused();
        });
      line = turn.catch(() => {}).then(() => before);
      return turn;
    },
    async inSteps(step, fallBack) {
      const failed: unknown[] = [];
      let goesOn = await step();
      dying = (of) =>
        fallBack(of).catch((error: unknown) => {
          failed.push(error);
          throw error;
        });
      try {
        while (goesOn) {
          paused();
          for (const one of [...between]) {
            if (one.may()) await one.go();
            if (failed.length > 0) throw failed[0];
          }
          goesOn = await step();
        }
      } finally {
        dying = null;
      }
    },
    isBetweenSteps: () => dying !== null,
    fallBackFirst: async (of) => (dying ? dying(of) : new Set()),
    finishFirst(work) {
      unfinished = work;
    },
  };
}
