import { LEAST_AGE_MS, type RetentionInfo, type RetentionSettings } from '../../src-shared/retention';
import { findHold, removeHistoryStep, removeSomeRejects } from '../accounts/sql/remove-history';
import { sumRunCounts } from '../accounts/views/describe-database';
import { lastUpdateBy } from '../accounts/views/resolve-instant';
import type { Database, Queryable } from '../database/database';
import type { Logger } from '../observability/logger';
import type { Housekeeping } from '../storage/housekeeping';
import {
  findSpanAbove,
  measureTables,
  noteSizeAfter,
  readRetention,
  type StoredRetention,
  saveRetention,
  sumRemoved,
} from '../storage/retention';
import type { Alarm, Clock } from '../time/clock';

/** Removes old history, as the settings of the database say, some hundred updates at a time. */
export interface Retention {
  /** Looks now, and from then on every minute. */
  start(): void;
  /** What is older than the new limits is removed from now on. */
  set(settings: RetentionSettings): Promise<RetentionInfo>;
  info(): Promise<RetentionInfo>;
  /** Resolves when what it does at the moment is done. */
  stop(): Promise<void>;
}

export interface RetentionDeps {
  readonly db: Database;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly housekeeping: Pick<Housekeeping, 'removed' | 'makeRoom'>;
  /** No batch and no claim meanwhile. */
  readonly alone: <T>(work: () => Promise<T>) => Promise<T>;
  /** After history was removed. */
  readonly onRemoved: (updates: number, info: RetentionInfo) => void;
}

const LOOK_EVERY_MS = 60_000;
/** The tables do not grow beyond the limit: removing begins before they take it. */
const FULL_SHARE = 0.85;
/** So much of the history goes when the tables have grown to their limit again. */
const REMOVED_SHARE = 0.2;
/** The tables may grow by this much of their limit after history was removed, before more is. */
const GROWTH_SHARE = 0.01;

/** So much of the room of removed updates is used before more are removed. */
const ROOM_SHARE = 0.8;

export function createRetention(deps: RetentionDeps): Retention {
  const { db, clock, alone, housekeeping } = deps;
  const logger = deps.logger.child({ component: 'retention' });
  let alarm: Alarm | undefined;
  let isStopped = false;
  let isOn = false;
  let isAgain = false;
  let working: Promise<void> | null = null;
  let heldBy: string | null = null;
  /** Once so many updates were stored in all, the room of those that were removed because of the size is nearly used. */
  let roomUntil = Number.POSITIVE_INFINITY;
  /** The floor that the size asks for, as long as something holds it back, and how many updates were removed for it so far. */
  let heldBack: { readonly seq: bigint; readonly removed: number } | null = null;

  const look = async () => {
    const stored = await readRetention(db);
    isOn = stored.settings.ageMs !== null || stored.settings.sizeBytes !== null;
    const updates = await countStored(db);
    const target = await findTarget(db, stored, {
      nowMs: clock.now(),
      isRoomUsed: updates >= roomUntil,
      heldBack: heldBack?.seq,
    });
    heldBy = target.heldBy;
    let floor = stored.floor === null ? null : BigInt(stored.floor.seq);
    let removed = 0;
    while (!isStopped && !isAgain && target.seq !== null && (floor === null || floor < target.seq)) {
      const [from, to] = [floor ?? LOWEST, target.seq];
      const step = await alone(() => removeHistoryStep(db, from, to));
      floor = step.floor;
      removed += step.removed;
      for (const reached of step.reached) {
        while (!(await alone(() => removeSomeRejects(db, reached)))) await clock.breathe();
      }
      await housekeeping.removed(step.removed);
      await clock.breathe();
    }
    if (isStopped) return;
    const forSize = removed + (heldBack?.removed ?? 0);
    heldBack = null;
    // Other limits begin with a measure of their own.
    if (target.bySize !== null && !isAgain) {
      if (heldBy !== null) heldBack = { seq: target.bySize, removed: forSize };
      else {
        await housekeeping.makeRoom();
        roomUntil = forSize === 0 ? Number.POSITIVE_INFINITY : updates + ROOM_SHARE * forSize;
        await noteSizeAfter(db, await measureTables(db));
      }
    }
    if (removed === 0) return;
    logger.info({ updates: removed, floor: String(floor) }, 'history was removed');
    deps.onRemoved(removed, await info());
  };

  const work = async () => {
    do {
      isAgain = false;
      await look().catch((error: unknown) => {
        if (!isStopped) logger.warn({ err: error }, 'old history could not be removed; trying again');
      });
    } while (isAgain && !isStopped);
    if (isOn && !isStopped) alarm = clock.setAlarm(clock.now() + LOOK_EVERY_MS, wake);
    working = null;
  };
  const wake = (): Promise<void> => {
    working ??= work();
    return working;
  };
  const lookNow = () => {
    if (working) isAgain = true;
    else {
      alarm?.clear();
      alarm = clock.setAlarm(clock.now(), wake);
    }
  };
  const info = () => describeRetention(db, heldBy);

  return {
    start: lookNow,
    async set(settings) {
      await alone(() => saveRetention(db, settings));
      logger.info({ ...settings }, 'retention was set');
      lookNow();
      return info();
    },
    info,
    async stop() {
      isStopped = true;
      alarm?.clear();
      await working;
    },
  };
}

