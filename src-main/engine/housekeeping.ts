import type { Database } from '../database/database';
import { checkpointIfDue, vacuumAnalyze } from '../database/maintenance';

/** So many records may be written before the log of changes is looked at. */
const LOOK_EVERY_RECORDS = 5_000;
/** A run of at least so many records leaves statistics behind that are worth making anew. */
const IMPORT_RECORDS = 10_000;

/** What PGlite leaves to its user while a run writes: see `database/maintenance.ts`. */
export interface Housekeeping {
  /** After each batch, outside of its transaction. */
  wrote(records: number): Promise<void>;
  /** After a run that came to its end by itself; nobody waits for what it does. */
  tidyUp(): Promise<void>;
}

export function createHousekeeping(db: Database): Housekeeping {
  let total = 0;
  let sinceLook = 0;
  return {
    async wrote(records) {
      total += records;
      sinceLook += records;
      if (sinceLook < LOOK_EVERY_RECORDS) return;
      sinceLook = 0;
      await checkpointIfDue(db);
    },
    async tidyUp() {
      // A server has an autovacuum of its own.
      if (db.kind === 'pglite' && total >= IMPORT_RECORDS) await vacuumAnalyze(db);
    },
  };
}
