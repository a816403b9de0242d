import { randomBytes, randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { basename } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { IngotError, toWireError } from '../../../src-shared/errors';
import type {
  AnyRow,
  ExportFormat,
  ExportQuery,
  ExportStarted,
  ExportStatus,
  TableQuery,
} from '../../../src-shared/tables';
import type { Views } from '../../accounts/views/create-views';
import type { Logger } from '../../observability/logger';
import type { Clock } from '../../time/clock';
import type { SqlQueries } from '../sql/queries';
import { type Column, TABLE_COLUMNS } from './columns';
import { encodeRows } from './encode-rows';

/** Rows of one statement: a batch may have to wait for it, some 15 ms. */
const PAGE_ROWS = 500;
/** The same while no run is under way. */
const REST_PAGE_ROWS = 1_000;

export interface ExportRequest<Query extends ExportQuery = TableQuery> {
  readonly query: Query;
  readonly format: ExportFormat;
  readonly byteOrderMark?: boolean | undefined;
  readonly limit?: number | undefined;
}

export interface Pacing {
  /** A run's batches come first: pages are shorter, and none is read ahead. */
  readonly isBusy: () => boolean;
  /** Called with the number of rows of each page once it is taken; the next one is taken when it is done. */
  readonly onRows: (rows: number) => void | Promise<void>;
}
const UNPACED: Pacing = { isBusy: () => false, onRows: () => {} };

/** Rows of a table as a file. */
export function exportTable(
  views: Pick<Views, 'walk'>,
  { query, format, byteOrderMark = false, limit = Number.POSITIVE_INFINITY }: ExportRequest,
  pacing = UNPACED,
): AsyncGenerator<Uint8Array> {
  const columns = TABLE_COLUMNS[query.table] as readonly Column<AnyRow>[];
  return encodeRows(readTable(views, query, limit, pacing), columns, { format, byteOrderMark });
}

/** At most `limit` rows of a table, page by page: the database reads the next one while one is used. */
export async function* readTable(
  views: Pick<Views, 'walk'>,
  query: TableQuery,
  limit = Number.POSITIVE_INFINITY,
  { isBusy, onRows }: Pacing = UNPACED,
): AsyncGenerator<readonly AnyRow[]> {
  let left = limit;
  if (left < 1) return;
  const pages = views.walk(query, () => Math.min(left, isBusy() ? PAGE_ROWS : REST_PAGE_ROWS));
  const reader = pages[Symbol.asyncIterator]();
  try {
    for (let page = await reader.next(); !page.done; ) {
      const rows = page.value.slice(0, left);
      left -= rows.length;
      const ahead = left < 1 || isBusy() ? null : reader.next();
      // Whoever takes it hears of its failure.
      ahead?.catch(() => undefined);
      yield rows;
      await onRows(rows.length);
      if (left < 1) return;
      page = await (ahead ?? reader.next());
    }
  } finally {
    await reader.return?.();
  }
}

/**
 * Writes a whole file or none: beside its place first, which is taken when all is on the disk.
 * @throws IngotError `disk_full`; `invalid_input` if the place cannot be written.
 */
export async function writeWhole(
  path: string,
  pieces: AsyncIterable<Uint8Array>,
  signal?: AbortSignal,
): Promise<void> {
  const draft = `${path}.${randomBytes(4).toString('hex')}.partial`;
  try {
    await pipeline(pieces, createWriteStream(draft, { flags: 'wx', flush: true }), { signal });
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { force: true });
    const { code, syscall } = error as NodeJS.ErrnoException;
    if (code === 'ENOSPC') {
      throw new IngotError('disk_full', `No room is left on the disk for ${basename(path)}.`, {}, error);
    }
    if (error instanceof IngotError || syscall === undefined) throw error;
    throw new IngotError('invalid_input', `${path} cannot be written: ${code}.`, {}, error);
  }
}

export interface ExportsDeps {
  readonly views: () => Views;
  /** For a result of SQL. */
  readonly sql: () => Promise<Pick<SqlQueries, 'resultOf'>>;
  /** A run is under way: its batches come first. */
  readonly isBusy: () => boolean;
  /** Asks a person where to; null: the file is fetched instead. */
  readonly choosePath: ((name: string) => Promise<string | null>) | null;
  readonly clock: Pick<Clock, 'now' | 'monotonicMs' | 'waitUntil'>;
  readonly logger: Logger;
}

/** The exports that windows have asked for. */
export interface Exports {
  /** Null if the person chose no place. */
  start(request: ExportRequest<ExportQuery>): Promise<ExportStarted | null>;
  /** @throws IngotError `not_found`. */
  status(exportId: string): ExportStatus;
  /** Nothing is left of its file. */
  cancel(exportId: string): void;
  /** The file that waits to be fetched: once. @throws IngotError `not_found`. */
  fetch(exportId: string): {
    readonly name: string;
    readonly type: string;
    readonly pieces: AsyncIterable<Uint8Array>;
  };
  close(): Promise<void>;
}