async function countStored(db: Queryable): Promise<number> {
  const { indexed, stale } = await sumRunCounts(db, null);
  return indexed + stale;
}

const LOWEST = -(2n ** 63n);

/** As `Retention.info`, where no engine is. */
export async function lookAtRetention(db: Queryable, nowMs: number): Promise<RetentionInfo> {
  const { heldBy } = await findTarget(db, await readRetention(db), { nowMs });
  return describeRetention(db, heldBy);
}

/** @param heldBy what keeps older history than asked for; null: nothing. */
async function describeRetention(db: Queryable, heldBy: string | null): Promise<RetentionInfo> {
  const { settings, floor } = await readRetention(db);
  return { ...settings, floor, removed: await sumRemoved(db), heldBy, tableBytes: await measureTables(db) };
}

interface Target {
  /** The floor is to rise to it; null: nothing is to be removed. */
  readonly seq: bigint | null;
  /** What the size alone asks for; null: the tables have room. */
  readonly bySize: bigint | null;
  readonly heldBy: string | null;
}

interface Known {
  readonly nowMs: number;
  readonly isRoomUsed?: boolean;
  /** What the size asked for, and was held back. */
  readonly heldBack?: bigint | undefined;
}

/** Whichever limit is met first. */
async function findTarget(
  db: Queryable,
  { settings: { ageMs, sizeBytes }, floor, sizeAfter }: StoredRetention,
  { nowMs, isRoomUsed = false, heldBack }: Known,
): Promise<Target> {
  const none: Target = { seq: null, bySize: null, heldBy: null };
  if (ageMs === null && sizeBytes === null) return none;
  const byAge = ageMs === null ? null : await lastUpdateBy(db, nowMs - ageMs);
  const bySize =
    sizeBytes === null
      ? null
      : (heldBack ?? (await findBySize(db, sizeBytes, floor?.seq ?? null, isRoomUsed ? null : sizeAfter)));
  const youngest = bySize === null ? null : await lastUpdateBy(db, nowMs - LEAST_AGE_MS);
  const sized = least(bySize, youngest);
  const wanted = byAge === null || (sized !== null && sized > byAge) ? sized : byAge;
  const hold = await findHold(db);
  const tooYoung = bySize !== null && (youngest === null || bySize > youngest);
  const isHeld = hold !== null && wanted !== null && hold.seq <= wanted;
  return {
    seq: isHeld ? hold.seq - 1n : wanted,
    bySize,
    heldBy: isHeld
      ? `The target ${hold.target} has still to be given callbacks.`
      : tooYoung
        ? 'Its tables are as large as they may be, but what came within the last hour is always kept.'
        : null,
  };
}

const least = (a: bigint | null, b: bigint | null) => (a === null || b === null ? null : a < b ? a : b);

/**
 * Null as long as there is room. Tables give no room back to the disk, but new rows take that of removed ones: so they are full again
 * when they have grown since.
 */
async function findBySize(
  db: Queryable,
  limit: number,
  floor: string | null,
  sizeAfter: number | null,
): Promise<bigint | null> {
  const size = await measureTables(db);
  if (size < limit * FULL_SHARE) return null;
  if (sizeAfter !== null && size <= sizeAfter + limit * GROWTH_SHARE) return null;
  const span = await findSpanAbove(db, floor);
  if (span === null) return null;
  const share = Math.max(REMOVED_SHARE, 1 - (1 - REMOVED_SHARE) * (limit / size));
  const parts = BigInt(Math.round(share * 1000));
  return span.first + ((span.last - span.first) * parts) / 1000n;
}
