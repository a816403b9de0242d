/** One turn at a time, first come, first served. The taker must give it back. */
export interface Turns {
  /** Resolves when it is the caller's turn; rejects with the reason of `refuse`. */
  take(): Promise<void>;
  giveBack(): void;
  /** Rejects all present and future waiters. The current turn is not affected. */
  refuse(reason: Error): void;
}

export function createTurns(): Turns {
  const waiting: { grant: () => void; refuse: (reason: Error) => void }[] = [];
  let taken = false;
  let refusal: Error | null = null;
  return {
    take() {
      if (refusal) return Promise.reject(refusal);
      if (!taken) {
        taken = true;
        return Promise.resolve();
      }
      return new Promise((grant, refuse) => waiting.push({ grant, refuse }));
    },
    giveBack() {
      const next = waiting.shift();
      if (next) next.grant();
      else taken = false;
    },
    refuse(reason) {
      refusal = reason;
      for (const { refuse } of waiting.splice(0)) refuse(reason);
    },
  };
}
