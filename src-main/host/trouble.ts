import type { OpeningTrouble, TroubleKind } from '../../src-shared/database-state';
import { IngotError, isDiskFull, toWireError } from '../../src-shared/errors';
import type { DatabaseTarget } from '../storage/open-database';

/** What an error of opening means to a person: what went wrong, and what can be done about it. */
export function troubleOf(error: unknown, target: DatabaseTarget, nowMs: number): OpeningTrouble {
  const { message, details } = toWireError(error);
  const kind = kindOf(error);
  const dataDir = target.kind === 'data-dir' ? target.dataDir : null;
  return {
    kind,
    message,
    hint: details.hint ?? null,
    dataDir,
    sinceMs: nowMs,
    canStartAfresh: dataDir !== null && STARTS_AFRESH[kind],
  };
}

/** Where there is no room or no permission there is none for a copy either. */
const STARTS_AFRESH: Readonly<Record<TroubleKind, boolean>> = {
  held: false,
  damaged: true,
  postgres_version: true,
  not_a_database: true,
  not_writable: false,
  gone: false,
  schema_newer: true,
  schema_older: true,
  migration_changed: true,
  schema_taken: false,
  disk_full: false,
  unreachable: false,
};

function kindOf(error: unknown): TroubleKind {
  if (isDiskFull(error)) return 'disk_full';
  if (!(error instanceof IngotError)) return 'unreachable';
  return error.details.trouble ?? 'unreachable';
}

export function isGone(error: unknown): boolean {
  return error instanceof IngotError && error.details.trouble === 'gone';
}

export function isHeld(error: unknown): boolean {
  return error instanceof IngotError && error.details.trouble === 'held';
}
