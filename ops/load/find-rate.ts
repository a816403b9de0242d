import type { LoadResult } from './run-load';

/** What came of one rate. */
export interface Attempt {
  /** Why it does not hold, in words; none if it does. */
  readonly reasons: readonly string[];
}

export interface FoundRate {
  /** The highest rate that held; null if not even the lowest did. */
  readonly holds: number | null;
  /** The lowest rate above it that did not; null if there was none up to the highest that was tried. */
  readonly fails: number | null;
}

export interface FindOptions {
  /** Updates a second to begin with. */
  readonly from: number;
  readonly most: number;
}

/** Looked at no closer than this: the next run of the same rate differs by more. */
const CLOSE_ENOUGH = 1.06;

/**
 * The highest rate that holds: doubles while it does (or halves until it does), then tries the middle of
 * what is left until both ends are close.
 */
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

/** To two digits, where that is a rate between the two. */
function roundRate(rate: number, above: number, below: number): number {
  const step = 10 ** Math.max(0, Math.floor(Math.log10(rate)) - 1);
  const rounded = Math.round(rate / step) * step;
  return rounded > above && rounded < below ? rounded : Math.round(rate);
}

/** Of what was asked, so much must be reached, or else the last answer must be within the bound: then nothing piled up. */
const LEAST_REACHED = 0.99;
/** Of what was asked from the second quarter to the last, no more may have been added to the backlog, */
const MOST_GROWTH = 0.01;
/** unless it is less than what comes in within this share of the bound: a few updates more or less are no trend. */
const NO_TREND = 0.25;

/** Why a rate does not hold; none if it does. */
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
