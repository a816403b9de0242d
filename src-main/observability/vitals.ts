import { statfs } from 'node:fs/promises';
import { IngotError } from '../../src-shared/errors';
import { clockRecordSchema, wallOf } from '../../src-shared/run-clock';
import type { EpochMs } from '../../src-shared/update';
import type { Database, Queryable, Statement } from '../database/database';
import { epochMsFromText } from '../database/epoch-ms';
import { landedMigrations } from '../storage/landed-migrations';
import type { Clock } from '../time/clock';

/** A slower database counts as one that does not answer. */
export const ANSWER_WITHIN_MS = 5_000;
/** A sooner question about the same database gets the last answer again. */
const GOOD_FOR_MS = 1_000;

export type DatabaseVitals =
  | {
      readonly answers: true;
      readonly afterMs: number;
      /** 0: none. */
      readonly schemaVersion: number;
      /** When the next callback is due, or was; null if none waits on a clock that moves. */
      readonly earliestDueMs: EpochMs | null;
    }
  /** `reason` is a sentence for a person. */
  | { readonly answers: false; readonly reason: string };

export interface DiskSpace {
  /** Free for this user. */
  readonly freeBytes: number;
  readonly sizeBytes: number;
}

export interface DeliverySigns {
  readonly waiting: number;
  readonly dead: number;
  /** Armed targets that cannot send. */
  readonly held: number;
  /** When the oldest that waits was tried first. */
  readonly oldestWaitingMs: EpochMs | null;
}

/** What must be asked for; metrics are only counted. */
export interface VitalSigns {
  readonly atMs: EpochMs;
  readonly database: DatabaseVitals;
  /** The disk with the data directory; null: there is none, or it is unknown. */
  readonly disk: DiskSpace | null;
  /** Null: nothing is delivered here, or the database cannot say. */
  readonly deliveries?: DeliverySigns | null;
}

/** How long ago the oldest waiting callback was due; 0 if none is overdue, or the database cannot say. */
export function overdueMs({ atMs, database }: VitalSigns): number {
  if (!database.answers || database.earliestDueMs === null) return 0;
  return Math.max(0, atMs - database.earliestDueMs);
}

/** How long the oldest delivery has waited; 0 if none does. */
export function deliveryWaitMs({ atMs, deliveries }: VitalSigns): number {
  return deliveries?.oldestWaitingMs == null ? 0 : Math.max(0, atMs - deliveries.oldestWaitingMs);
}

export interface Vitals {
  /** Never rejects, and never takes much longer than `ANSWER_WITHIN_MS`. */
  read(): Promise<VitalSigns>;
}

export interface VitalsDeps {
  readonly clock: Clock;
  /** The database that is open. @throws IngotError with the reason if none is. */
  readonly database: () => Database;
  /** The embedded database's; null: on a server, or in memory. */
  readonly directory: () => string | null;
  /** As an engine of this process knows it. Without one the database is read. */
  readonly earliestDueMs?: () => EpochMs | null;
  /** Null: nothing is delivered here. */
  readonly deliveries?: () => Promise<DeliverySigns | null>;
}

