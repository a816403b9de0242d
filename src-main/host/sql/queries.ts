import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { IngotError } from '../../../src-shared/errors';
import type { SqlCopy, SqlQuery, SqlResult, SqlRow, SqlRows, SqlStatus } from '../../../src-shared/sql';
import type { Database } from '../../database/database';
import { openReadingThread, type ReadingThread } from '../../database/reading-thread';
import type { Logger } from '../../observability/logger';
import { copyDataDirectory, FIND_SEQ, measureCopy } from '../../storage/copy-directory';
import type { DatabaseTarget } from '../../storage/open-database';
import { schemaOf } from '../../storage/spaces';
import type { Alarm, Clock } from '../../time/clock';

/** The most of one result that is kept, in bytes as they are in memory. */
const MOST_BYTES = 64 * 2 ** 20;
/** Of results that are kept, the latest. */
const KEPT_RESULTS = 4;
/** The most of one answer. */
const ANSWER_BYTES = 2 ** 20;
/** The thread ends when no query has come for this long: it takes some 200 MB. The copy stays. */
const IDLE_MS = 10 * 60_000;
/** Until a copy was measured: a disk that is read and written at once. */
const COPIED_BYTES_A_SECOND = 200 * 10 ** 6;
const FOLDER = 'sql-copy';

export interface SqlQueriesDeps {
  /** The open database, and what changes when other content takes its place. */
  readonly current: () => { readonly database: Pick<Database, 'query'>; readonly content: object };
  readonly target: () => DatabaseTarget;
  readonly clock: Pick<Clock, 'now' | 'monotonicMs' | 'setAlarm'>;
  readonly logger: Logger;
  /** Default: 64 MiB. */
  readonly mostBytes?: number;
}

/** A result that is kept, for its pages and its export. */
export interface KeptResult extends SqlResult {
  readonly rows: readonly SqlRow[];
}

/** SQL of a person, on a copy of the database, in a thread of its own. One query at a time. */
export interface SqlQueries {
  /**
   * Runs a query, on a copy that is made first if there is none.
   * @throws IngotError `database_error` as Postgres says it; `conflict` if another one runs, or if it was cancelled or took too
   * long; `invalid_input` where there is no data directory to copy; `disk_full`.
   */
  run(query: SqlQuery): Promise<SqlResult>;
  /** Ends the query that runs, or the copy that is made for it. */
  cancel(): Promise<void>;
  /** Makes a new copy. */
  refresh(): Promise<SqlStatus>;
  status(): Promise<SqlStatus>;
  /** Some rows of a result. @throws IngotError `not_found`. */
  rows(page: { readonly resultId: string; readonly from: number; readonly limit: number }): SqlRows;
  /** @throws IngotError `not_found`: it was not kept. */
  resultOf(resultId: string): KeptResult;
  /** Removes what a process that was killed has left. */
  tidy(): Promise<void>;
  /** Removes the copy. */
  close(): Promise<void>;
}

interface Copy extends Omit<SqlCopy, 'asOfSeq'> {
  readonly directory: string;
  readonly content: object;
}

