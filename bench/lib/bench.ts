import { median } from '../../ops/drive/figures';

export { median, quantile } from '../../ops/drive/figures';

export interface BenchContext {
  /** Smallest inputs: only checks that it runs. */
  readonly short: boolean;
  /** How often each side is measured; the sides take turns. */
  readonly repeat: number;
  /** Number of records, for benches that use it; undefined: their default. */
  readonly records: number | undefined;
  /** Updates a second, for benches that use it; undefined: their default. */
  readonly rate: number | undefined;
  /** How long to watch, for benches that use it; undefined: seconds. */
  readonly minutes: number | undefined;
  /** Where to draw plots, as SVG; undefined: nowhere. */
  readonly plots: string | undefined;
  /** A built earlier version to compare with; undefined: none. */
  readonly before: string | undefined;
  /** Empty, and removed afterwards. */
  readonly directory: string;
  /** For a person. */
  readonly say: (line: string) => void;
}

/** Figures by name: records a second, or milliseconds, unless the name says otherwise. */
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

/** How many milliseconds `work` takes, and its result. */
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