export function createVitals({ clock, database, directory, earliestDueMs, deliveries }: VitalsDeps): Vitals {
  let last: { of: Database | null; signs: Promise<VitalSigns>; readAtMs: EpochMs | null } | null = null;
  /** An open question: a database that hangs is not asked again. */
  let asking: { of: Database | null; vitals: Promise<DatabaseVitals> } | null = null;

  /** Null if none is open, also while one is emptied or opened. */
  const current = (): Database | null => {
    try {
      return database();
    } catch {
      return null;
    }
  };
  const ask = async (): Promise<DatabaseVitals> => {
    const beganMs = clock.monotonicMs();
    try {
      const db = database();
      const schemaVersion = await readSchemaVersion(db);
      const afterMs = clock.monotonicMs() - beganMs;
      // Tables of another schema may have other columns.
      const isCurrent = schemaVersion === landedMigrations.length;
      const dueMs = earliestDueMs ? earliestDueMs() : isCurrent ? await findEarliestDue(db) : null;
      return { answers: true, afterMs, schemaVersion, earliestDueMs: dueMs };
    } catch (error) {
      return { answers: false, reason: reasonOf(error) };
    }
  };
  const askInTime = async (of: Database | null): Promise<DatabaseVitals> => {
    if (asking?.of !== of) asking = null;
    asking ??= { of, vitals: ask() };
    const { vitals } = asking;
    void vitals.finally(() => {
      if (asking?.vitals === vitals) asking = null;
    });
    const answered = new AbortController();
    const late = clock
      .waitUntil(clock.now() + ANSWER_WITHIN_MS, answered.signal)
      .then((): DatabaseVitals => ({ answers: false, reason: NO_ANSWER }));
    try {
      return await Promise.race([vitals, late]);
    } finally {
      answered.abort();
    }
  };
  const readAll = async (of: Database | null): Promise<VitalSigns> => {
    const place = directory();
    const [vitals, disk] = await Promise.all([askInTime(of), place === null ? null : readDiskSpace(place)]);
    const delivering = vitals.answers && deliveries ? await deliveries().catch(() => null) : null;
    return { atMs: clock.now(), database: vitals, disk, deliveries: delivering };
  };

  return {
    read() {
      const of = current();
      const isGood = last?.readAtMs == null || clock.now() - last.readAtMs < GOOD_FOR_MS;
      if (last?.of === of && isGood) return last.signs;
      const reading = { of, signs: readAll(of), readAtMs: null as EpochMs | null };
      last = reading;
      void reading.signs.then(({ atMs, database: vitals }) => {
        reading.readAtMs = atMs;
        // A failure may be over at once, as when the database is being emptied.
        if (!vitals.answers && last === reading) last = null;
      });
      return reading.signs;
    },
  };
}

const NO_ANSWER = `The database has not answered for ${ANSWER_WITHIN_MS / 1000} seconds.`;

function reasonOf(error: unknown): string {
  if (!(error instanceof IngotError)) return 'Something went wrong inside Ingot. The log has the details.';
  return error.message;
}

async function readDiskSpace(directory: string): Promise<DiskSpace | null> {
  try {
    const { bavail, blocks, bsize } = await statfs(directory);
    return { freeBytes: bavail * bsize, sizeBytes: blocks * bsize };
  } catch {
    // The directory may not exist yet, or its file system does not tell.
    return null;
  }
}

const schemaVersionStatement: Statement = {
  name: 'read_schema_version',
  deadline: 'read',
  text: 'SELECT max(version) AS version FROM schema_migrations',
};

/** 0 if there is no schema. */
async function readSchemaVersion(db: Queryable): Promise<number> {
  try {
    const { rows } = await db.query<{ version: number | null }>(schemaVersionStatement);
    return rows[0]?.version ?? 0;
  } catch (error) {
    if (error instanceof IngotError && error.details.sqlstate === '42P01') return 0;
    throw error;
  }
}

const earliestStatement: Statement = {
  name: 'find_earliest_due',
  deadline: 'read',
  text: `
    SELECT r.clock, a.due_ms
    FROM (SELECT callback_run_id, min(due_ms) AS due_ms FROM accounts WHERE due_ms IS NOT NULL GROUP BY 1) AS a
    JOIN runs AS r ON r.id = a.callback_run_id`,
};

/** As `DatabaseVitals.earliestDueMs`. Reads all accounts: for a program without an engine. */
async function findEarliestDue(db: Queryable): Promise<EpochMs | null> {
  const { rows } = await db.query<{ clock: string; due_ms: string }>(earliestStatement);
  let earliestMs: EpochMs | null = null;
  for (const { clock, due_ms } of rows) {
    const wallMs = wallOf(clockRecordSchema.parse(JSON.parse(clock)), epochMsFromText(due_ms));
    if (wallMs !== null && (earliestMs === null || wallMs < earliestMs)) earliestMs = wallMs;
  }
  return earliestMs;
}
