import { adjustAccountOrders } from '../database/account-orders';
import type { Database } from '../database/database';
import { checkpoint, checkpointIfDue, vacuumAccounts, vacuumAnalyze } from '../database/maintenance';
import type { Clock } from './clock';

/** So many records and callbacks may be written before the log of changes and the number of accounts are looked at. */
const LOOK_EVERY = 5_000;
/** After so many records statistics are worth making anew. */
const IMPORT_RECORDS = 10_000;
/**
 * Overtaken callbacks leave dead rows behind, some of them under every account that is looked up: they go when
 * this many records were written, and a fifth of all, as a server's autovacuum would have it.
 */
const VACUUM_RECORDS = 50_000;
const VACUUM_SHARE = 0.2;
/** A note of what was acknowledged costs two writes to the disk. */
const NOTE_EVERY_MS = 1_000;

/**
 * What PGlite leaves to its user while it is written to: see `database/maintenance.ts`. One for all runs of an
 * engine: many small ones, and callbacks that fire long after, leave as much behind as a large one.
 */
export interface Housekeeping {
  /** After each batch, outside of its transaction. */
  wrote(records: number): Promise<void>;
  /** After callbacks were claimed or skipped. */
  settled(callbacks: number): Promise<void>;
  /** After a run, however it ended, when its end is recorded. */
  ended(): Promise<void>;
  /** After a run that came to its end by itself; nobody waits for what it does. */
  tidyUp(): Promise<void>;
}

export function createHousekeeping(db: Database, clock: Clock): Housekeeping {
  let total = 0;
  let sinceTidy = 0;
  let sinceLook = 0;
  let sinceVacuum = 0;
  // A stopwatch: in virtual time, where it stands still, a run of a second's worth of notes takes milliseconds.
  let notedAtMs = clock.monotonicMs();

  const look = async (written: number, mayBeNewAccounts: boolean) => {
    sinceLook += written;
    if (sinceLook < LOOK_EVERY) return;
    sinceLook = 0;
    if (mayBeNewAccounts) await adjustAccountOrders(db);
    await checkpointIfDue(db);
  };

  return {
    async wrote(records) {
      total += records;
      sinceTidy += records;
      if (clock.monotonicMs() - notedAtMs >= NOTE_EVERY_MS) {
        notedAtMs = clock.monotonicMs();
        // Nobody waits: the next batch goes in meanwhile.
        void db.highWater?.note(clock.now());
      }
      sinceVacuum += records;
      if (db.kind === 'pglite' && sinceVacuum >= Math.max(VACUUM_RECORDS, total * VACUUM_SHARE)) {
        sinceVacuum = 0;
        await vacuumAccounts(db);
      }
      await look(records, true);
    },
    settled: (callbacks) => look(callbacks, false),
    async ended() {
      await db.highWater?.note(clock.now());
    },
    async tidyUp() {
      // A server has a checkpointer and an autovacuum of its own.
      if (db.kind !== 'pglite' || sinceTidy < IMPORT_RECORDS) return;
      sinceTidy = 0;
      await vacuumAnalyze(db);
      await checkpoint(db);
    },
  };
}
