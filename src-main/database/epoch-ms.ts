import type { EpochMs } from '../../src-shared/update';

/** An instant as the database prints it; never below the true one, so that nothing fires early. */
export function epochMsFromText(text: string): EpochMs {
  const ms = Number(text);
  // Above 2^53, some 285,000 years from now, the nearest double may lie a millisecond before it.
  return ms > Number.MAX_SAFE_INTEGER && BigInt(ms) < BigInt(text) ? ms + 2 : ms;
}
