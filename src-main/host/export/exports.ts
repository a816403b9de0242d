import { randomUUID } from 'node:crypto';
import { basename } from 'node:path';
import { IngotError, toWireError } from '../../../src-shared/errors';
import {
  type AnyRow,
  type ChainFormat,
  type ExportFormat,
  type ExportQuery,
  type ExportStarted,
  type ExportStatus,
  isChainFormat,
  isOfAnInstant,
  type LeftOut,
  type LeftOutCounts,
  type TableQuery,
  type TableRows,
} from '../../../src-shared/tables';
import type { Views } from '../../accounts/views/create-views';
import type { Logger } from '../../observability/logger';
import type { Clock } from '../../time/clock';
import type { SqlQueries } from '../sql/queries';
import { type Column, TABLE_COLUMNS } from './columns';
import { encodeRows } from './encode-rows';
import { type NamedFile, writeWhole, writeWholeFolder } from './write-whole';

/** Rows of one statement: a batch may have to wait for it, some 15 ms. */
const PAGE_ROWS = 500;
/** The same while no run is under way. */
const REST_PAGE_ROWS = 1_000;

export interface ExportRequest<Query extends ExportQuery = TableQuery> {
  readonly query: Query;
  readonly format: ExportFormat | ChainFormat;
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

/** Called for each account that the format cannot hold. */
export type CountLeftOut = (reason: LeftOut) => void;

/** Rows of a table as a file. A folder of accounts is an archive then. */
export async function* exportTable(
  views: Pick<Views, 'walk'>,
  request: ExportRequest,
  pacing = UNPACED,
  count: CountLeftOut = () => {},
): AsyncGenerator<Uint8Array> {
  const { query, format, byteOrderMark = false, limit } = request;
  if (isChainFormat(format)) {
    const { encodeArchive, encodeSnapshot } = await import('./chain-moment');
    const encode = format === 'surfpool' ? encodeSnapshot : encodeArchive;
    return yield* encode(readAccounts(views, request, pacing), count);
  }
  const columns = TABLE_COLUMNS[query.table] as readonly Column<AnyRow>[];
  yield* encodeRows(readTable(views, query, limit, pacing), columns, { format, byteOrderMark });
}

/** The files of a folder of accounts. */
export async function* exportFiles(
  views: Pick<Views, 'walk'>,
  request: ExportRequest,
  pacing = UNPACED,
  count: CountLeftOut = () => {},
): AsyncGenerator<NamedFile> {
  const { accountFiles } = await import('./chain-moment');
  yield* accountFiles(readAccounts(views, request, pacing), count);
}

/** Whether it is to be a folder: it is an archive where only a file can be had, or was asked for. */
export const isFolder = (format: string, path: string): boolean =>
  format === 'account-dir' && !/\.(tar\.gz|tgz)$/i.test(path);

const onlyAccounts = () => new IngotError('invalid_input', 'Only accounts can be exported for a validator.');

/** Each account once: by id, which does not change while they are read. */
function readAccounts(views: Pick<Views, 'walk'>, { query, limit }: ExportRequest, pacing: Pacing) {
  if (query.table !== 'accounts') throw onlyAccounts();
  const byId = { ...query, sort: { by: 'id', direction: 'asc' } } as const;
  return readTable(views, byId, limit, pacing) as AsyncIterable<readonly TableRows['accounts'][]>;
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
  readonly leftOut: LeftOutCounts;
  total: number | null;
  failure: string | null;
}

/** Where a page fetches an export. */
export const EXPORT_PATH = '/exports/';
/** Of jobs that are kept, the latest. */
const KEPT_JOBS = 32;
/** While a run is under way, an export rests after each page for as many times what the page took. */
const REST_FACTOR = 2;

const TYPES: Readonly<Record<ExportFormat | ChainFormat, string>> = {
  csv: 'text/csv; charset=utf-8',
  ndjson: 'application/x-ndjson',
  json: 'application/json',
  parquet: 'application/vnd.apache.parquet',
  'account-dir': 'application/gzip',
  surfpool: 'application/json',
};

/** What follows the name of the table. */
const endingOf = (format: ExportFormat | ChainFormat, place: 'download' | 'disk'): string => {
  if (format === 'surfpool') return '-surfpool.json';
  if (format === 'account-dir') return place === 'disk' ? '' : '.tar.gz';
  return `.${format}`;
};

export const countIn =
  (counts: LeftOutCounts): CountLeftOut =>
  (reason) => {
    counts[reason] = (counts[reason] ?? 0) + 1;
  };

export function createExports({ views, sql, isBusy, choosePath, clock, logger }: ExportsDeps): Exports {
  const jobs = new Map<string, Job>();
  const writing = new Set<Promise<void>>();

  const jobOf = (exportId: string): Job => {
    const job = jobs.get(exportId);
    if (job) return job;
    throw new IngotError('not_found', 'There is no such export.');
  };

  /** All of what is read is of one instant, whatever a run does meanwhile. */
  const viewsAtOnce = async (query: TableQuery): Promise<Pick<Views, 'walk'>> => {
    const all = views();
    if (!isOfAnInstant(query) || query.asOf !== undefined || !isBusy()) return all;
    const { asOf } = await all.resolve('now');
    return { walk: (asked, pageRows) => all.walk(asked, pageRows, asOf) };
  };
  const read = async ({ request, leftOut }: Job, onRows: Pacing['onRows']) => {
    const { query, format, ...how } = request;
    if (query.table !== 'sql') {
      const table = { ...how, format, query };
      return exportTable(await viewsAtOnce(query), table, { isBusy, onRows }, countIn(leftOut));
    }
    if (isChainFormat(format)) throw onlyAccounts();
    const [{ exportResult }, queries] = await Promise.all([import('../sql/export-result'), sql()]);
    return exportResult(queries.resultOf(query.resultId), { ...how, format }, onRows);
  };
  const readFiles = async ({ request: { query, ...how }, leftOut }: Job, onRows: Pacing['onRows']) => {
    if (query.table === 'sql') throw onlyAccounts();
    return exportFiles(await viewsAtOnce(query), { ...how, query }, { isBusy, onRows }, countIn(leftOut));
  };
  const totalOf = async (query: ExportQuery) =>
    query.table === 'sql' ? (await sql()).resultOf(query.resultId).rowCount : views().totalOf(query);

  /** What `open` gives for the job, which it follows: its rows are counted and paced, and it ends if the job is cancelled. */
  async function* follow<Item>(
    job: Job,
    open: (job: Job, onRows: Pacing['onRows']) => Promise<AsyncIterable<Item>>,
  ): AsyncGenerator<Item> {
    const { ending } = job;
    let pageMs = clock.monotonicMs();
    let isWhole = false;
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
      for await (const item of await open(job, onRows)) {
        ending.signal.throwIfAborted();
        yield item;
      }
      isWhole = true;
    } catch (error) {
      fail(job, error);
      throw error;
    } finally {
      // Whoever fetched it has gone.
      if (!isWhole && job.state === 'running') job.state = 'cancelled';
    }
  }
  async function* piecesOf(job: Job): AsyncGenerator<Uint8Array> {
    for await (const piece of follow(job, read)) {
      job.bytes += piece.byteLength;
      yield piece;
    }
  }
  async function* fetched(job: Job): AsyncGenerator<Uint8Array> {
    const beganMs = clock.monotonicMs();
    yield* piecesOf(job);
    end(job, beganMs);
  }
  async function write(job: Job, path: string): Promise<void> {
    const beganMs = clock.monotonicMs();
    try {
      if (isFolder(job.request.format, path)) {
        await writeWholeFolder(path, follow(job, readFiles), (bytes) => {
          job.bytes += bytes;
        });
      } else await writeWhole(path, piecesOf(job), job.ending.signal);
      end(job, beganMs);
    } catch (error) {
      fail(job, error);
    }
  }

