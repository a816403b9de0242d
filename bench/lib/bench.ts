import { median } from '../../ops/drive/figures';

export { median, quantile } from '../../ops/drive/figures';

/** What a bench is given to work with. */
export interface BenchContext {
  /** Smallest inputs: only to see that it runs. */
  readonly short: boolean;
  /** How often each side is measured; the sides take turns. */
  readonly repeat: number;
  /** How many records, for the benches that say so; undefined: their own number. */
  readonly records: number | undefined;
  /** Updates a second that come in, for the benches that say so; undefined: their own number. */
  readonly rate: number | undefined;
  /** How long it is watched, for the benches that say so; undefined: seconds. */
  readonly minutes: number | undefined;
  /** Where to draw plots, as SVG, for the benches that have any; undefined: nowhere. */
  readonly plots: string | undefined;
  /** An earlier version, built, for the benches that compare with one; undefined: with none. */
  readonly before: string | undefined;
  /** Empty, and removed afterwards. */
  readonly directory: string;
  /** For a person to read. */
  readonly say: (line: string) => void;
}

/** Figures by name: rates in records a second, times in milliseconds unless the name says otherwise. */
export type BenchResult = Readonly<Record<string, string | number>>;

export interface Bench {
  /** What is measured, and against what. */
  readonly title: string;
  run(context: BenchContext): Promise<BenchResult>;
}

/** `value (least to most)`, grouped. */
export function withSpread(values: readonly number[], unit: string): string {
  const show = (value: number) => Math.round(value).toLocaleString('en');
  return `${show(median(values))} ${unit} (${show(Math.min(...values))} to ${show(Math.max(...values))})`;
}

/** How many milliseconds `work` takes, and what it gives. */
export async function timed<T>(work: () => Promise<T>): Promise<{ readonly ms: number; readonly result: T }> {
  const before = performance.now();
  const result = await work();
  return { ms: performance.now() - before, result };
}

/** What `work` cost all threads of this process: says more than the clock on a machine that others use as well. */
export async function withProcessorTime<T>(
  work: () => Promise<T>,
): Promise<{ readonly processorMs: number; readonly result: T }> {
  const before = process.cpuUsage();
  const result = await work();
  const { user, system } = process.cpuUsage(before);
  return { processorMs: (user + system) / 1000, result };
}

export const rounded = (value: number, digits = 0): number => Number(value.toFixed(digits));
