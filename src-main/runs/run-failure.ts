import { IngotError } from '../../src-shared/errors';

export function isDatabaseLost(error: unknown): boolean {
  return error instanceof IngotError && error.code === 'database_unavailable';
}

/** Why a run ended before its time, for a person. */
export function describeFailure(error: unknown): string {
  if (error instanceof IngotError && error.code === 'disk_full') {
    return `${error.message} Everything acknowledged is kept. Make room, then resume the run.`;
  }
  if (!(error instanceof IngotError)) return 'Something went wrong inside Ingot. The log has the details.';
  const { hint } = error.details;
  return hint === undefined ? error.message : `${error.message} ${hint}`;
}
