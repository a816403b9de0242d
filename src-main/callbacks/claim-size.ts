import type { ScheduledCallback } from '../accounts/apply-batch';
import type { Queryable } from '../database/database';
import { measureData } from './sql/measure-data';

/** Characters of data that one claim may take, but for the callback that goes over it. */
export const MOST_CLAIMED_DATA = 8 * 1024 * 1024;

/** So many are measured by the first question, and twice as many by each that follows. */
const MEASURED_FIRST = 16;

export interface Fitting {
  /** With the length of its data, as far as it was looked at. */
  readonly due: readonly ScheduledCallback[];
  /** How many of them, from the first on, may be claimed by one statement: at least one. */
  readonly count: number;
}

/**
 * A claim is answered with the data of all that it claims, in one text that the database and this process have to hold
 * several times over: it ends where that is `mostData`. A length that is not known is asked of the database; one that
 * goes alone needs none, nor do those of a statement that gives no data.
 */
export async function fitIntoClaim(
  db: Queryable,
  due: readonly ScheduledCallback[],
  mostData: number,
): Promise<Fitting> {
  if (mostData === Number.POSITIVE_INFINITY) return { due, count: due.length };
  const lengths = due.map(({ dataLength }) => dataLength);
  const measure = async (from: number, most: number) => {
    const unknown = due.slice(from).filter(({ dataLength }) => dataLength === null);
    const seqs = unknown.slice(0, most).map(({ seq }) => seq);
    const measured = await measureData(db, seqs);
    for (let place = from; place < due.length; place += 1) {
      lengths[place] ??= measured.get(due[place]?.seq ?? '') ?? null;
    }
  };
  let measuredAtOnce = MEASURED_FIRST;
  let data = 0;
  let count = 0;
  while (count < due.length && data < mostData) {
    if (lengths[count] === null && due.length > 1) {
      await measure(count, measuredAtOnce);
      measuredAtOnce *= 2;
    }
    data += lengths[count] ?? 0;
    count += 1;
  }
  return {
    due: due.map(({ seq, dueAtMs }, place) => ({ seq, dueAtMs, dataLength: lengths[place] ?? null })),
    count,
  };
}
