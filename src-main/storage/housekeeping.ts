import type { Database } from '../database/database';
import type { Logger } from '../observability/logger';
import type { Alarm, Clock } from '../time/clock';
import { adjustAccountOrders } from './account-orders';
import {
  checkpoint,
  checkpointIfDue,
  findAccountsAtLastVacuum,
  findHistoryGrowth,
  vacuumAccounts,
  vacuumAnalyze,
} from './maintenance';

/** The size of the log (WAL) is looked at after this many records and callbacks. */
const LOOK_EVERY = 5_000;
/**
 * Blocks of 8 KiB that the history grows by until statistics are due, if it is a fifth of it as well. From 2 MiB on, some
 * 6,000 records, they are made when nothing runs. From a million records on they take long enough to hold up a window, so they are
 * made at the end of a run only.
 */
const DUE_WHEN_IDLE = 250;
const DUE_AT_END = 40_000;
const DUE_SHARE = 0.2;
const IDLE_MS = 5_000;
/**
 * Overwritten latest states leave dead rows, which slow down each look-up of an account. They are vacuumed once this many records
 * were written, and at least a fifth of all records and of all accounts, as a server's autovacuum does. With a million accounts a
 * vacuum takes up to a second.
 */
const VACUUM_RECORDS = 50_000;
const VACUUM_SHARE = 0.2;
/** A note of what was acknowledged costs two writes to the disk. */
const NOTE_EVERY_MS = 1_000;

/**
 * What PGlite leaves to its user while it is written to: see `storage/maintenance.ts`. One for all runs of an
 * engine: many small ones, and callbacks that fire long after, leave as much behind as a large one.
 */
export interface Housekeeping {
  /** After each batch, outside of its transaction. */
  wrote(batch: { readonly records: number; readonly newAccounts: number }): Promise<void>;
  /** After callbacks were claimed or skipped. */
  settled(callbacks: number): Promise<void>;
  /** After a run, however it ended, when its end is recorded. */
  ended(): Promise<void>;
  /** No run is under way: statistics are made if they are due, unless something is written first. */
  rest(): void;
  /** Cancels the statistics that `rest` has planned. */
  stop(): void;
}

export function createHousekeeping(db: Database, clock: Clock, logger: Logger): Housekeeping {
  let total = 0;
  let idle: Alarm | undefined;
  let sinceLook = 0;
  let sinceVacuum = 0;
  let accountsAtVacuum: number | null = null;
  let newAccounts = 0;
  /** The orders of accounts are looked at again after this many new accounts. */
  let lookAtOrdersAfter = 1;
  // A stopwatch: in virtual time, where it stands still, a run of a second's worth of notes takes milliseconds. What is written
  // first is noted at once: a process that is killed in its first second must not leave a mark without its run.
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

  /** A server has a checkpointer and an autovacuum of its own. */
  const tidyUp = async (fromBlocks: number, toBlocks: number) => {
    if (db.kind !== 'pglite') return;
    try {
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
        // Nobody waits: the next batch goes in meanwhile.
        void db.highWater?.note(clock.now());
      }
      await vacuumIfDue();
      await look(batch.records);
    },
    settled: look,
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
