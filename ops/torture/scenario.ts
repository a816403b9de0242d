import type { Program } from './program';

/** What one case of a scenario came to. */
export interface CaseResult {
  /** How often damage was done in it. */
  readonly tried: number;
  /** What came of it, in a few words, to be counted: `refused`, `all there`. */
  readonly outcomes: readonly string[];
  /** What may not be; none if all is well. */
  readonly breaches: readonly string[];
}

export interface CaseContext {
  readonly program: Program;
  /** An empty directory for this case alone. */
  readonly folder: string;
  /** A migrated data directory to copy; nobody opens it. */
  readonly prepared: string;
  /** A data directory that has no schema yet, to copy. */
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
  /** How many cases, when nothing else is asked for. */
  readonly cases: Readonly<Record<Size, number>>;
  /** True if the number asked for with `--kills` is shared among scenarios of this kind. */
  readonly kills: boolean;
  /** About so many faults in one case. */
  readonly perCase: number;
  /** Why it cannot be tried here; null if it can. */
  readonly obstacle?: () => string | null;
  /** At most so many cases at once; two if left out. */
  readonly atOnce?: number;
  run(context: CaseContext): Promise<CaseResult>;
}
