import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { IngotError } from '../../src-shared/errors';
import type { SqlColumn, SqlCut, SqlRow } from '../../src-shared/sql';
import { unpackedPath } from './database-thread';
import type { QueryFailure, ReadingReply, ReadingRequest, ReadingSettings } from './reading-protocol';
import workerPath from './reading-worker?modulePath';

export interface ReadingThread {
  /** What the copy is as of. */
  readonly asOf: string;
  /**
   * Runs one query, the only one at a time. `onRows` gets the rows as they come.
   * @throws IngotError `database_error` as Postgres says it; the reason of `end`.
   */
  query(
    request: ReadingRequest,
    onRows: (rows: readonly SqlRow[], bytes: number) => void,
  ): Promise<{ readonly columns: readonly SqlColumn[]; readonly cut: SqlCut | null }>;
  /** Ends the thread at once, whatever it does: its query rejects with `reason`. */
  end(reason: IngotError): Promise<void>;
}

interface Running {
  columns: readonly SqlColumn[];
  readonly onRows: (rows: readonly SqlRow[], bytes: number) => void;
  readonly resolve: (end: { readonly columns: readonly SqlColumn[]; readonly cut: SqlCut | null }) => void;
  readonly reject: (error: IngotError) => void;
}

/**
 * Opens a copy of the data in a thread of its own.
 * @throws IngotError `database_unusable`; the reason of `end`.
 */
export async function openReadingThread(
  settings: ReadingSettings,
  signal: AbortSignal,
): Promise<ReadingThread> {
  // Left by a query that was ended.
  await rm(join(settings.directory, 'base/pgsql_tmp'), { recursive: true, force: true });
  signal.throwIfAborted();
  const worker = new Worker(unpackedPath(workerPath), {
    name: 'ingot-reading',
    workerData: settings,
    execArgv: [],
  });
  let running: Running | null = null;
  let ended: IngotError | null = null;
  const end = async (reason: IngotError) => {
    ended ??= reason;
    const was = running;
    running = null;
    was?.reject(ended);
    await worker.terminate();
  };
  const brokeDown = (why: string, cause?: unknown) =>
    void end(new IngotError('database_unusable', `The copy of the database broke down: ${why}.`, {}, cause));

  const asOf = await new Promise<string>((resolve, reject) => {
    const stop = () => void end(signal.reason).finally(() => reject(signal.reason));
    signal.addEventListener('abort', stop, { once: true });
    worker.on('error', (error) => {
      brokeDown(error.message, error);
      reject(ended);
    });
    worker.on('exit', () => {
      brokeDown('its thread ended');
      reject(ended);
    });
    worker.on('message', (reply: ReadingReply) => {
      switch (reply.kind) {
        case 'open':
          signal.removeEventListener('abort', stop);
          return resolve(reply.asOf);
        case 'closed':
          brokeDown(reply.message);
          return reject(ended);
        case 'columns':
          if (running) running.columns = reply.columns;
          return;
        case 'rows':
          return running?.onRows(reply.rows, reply.bytes);
        case 'end': {
          const done = running;
          running = null;
          return done?.resolve({ columns: done.columns, cut: reply.cut });
        }
        case 'failed': {
          const failed = running;
          running = null;
          failed?.reject(queryError(reply.failure));
        }
      }
    });
  });
  return {
    asOf,
    end,
    query: (request, onRows) =>
      new Promise((resolve, reject) => {
        if (ended) return reject(ended);
        running = { columns: [], onRows, resolve, reject };
        worker.postMessage(request);
      }),
  };
}

const READS_ONLY = 'A query is one SELECT, WITH, VALUES, TABLE or EXPLAIN: the copy is only read.';
/** Not allowed to this role, not in a read-only transaction, or no statement that reads. */
const NOT_READING = /^(42501|25006|0A000|42601)$/;

function queryError({ message, sqlstate, offset, hint }: QueryFailure): IngotError {
  const said = /[.!?]$/.test(message) ? message : `${message}.`;
  const why = hint ?? (sqlstate !== null && NOT_READING.test(sqlstate) ? READS_ONLY : undefined);
  return new IngotError('database_error', said.charAt(0).toUpperCase() + said.slice(1), {
    ...(sqlstate !== null && { sqlstate }),
    ...(offset !== null && { offset }),
    ...(why !== undefined && { hint: why }),
  });
}