interface Job {
  readonly request: ExportRequest<ExportQuery>;
  readonly name: string;
  readonly ending: AbortController;
  state: ExportStatus['state'];
  rows: number;
  bytes: number;
  total: number | null;
  failure: string | null;
}

/** Where a page fetches an export. */
export const EXPORT_PATH = '/exports/';
/** Of jobs that are kept, the latest. */
const KEPT_JOBS = 32;
/** While a run is under way, an export rests after each page for as many times what the page took. */
const REST_FACTOR = 2;

const TYPES: Readonly<Record<ExportFormat, string>> = {
  csv: 'text/csv; charset=utf-8',
  ndjson: 'application/x-ndjson',
  json: 'application/json',
  parquet: 'application/vnd.apache.parquet',
};

export function createExports({ views, sql, isBusy, choosePath, clock, logger }: ExportsDeps): Exports {
  const jobs = new Map<string, Job>();
  const writing = new Set<Promise<void>>();

  const jobOf = (exportId: string): Job => {
    const job = jobs.get(exportId);
    if (job) return job;
    throw new IngotError('not_found', 'There is no such export.');
  };

  const read = async (
    { query, ...how }: ExportRequest<ExportQuery>,
    onRows: (rows: number) => Promise<void>,
  ) => {
    if (query.table !== 'sql') return exportTable(views(), { ...how, query }, { isBusy, onRows });
    const [{ exportResult }, queries] = await Promise.all([import('../sql/export-result'), sql()]);
    return exportResult(queries.resultOf(query.resultId), how, onRows);
  };
  const totalOf = async (query: ExportQuery) =>
    query.table === 'sql' ? (await sql()).resultOf(query.resultId).rowCount : views().totalOf(query);

  async function* piecesOf(job: Job): AsyncGenerator<Uint8Array> {
    const { request, ending, name } = job;
    const beganMs = clock.monotonicMs();
    let pageMs = beganMs;
    job.state = 'running';
    try {
      const onRows = async (rows: number) => {
        job.rows += rows;
        ending.signal.throwIfAborted();
        if (isBusy())
          await clock.waitUntil(clock.now() + REST_FACTOR * (clock.monotonicMs() - pageMs), ending.signal);
        ending.signal.throwIfAborted();
        pageMs = clock.monotonicMs();
      };
      ending.signal.throwIfAborted();
      for await (const piece of await read(request, onRows)) {
        ending.signal.throwIfAborted();
        job.bytes += piece.byteLength;
        yield piece;
      }
      job.state = 'done';
      logger.info({ name, rows: job.rows, durationMs: clock.monotonicMs() - beganMs }, 'table exported');
    } catch (error) {
      fail(job, error);
      throw error;
    } finally {
      // Whoever fetched it has gone.
      if (job.state === 'running') job.state = 'cancelled';
    }
  }

  const fail = (job: Job, error: unknown) => {
    if (job.ending.signal.aborted) {
      job.state = 'cancelled';
      return;
    }
    const { message, code } = toWireError(error);
    job.state = 'failed';
    job.failure = message;
    if (code === 'internal') logger.error({ err: error, name: job.name }, 'an export failed inside');
  };

  return {
    async start(request) {
      const name = `ingot-${request.query.table}.${request.format}`;
      const path = choosePath === null ? null : await choosePath(name);
      if (choosePath !== null && path === null) return null;
      const job: Job = {
        request,
        name: path === null ? name : basename(path),
        ending: new AbortController(),
        state: 'waiting',
        rows: 0,
        bytes: 0,
        total: await totalOf(request.query),
        failure: null,
      };
      const exportId = randomUUID();
      jobs.set(exportId, job);
      const [oldest] = jobs;
      if (oldest && jobs.size > KEPT_JOBS && oldest[1].state !== 'running') jobs.delete(oldest[0]);
      if (path === null) return { exportId, name, address: `${EXPORT_PATH}${exportId}` };
      const written = writeWhole(path, piecesOf(job), job.ending.signal)
        .catch((error: unknown) => fail(job, error))
        .finally(() => writing.delete(written));
      writing.add(written);
      return { exportId, name: job.name, address: null };
    },
    status(exportId) {
      const { state, rows, bytes, total, failure } = jobOf(exportId);
      return { state, rows, bytes, total, failure };
    },
    cancel(exportId) {
      const job = jobOf(exportId);
      job.ending.abort();
      if (job.state === 'waiting') job.state = 'cancelled';
    },
    fetch(exportId) {
      const job = jobOf(exportId);
      if (job.state !== 'waiting') throw new IngotError('not_found', 'This export was fetched already.');
      job.state = 'running';
      return { name: job.name, type: TYPES[job.request.format], pieces: piecesOf(job) };
    },
    async close() {
      for (const { ending } of jobs.values()) ending.abort();
      await Promise.all(writing);
    },
  };
}
