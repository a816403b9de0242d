import type { LoadResult } from './run-load';

/** The result of one rate. */
export interface Attempt {
  /** Why it does not hold; empty if it does. */
  readonly reasons: readonly string[];
}

export interface FoundRate {
  /** The highest rate that held; null if none did. */
  readonly holds: number | null;
  /** The lowest rate above it that did not hold; null if there was none up to the highest tried. */
  readonly fails: number | null;
}

export interface FindOptions {
  /** The first rate. */
  readonly from: number;
  readonly most: number;
}

/** Stop at this ratio: repeated runs differ by more. */
const CLOSE_ENOUGH = 1.06;

/** Doubles the rate while it holds (or halves it until it does), then bisects until both ends are close. */
export async function findRate(
  attempt: (perSecond: number) => Promise<Attempt>,
  { from, most }: FindOptions,
): Promise<FoundRate> {
  let holds: number | null = null;
  let fails: number | null = null;
  for (let rate: number | null = from; rate !== null; rate = chooseNext(holds, fails, most)) {
    if ((await attempt(rate)).reasons.length === 0) holds = rate;
    else fails = rate;
  }
  return { holds, fails };
}

function chooseNext(holds: number | null, fails: number | null, most: number): number | null {
  if (fails === null) {
    if (holds === null || holds >= most) return null;
    return Math.min(holds * 2, most);
  }
  if (holds === null) return fails <= 1 ? null : Math.max(1, Math.floor(fails / 2));
  if (fails / holds <= CLOSE_ENOUGH || fails - holds <= 1) return null;
  return roundRate((holds + fails) / 2, holds, fails);
}

/** To two digits, if that is still between the two. */
function roundRate(rate: number, above: number, below: number): number {
  const step = 10 ** Math.max(0, Math.floor(Math.log10(rate)) - 1);
  const rounded = Math.round(rate / step) * step;
  return rounded > above && rounded < below ? rounded : Math.round(rate);
}

/** At least this share must be reached, or the last answer must be within the bound. */
const LEAST_REACHED = 0.99;
/** How much of the updates from the second quarter to the last may be added to the backlog, */
const MOST_GROWTH = 0.01;
/** unless it is less than what arrives within this share of the bound: a few updates are no trend. */
const NO_TREND = 0.25;

/** Empty if it holds. */
export function whyItDoesNotHold(result: LoadResult, boundMs: number): readonly string[] {
  const { rateReached, rateAsked, lateAtEndMs, answerMs, backlog } = result;
  const reasons: string[] = [];
  if (rateReached < LEAST_REACHED * rateAsked && lateAtEndMs > boundMs)
    reasons.push(`reached ${((100 * rateReached) / rateAsked).toFixed(1)} %`);
  if (answerMs.p99 === null || answerMs.p99 > boundMs) reasons.push(`p99 is above ${boundMs} ms`);
  if (backlog.growth > MOST_GROWTH && backlog.grownBy > (NO_TREND * rateAsked * boundMs) / 1000)
    reasons.push(`the backlog grows by ${(100 * backlog.growth).toFixed(1)} %`);
  return reasons;
}
