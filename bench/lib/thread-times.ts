import { readdirSync, readFileSync } from 'node:fs';

/** Milliseconds of processor time by thread of this process, of those that run now; none where the system is not Linux. */
export type ThreadTimes = ReadonlyMap<string, number>;

const TASKS = '/proc/self/task';

export function threadTimes(): ThreadTimes {
  if (process.platform !== 'linux') return new Map();
  return new Map(readdirSync(TASKS).map((thread) => [thread, timeOf(thread)]));
}

/** Of the thread that calls it. */
export const ownTime = (): number =>
  process.platform === 'linux' ? Number(firstField('/proc/thread-self/schedstat')) / 1e6 : Number.NaN;

/** What the busiest thread took between two looks, of those that were not there in `others`. */
export function busiestOf(before: ThreadTimes, after: ThreadTimes, others: ThreadTimes): number {
  const taken = [...after]
    .filter(([thread]) => !others.has(thread))
    .map(([thread, ms]) => ms - (before.get(thread) ?? 0));
  return taken.length === 0 ? Number.NaN : Math.max(...taken);
}

const timeOf = (thread: string) => Number(firstField(`${TASKS}/${thread}/schedstat`)) / 1e6;
const firstField = (path: string) => readFileSync(path, 'utf8').split(' ')[0];
