export interface BenchRatio {
  readonly bench: string;
  /** Null: it was no number. */
  readonly ratio: number | null;
}

export const BETTER: Readonly<Record<string, 'higher' | 'lower'>>;
export function compareResults(
  kept: readonly BenchRatio[],
  fresh: readonly BenchRatio[],
  limit: number,
): { readonly lines: readonly string[]; readonly worse: readonly string[] };
