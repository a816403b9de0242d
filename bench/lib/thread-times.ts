import { readdirSync, readFileSync } from 'node:fs';

/** Processor time in milliseconds by running thread of this process; empty except on Linux. */
export type ThreadTimes = ReadonlyMap<string, number>;

const TASKS = '/proc/self/task';

export function threadTimes(): ThreadTimes {
  if (process.platform !== 'linux') return new Map();
  return new Map(readdirSync(TASKS).map((thread) => [thread, timeOf(thread)]));
}

/** Of the calling thread. */
export const ownTime = (): number =>
  process.platform === 'linux' ? Number(firstField('/proc/thread-self/schedstat')) / 1e6 : Number.NaN;

/** The time of the busiest thread between two looks, without those in `others`. */
export function busiestOf(before: ThreadTimes, after: ThreadTimes, others: ThreadTimes): number {
  const taken = [...after]
    .filter(([thread]) => !others.has(thread))
    .map(([thread, ms]) => ms - (before.get(thread) ?? 0));
  return taken.length === 0 ? Number.NaN : Math.max(...taken);
}

const timeOf = (thread: string) => Number(firstField(`${TASKS}/${thread}/schedstat`)) / 1e6;
const firstField = (path: string) => readFileSync(path, 'utf8').split(' ')[0];
