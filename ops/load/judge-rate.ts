import type { LoadResult } from './run-load';

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
