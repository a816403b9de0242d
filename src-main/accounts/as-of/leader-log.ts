type Compare = (update: number, other: number) => number;

export interface LeaderLogDeps {
  /** Above 0 if the first has more tokens. */
  readonly compare: Compare;
  readonly typeOf: (update: number) => number;
  /** Whether it is the latest of its account. */
  readonly isHead: (update: number) => boolean;
}

interface Race {
  /** Updates of the type, the most tokens first; those that are no longer the latest are dropped when they come up. */
  readonly heap: number[];
  /** An update with the tokens of the leaders; null: there is no account. */
  best: number | null;
  tied: number;
}

export interface LeaderNote {
  readonly update: number;
  readonly type: number;
  /** How many shared first place before, if all who lead from then on were among them; otherwise 0. */
  readonly before: number;
}

/** Notes at which updates the leaders of a type changed: another account, or one more or less in a tie. */
export function createLeaderLog({ compare, typeOf, isHead }: LeaderLogDeps) {
  const races: Race[] = [];
  const noted: LeaderNote[] = [];
  const note = (update: number, type: number, before: number) => noted.push({ update, type, before });

  const raceOf = (type: number): Race => {
    const race = races[type] ?? { heap: [], best: null, tied: 0 };
    races[type] = race;
    return race;
  };
  /** Finds the leaders after the last of them has gone. */
  const elect = (race: Race) => {
    const tied: number[] = [];
    for (let top = race.heap[0]; top !== undefined; top = race.heap[0]) {
      const lives = isHead(top);
      if (lives && tied[0] !== undefined && compare(top, tied[0]) < 0) break;
      take(race.heap, compare);
      if (lives) tied.push(top);
    }
    for (const one of tied) put(race.heap, one, compare);
    race.best = tied[0] ?? null;
    race.tied = tied.length;
  };

  return {
    /** `older`: the update of the account that it replaces. It is the latest already. */
    add(update: number, older: number | null): void {
      const type = typeOf(update);
      const race = raceOf(type);
      const led = (of: Race) => older !== null && of.best !== null && compare(older, of.best) === 0;
      const from = older === null ? null : raceOf(typeOf(older));
      if (from && from !== race && led(from)) {
        const before = from.tied === 1 ? 0 : from.tied;
        from.tied -= 1;
        if (from.tied === 0) elect(from);
        note(update, typeOf(older as number), before);
      }
      const wasLeader = from === race && led(race);
      const wasAlone = wasLeader && race.tied === 1;
      put(race.heap, update, compare);
      const apart = race.best === null ? 1 : compare(update, race.best);
      const before = race.tied;
      if (apart > 0) {
        race.best = update;
        race.tied = 1;
        if (!wasAlone) note(update, type, wasLeader ? before : 0);
      } else if (apart === 0) {
        if (wasLeader) return;
        race.tied += 1;
        note(update, type, 0);
      } else if (wasLeader) {
        race.tied -= 1;
        if (race.tied === 0) elect(race);
        if (!(wasAlone && race.tied === 1 && race.best === update)) note(update, type, wasAlone ? 0 : before);
      }
    },
    /** An account is there no more; `older` was its latest, and is none already. */
    leave(update: number, older: number): void {
      const type = typeOf(older);
      const race = raceOf(type);
      if (race.best === null || compare(older, race.best) !== 0) return;
      const before = race.tied === 1 ? 0 : race.tied;
      race.tied -= 1;
      if (race.tied === 0) elect(race);
      note(update, type, before);
    },
    /** The last one of each of these types at an update that matches. */
    lastOf(types: ReadonlySet<number>, matches: (update: number) => boolean): readonly LeaderNote[] {
      const found = new Map<number, LeaderNote>();
      for (let at = noted.length - 1; at >= 0 && found.size < types.size; at -= 1) {
        const one = noted[at];
        if (one && types.has(one.type) && !found.has(one.type) && matches(one.update))
          found.set(one.type, one);
      }
      return [...found.values()];
    },
    /** The latest `most` at updates that match, in order. */
    latest(matches: (update: number) => boolean, most: number): LeaderNote[] {
      const found: LeaderNote[] = [];
      for (let at = noted.length - 1; at >= 0 && found.length < most; at -= 1) {
        const one = noted[at];
        if (one && matches(one.update)) found.push(one);
      }
      return found.reverse();
    },
  };
}

function put(heap: number[], update: number, compare: Compare): void {
  let at = heap.push(update) - 1;
  while (at > 0) {
    const parent = (at - 1) >>> 1;
    if (compare(update, heap[parent] as number) <= 0) break;
    heap[at] = heap[parent] as number;
    at = parent;
  }
  heap[at] = update;
}

function take(heap: number[], compare: Compare): void {
  const last = heap.pop();
  if (last === undefined || heap.length === 0) return;
  let at = 0;
  for (;;) {
    let child = 2 * at + 1;
    if (child >= heap.length) break;
    if (child + 1 < heap.length && compare(heap[child + 1] as number, heap[child] as number) > 0) child += 1;
    if (compare(heap[child] as number, last) <= 0) break;
    heap[at] = heap[child] as number;
    at = child;
  }
  heap[at] = last;
}
