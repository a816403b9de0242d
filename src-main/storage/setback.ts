import type { Content, Mark } from './high-water';

/** Acknowledged content is missing after reopening. */
export interface Setback {
  /** Missing updates, a decimal; null if the mark dates from before a reset or restore. */
  readonly missingUpdates: string | null;
  /** Runs that are missing entirely. */
  readonly missingRuns: number;
  /** When it was last known to be complete: whole milliseconds since 1970. */
  readonly acknowledgedAtMs: number;
}

/** Compares the acknowledged content with the present one; null if nothing is missing. */
export function findSetback(mark: Mark | null, content: Content): Setback | null {
  if (!mark) return null;
  const { acknowledgedAtMs } = mark;
  const [bornBefore, bornNow] = [BigInt(mark.bornAtUs), BigInt(content.bornAtUs)];
  // A reset or restore whose process ended before it was noted.
  if (bornNow > bornBefore) return null;
  if (bornNow < bornBefore) return { missingUpdates: null, missingRuns: 0, acknowledgedAtMs };
  const missingUpdates = BigInt(mark.updates) - BigInt(content.updates);
  const missingRuns = mark.runs - content.runs;
  if (missingUpdates <= 0n && missingRuns <= 0) return null;
  return {
    missingUpdates: String(missingUpdates > 0n ? missingUpdates : 0n),
    missingRuns: Math.max(missingRuns, 0),
    acknowledgedAtMs,
  };
}

/** One sentence for a person, without advice. */
export function describeSetback({ missingUpdates, missingRuns, acknowledgedAtMs }: Setback): string {
  const when = new Date(acknowledgedAtMs).toISOString();
  if (missingUpdates === null) {
    return `The database came back as it was before it was last emptied or restored (seen whole at ${when}).`;
  }
  const missing = [
    ...(missingUpdates === '0' ? [] : [`${missingUpdates} ${missingUpdates === '1' ? 'update' : 'updates'}`]),
    ...(missingRuns === 0 ? [] : [`${missingRuns} ${missingRuns === 1 ? 'run' : 'runs'}`]),
  ].join(' and ');
  return `The database came back without ${missing} that it still had at ${when}.`;
}
