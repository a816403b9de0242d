import type { EpochMs } from '../../src-shared/update';

/** An instant from the database's text, never below the true one, so that nothing fires early. */
export function epochMsFromText(text: string): EpochMs {
  const ms = Number(text);
  // Above 2^53, some 285,000 years from now, the nearest double may be a millisecond too low.
  return ms > Number.MAX_SAFE_INTEGER && BigInt(ms) < BigInt(text) ? ms + 2 : ms;
}
