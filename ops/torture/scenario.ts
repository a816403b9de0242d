import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { FaultPlan, Program } from '../drive/program';
import type { Random } from '../drive/random';

/** The result of one case. */
export interface CaseResult {
  /** How often damage was done. */
  readonly tried: number;
  /** Results in a few words, to be counted: `refused`, `all there`. */
  readonly outcomes: readonly string[];
  /** Violations; none if correct. */
  readonly breaches: readonly string[];
}

export interface CaseContext {
  readonly program: Program;
  /** An empty directory for this case. */
  readonly folder: string;
  /** A migrated data directory to copy; do not open it. */
  readonly prepared: string;
  /** A data directory without a schema, to copy. */
  readonly unmigrated: string;
  /** From the seed, the scenario's name and the case's number. */
  readonly seedWords: readonly (string | number)[];
  readonly index: number;
  readonly size: Size;
}

/** `short` for every test run, `long` by hand. */
export type Size = 'short' | 'long';

export interface Scenario {
  readonly name: string;
  /** The fault, for the table. */
  readonly fault: string;
  /** Default number of cases. */
  readonly cases: Readonly<Record<Size, number>>;
  /** Whether `--kills` is shared among scenarios of this kind. */
  readonly kills: boolean;
  /** About how many faults in one case. */
  readonly perCase: number;
  /** Why it cannot run here; null if it can. */
  readonly obstacle?: () => string | null;
  /** Maximum concurrent cases; default two. */
  readonly atOnce?: number;
  run(context: CaseContext): Promise<CaseResult>;
}

/** A fault whose time is still to be drawn. */
export type FaultKind = Omit<FaultPlan, 'nth'>;

/** @param spinUs of the kind: the longest time to wait before the fault. */
export function drawPlan(random: Random, kind: FaultKind, nth: number): FaultPlan {
  return { ...kind, nth, ...(kind.spinUs !== undefined && { spinUs: random.int(1, kind.spinUs) }) };
}

const counts = new Map<string, Promise<number>>();

/** How many events of a kind an undamaged start has; counted once for all cases with the same `key`. */
export function countEvents(
  { prepared, folder }: CaseContext,
  key: string,
  { at, match }: FaultKind,
  live: (plan: FaultPlan, folder: string) => Promise<unknown>,
): Promise<number> {
  const name = `${prepared} ${key} ${at} ${match}`;
  const known = counts.get(name);
  if (known) return known;
  const place = join(folder, `count-${counts.size}`);
  const count = async () => {
    mkdirSync(place, { recursive: true });
    const countTo = join(place, 'count');
    await live({ at, ...(match !== undefined && { match }), nth: 0, countTo }, place);
    const counted = Math.max(1, Number(readFileSync(countTo, 'utf8')));
    rmSync(place, { recursive: true });
    return counted;
  };
  const counted = count();
  counts.set(name, counted);
  return counted;
}
