import { IngotError } from '../../src-shared/errors';

export function isDatabaseLost(error: unknown): boolean {
  return error instanceof IngotError && error.code === 'database_unavailable';
}

export function isDiskFull(error: unknown): boolean {
  return error instanceof IngotError && error.code === 'disk_full';
}

/** Why a run ended before its time, for a person. */
export function describeFailure(error: unknown): string {
  if (error instanceof IngotError && isDiskFull(error)) {
    return `${error.message} Everything acknowledged is kept. Make room, then resume the run.`;
  }
  if (!(error instanceof IngotError)) return 'Something went wrong inside Ingot. The log has the details.';
  const { hint } = error.details;
  return hint === undefined ? error.message : `${error.message} ${hint}`;
}