export function createSqlQueries(deps: SqlQueriesDeps): SqlQueries {
  const { current, target, clock, mostBytes = MOST_BYTES } = deps;
  const logger = deps.logger.child({ component: 'sql' });
  const results = new Map<string, KeptResult>();
  let copy: Copy | null = null;
  let asOfSeq: string | null = null;
  let thread: ReadingThread | null = null;
  let idle: Alarm | null = null;
  /** The query or the copying that is under way. */
  let work: { readonly ending: AbortController; isCopying: boolean; readonly done: Promise<unknown> } | null =
    null;
  let isClosed = false;

  const dataDirOf = (): string => {
    const at = target();
    if (at.kind === 'data-dir') return resolve(at.dataDir);
    throw new IngotError(
      'invalid_input',
      at.kind === 'server'
        ? 'SQL works on a copy of a data directory, and this database is on a server.'
        : 'SQL works on a copy of a data directory, and this database is in memory.',
      { hint: at.kind === 'server' ? 'Ask the server itself, with psql.' : 'Start Ingot with --data-dir.' },
    );
  };

  const endThread = async (reason: IngotError) => {
    const was = thread;
    thread = null;
    idle?.clear();
    await was?.end(reason);
  };
  const dropCopy = async () => {
    await endThread(closed());
    const was = copy;
    copy = null;
    asOfSeq = null;
    if (was) await remove(was.directory);
  };

  /** One piece of work at a time, which can be ended. */
  const alone = async <T>(act: (signal: AbortSignal) => Promise<T>): Promise<T> => {
    if (isClosed) throw closed();
    if (work) {
      throw new IngotError('conflict', 'A query is running, or a copy is being made.', {
        hint: 'Wait for it, or cancel it.',
      });
    }
    const ending = new AbortController();
    // Begins when `work` is set.
    const done = Promise.resolve().then(() => act(ending.signal));
    const mine = { ending, isCopying: false, done };
    work = mine;
    try {
      return await done;
    } finally {
      work = null;
    }
  };

  const makeCopy = async (signal: AbortSignal): Promise<Copy> => {
    const dataDir = dataDirOf();
    if (work) work.isCopying = true;
    await dropCopy();
    const beganMs = clock.monotonicMs();
    const { database, content } = current();
    const directory = join(dataDir, FOLDER);
    const { sizeBytes } = await copyDataDirectory(database, dataDir, directory, signal);
    const made = {
      directory,
      content,
      madeAtMs: clock.now(),
      sizeBytes,
      tookMs: clock.monotonicMs() - beganMs,
    };
    logger.info({ sizeBytes, durationMs: made.tookMs }, 'database copied for SQL');
    if (work) work.isCopying = false;
    copy = made;
    return made;
  };
  const openCopy = async (signal: AbortSignal): Promise<{ of: SqlCopy; reader: ReadingThread }> => {
    dataDirOf();
    // After a reset, or a restored backup, the copy is of something else.
    const isFresh = copy !== null && copy.content === current().content;
    const { directory, madeAtMs, sizeBytes, tookMs } = isFresh && copy ? copy : await makeCopy(signal);
    idle?.clear();
    thread ??= await openReadingThread(
      { directory, schema: schemaOf(target().space ?? null), asOf: FIND_SEQ },
      signal,
    );
    asOfSeq = thread.asOf;
    return { of: { asOfSeq, madeAtMs, sizeBytes, tookMs }, reader: thread };
  };

  const runQuery = async ({ text, limit, timeout }: SqlQuery, signal: AbortSignal): Promise<SqlResult> => {
    const { of, reader } = await openCopy(signal);
    signal.throwIfAborted();
    const beganMs = clock.monotonicMs();
    const rows: SqlRow[] = [];
    const end = (reason: IngotError) => void endThread(reason);
    const alarm = clock.setAlarm(clock.now() + timeout * 1000, () =>
      end(new IngotError('conflict', `The query was ended after ${timeout} s.`, { hint: TOO_LONG })),
    );
    const onAbort = () => end(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      const request = { text, mostRows: limit, mostBytes };
      const { columns, cut } = await reader.query(request, (more) => {
        for (const row of more) rows.push(row);
      });
      const tookMs = clock.monotonicMs() - beganMs;
      const result = { resultId: randomUUID(), columns, rowCount: rows.length, cut, tookMs, copy: of };
      results.set(result.resultId, { ...result, rows });
      const [oldest] = results.keys();
      if (oldest !== undefined && results.size > KEPT_RESULTS) results.delete(oldest);
      return result;
    } catch (error) {
      // It broke down: the next query opens the copy again.
      if (error instanceof IngotError && error.code === 'database_unusable') await endThread(error);
      throw error;
    } finally {
      alarm.clear();
      signal.removeEventListener('abort', onAbort);
      idle?.clear();
      if (thread)
        idle = clock.setAlarm(clock.now() + IDLE_MS, () => (work ? undefined : endThread(closed())));
    }
  };

  const resultOf = (resultId: string): KeptResult => {
    const found = results.get(resultId);
    if (found) return found;
    throw new IngotError('not_found', 'This result is not kept any more.', { hint: 'Run the query again.' });
  };

  const status = async (): Promise<SqlStatus> => {
    const room = await measureCopy(dataDirOf());
    const rate = copy && copy.tookMs > 0 ? copy.sizeBytes / copy.tookMs : COPIED_BYTES_A_SECOND / 1000;
    const isFresh = copy !== null && copy.content === current().content;
    return {
      copy:
        copy && isFresh && asOfSeq !== null
          ? { asOfSeq, madeAtMs: copy.madeAtMs, sizeBytes: copy.sizeBytes, tookMs: copy.tookMs }
          : null,
      isCopying: work?.isCopying ?? false,
      isRunning: work !== null && !work.isCopying,
      newCopy: { ...room, expectedMs: room.sizeBytes / rate },
    };
  };

  return {
    run: (query) => alone((signal) => runQuery(query, signal)),
    async cancel() {
      work?.ending.abort(new IngotError('conflict', 'The query was cancelled.'));
      await work?.done.catch(() => undefined);
    },
    async refresh() {
      await alone(async (signal) => {
        await makeCopy(signal);
        await openCopy(signal);
      });
      return status();
    },
    status,
    rows({ resultId, from, limit }) {
      const rows: SqlRow[] = [];
      let bytes = 0;
      for (const row of resultOf(resultId).rows.slice(from, from + limit)) {
        const shown = row.map(shorten);
        bytes += shown.reduce((sum, cell) => sum + (cell?.length ?? 0) + 8, 0);
        if (rows.length > 0 && bytes > ANSWER_BYTES) break;
        rows.push(shown);
      }
      return { from, rows };
    },
    resultOf,
    async tidy() {
      const at = target();
      if (at.kind === 'data-dir' && !copy && !work) await remove(join(resolve(at.dataDir), FOLDER));
    },
    async close() {
      isClosed = true;
      work?.ending.abort(closed());
      await work?.done.catch(() => undefined);
      results.clear();
      await dropCopy();
    },
  };
}

const remove = (directory: string) => rm(directory, { recursive: true, force: true });
const TOO_LONG = 'Ask for less, or allow it more time.';
const closed = () => new IngotError('database_unavailable', 'The copy of the database is closed.');

/** Of a cell that is shown; an export has all of it. */
const LONGEST_CELL = 16_384;
const shorten = (cell: string | null) =>
  cell === null || cell.length <= LONGEST_CELL
    ? cell
    : `${cell.slice(0, LONGEST_CELL)}… (${cell.length} characters)`;