  const end = (job: Job, beganMs: number) => {
    job.state = 'done';
    const { name, rows } = job;
    logger.info({ name, rows, durationMs: clock.monotonicMs() - beganMs }, 'table exported');
  };
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
      const place = choosePath === null ? 'download' : 'disk';
      const name = `ingot-${request.query.table}${endingOf(request.format, place)}`;
      const path = choosePath === null ? null : await choosePath(name);
      if (choosePath !== null && path === null) return null;
      const job: Job = {
        request,
        name: path === null ? name : basename(path),
        ending: new AbortController(),
        state: 'waiting',
        rows: 0,
        bytes: 0,
        leftOut: {},
        total: await totalOf(request.query),
        failure: null,
      };
      const exportId = randomUUID();
      jobs.set(exportId, job);
      const [oldest] = jobs;
      if (oldest && jobs.size > KEPT_JOBS && oldest[1].state !== 'running') jobs.delete(oldest[0]);
      if (path === null) return { exportId, name, address: `${EXPORT_PATH}${exportId}` };
      const written = write(job, path).finally(() => writing.delete(written));
      writing.add(written);
      return { exportId, name: job.name, address: null };
    },
    status(exportId) {
      const { state, rows, bytes, leftOut, total, failure } = jobOf(exportId);
      return { state, rows, bytes, leftOut, total, failure };
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
      return { name: job.name, type: TYPES[job.request.format], pieces: fetched(job) };
    },
    async close() {
      for (const { ending } of jobs.values()) ending.abort();
      await Promise.all(writing);
    },
  };
}
