import type { Database } from '../database/database';
import type { Logger } from '../observability/logger';
import type { Alarm, Clock } from '../time/clock';
import { adjustAccountOrders } from './account-orders';
import {
  checkpoint,
  checkpointIfDue,
  findAccountsAtLastVacuum,
  findHistoryAtLastVacuum,
  findHistoryGrowth,
  reuseRoomOfHistory,
  vacuumAccounts,
  vacuumAnalyze,
  vacuumHistory,
} from './maintenance';

/** The size of the log (WAL) is checked after this many records and callbacks. */
const LOOK_EVERY = 5_000;
/**
 * Statistics are due once the history has grown by this many blocks of 8 KiB and by a fifth. From 2 MiB on, some 6,000 records,
 * they are made while nothing runs. From a million records on they take long enough to delay a window, so they are made only at
 * the end of a run.
 */
const DUE_WHEN_IDLE = 250;
const DUE_AT_END = 40_000;
const DUE_SHARE = 0.2;
const IDLE_MS = 5_000;
/**
 * Overwritten latest states leave dead rows, which slow down each look-up of an account. They are vacuumed once this many records
 * were written, and at least a fifth of all records and of all accounts, as by a server's autovacuum. With a million accounts a
 * vacuum takes up to a second.
 */
const VACUUM_RECORDS = 50_000;
const VACUUM_SHARE = 0.2;
/**
 * The room of removed updates is used again only after a vacuum: one that leaves out the indexes once a twentieth of the history was
 * removed, and a whole one, which takes many times as long, once
 * as much was as is there, or a fifth of that while nothing runs.
 */
const REMOVED_UPDATES = 10_000;
const REUSED_SHARE = 0.05;
const REMOVED_SHARE = 1;
/** A high-water note costs two disk writes. */
const NOTE_EVERY_MS = 1_000;

/**
 * The maintenance that PGlite lacks during writing: see `storage/maintenance.ts`. One for all runs of an engine: many small runs,
 * and callbacks that fire long after, leave as much behind as a large one.
 */
export interface Housekeeping {
  /** After each batch, outside its transaction. */
  wrote(batch: { readonly records: number; readonly newAccounts: number }): Promise<void>;
  /** After callbacks were claimed or skipped. */
  settled(callbacks: number): Promise<void>;
  /** After updates were removed from the history. */
  removed(updates: number): Promise<void>;
  /** The room of what was removed is to be used again now. */
  makeRoom(): Promise<void>;
  /** After a run, once its end is recorded. */
  ended(): Promise<void>;
  /** No run is active: makes statistics if due, unless something is written first. */
  rest(): void;
  /** Cancels the statistics that `rest` has planned. */
  stop(): void;
}

export function createHousekeeping(db: Database, clock: Clock, logger: Logger): Housekeeping {
  let total = 0;
  let idle: Alarm | undefined;
  let sinceLook = 0;
  let sinceVacuum = 0;
  let sinceReused = 0;
  let sinceRemoved = 0;
  let accountsAtVacuum: number | null = null;
  let newAccounts = 0;
  /** Check the orders of accounts again after this many new accounts. */
  let lookAtOrdersAfter = 1;
  // By the stopwatch: in virtual time, where it stands still, a run takes milliseconds. The first write is noted at once: a
  // process killed in its first second must not leave a mark without its run.
  let notedAtMs = Number.NEGATIVE_INFINITY;

  const look = async (written: number) => {
    sinceLook += written;
    if (sinceLook < LOOK_EVERY) return;
    sinceLook = 0;
    if (newAccounts >= lookAtOrdersAfter) {
      newAccounts = 0;
      lookAtOrdersAfter = await adjustAccountOrders(db);
    }
    await checkpointIfDue(db);
  };

  const vacuumIfDue = async () => {
    if (db.kind !== 'pglite' || sinceVacuum < Math.max(VACUUM_RECORDS, total * VACUUM_SHARE)) return;
    accountsAtVacuum ??= await findAccountsAtLastVacuum(db);
    if (sinceVacuum < accountsAtVacuum * VACUUM_SHARE) return;
    sinceVacuum = 0;
    accountsAtVacuum = null;
    await vacuumAccounts(db);
  };

  const makeRoom = async () => {
    if (db.kind !== 'pglite' || sinceReused === 0) return;
    sinceReused = 0;
    await reuseRoomOfHistory(db);
  };

  /** A server has its own checkpointer and autovacuum. */
  const tidyUp = async (fromBlocks: number, toBlocks: number) => {
    if (db.kind !== 'pglite') return;
    try {
      if (sinceRemoved >= REMOVED_UPDATES) {
        if (sinceRemoved >= (await findHistoryAtLastVacuum(db)) * DUE_SHARE) {
          sinceRemoved = 0;
          await vacuumHistory(db);
        }
      }
      const { grown, known } = await findHistoryGrowth(db);
      if (grown < Math.max(fromBlocks, known * DUE_SHARE) || grown >= toBlocks) return;
      await vacuumAnalyze(db);
      await checkpoint(db);
    } catch (error) {
      logger.info({ err: error }, 'clearing up was interrupted');
    }
  };
  const stop = () => {
    idle?.clear();
    idle = undefined;
  };

  return {
    async wrote(batch) {
      stop();
      total += batch.records;
      sinceVacuum += batch.records;
      newAccounts += batch.newAccounts;
      if (clock.monotonicMs() - notedAtMs >= NOTE_EVERY_MS) {
        notedAtMs = clock.monotonicMs();
        // Not awaited: the next batch goes in meanwhile.
        void db.highWater?.note(clock.now());
      }
      await vacuumIfDue();
      await look(batch.records);
    },
    settled: look,
    async removed(updates) {
      sinceReused += updates;
      sinceRemoved += updates;
      await look(updates);
      if (db.kind !== 'pglite' || sinceReused < REMOVED_UPDATES) return;
      const history = await findHistoryAtLastVacuum(db);
      if (sinceReused < history * REUSED_SHARE) return;
      if (sinceRemoved < history * REMOVED_SHARE) return makeRoom();
      sinceReused = 0;
      sinceRemoved = 0;
      await vacuumHistory(db);
    },
    makeRoom,
    async ended() {
      await db.highWater?.note(clock.now());
      // Not awaited. The next query queues behind it.
      void tidyUp(DUE_AT_END, Number.POSITIVE_INFINITY);
    },
    rest() {
      stop();
      idle = clock.setAlarm(clock.now() + IDLE_MS, () => tidyUp(DUE_WHEN_IDLE, DUE_AT_END));
    },
    stop,
  };
}
