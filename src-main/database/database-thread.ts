import { sep } from 'node:path';
import { Worker } from 'node:worker_threads';
import { IngotError } from '../../src-shared/errors';
import type { SqlValue, Statement } from './database';
import workerPath from './pglite-worker?modulePath';
import { sqlError } from './sql-error';
import type { WorkerReply, WorkerRequest, WorkerResult, WorkerSettings } from './worker-protocol';

export interface DatabaseThread {
  query(statement: Statement, values: readonly SqlValue[]): Promise<WorkerResult>;
  script(name: string, text: string): Promise<WorkerResult>;
  /** Behind everything asked for so far: a checkpoint, Postgres' own end, the end of the thread. */
  close(): Promise<void>;
  /** Ends the thread now, in the middle of whatever it does; who waits for an answer gets `reason`. */
  terminate(reason: IngotError): Promise<void>;
}

export interface DatabaseThreadOptions extends WorkerSettings {
  /** The database's place, for messages. */
  readonly location: string;
  /** Called once if the thread ends unasked, or had to be ended. Every later request rejects with `reason`. */
  readonly onLost: (reason: IngotError) => void;
}

/**
 * The same file outside of Electron's archive. Whether a thread of Electron's main process reads inside
 * an archive is not ours to rely on: the packager puts the worker and PGlite beside it.
 */
export function unpackedPath(path: string): string {
  return path.replace(`${sep}app.asar${sep}`, `${sep}app.asar.unpacked${sep}`);
}

/**
 * Starts the database thread and opens PGlite in it. Requests are done one after the other, in the order
 * in which they were made.
 *
 * @throws IngotError `database_unusable` if the directory cannot be opened.
 */
export async function openDatabaseThread(options: DatabaseThreadOptions): Promise<DatabaseThread> {
  const { directory, newDatabase, location, onLost } = options;
  const worker = new Worker(unpackedPath(workerPath), {
    name: 'ingot-database',
    workerData: { directory, newDatabase } satisfies WorkerSettings,
    // Flags of the process, such as a debugger's, are not the thread's.
    execArgv: [],
  });
  const exited = new Promise<void>((done) => worker.once('exit', () => done()));
  const unanswered = new Map<
    number,
    {
      statement: string;
      resolve: (result: WorkerResult) => void;
      reject: (error: IngotError) => void;
    }
  >();
  let requests = 0;
  let ended: IngotError | null = null;

  const end = (reason: IngotError) => {
    ended ??= reason;
    for (const { reject } of unanswered.values()) reject(reason);
    unanswered.clear();
  };
  const lose = (what: string, cause?: unknown) => {
    if (ended) return;
    const hint = 'Start again: everything committed before is kept.';
    end(new IngotError('database_unavailable', `The database ${location} ${what}.`, { hint }, cause));
    void worker.terminate();
    onLost(ended ?? unopenable(location, [what]));
  };

  const settle = (reply: WorkerReply) => {
    if (reply.kind !== 'done' && reply.kind !== 'failed') return;
    const request = unanswered.get(reply.id);
    if (!request) return;
    unanswered.delete(reply.id);
    if (reply.kind === 'done') return request.resolve(reply.result);
    const error = sqlError(request.statement, reply.failure, location);
    request.reject(error);
    // After 53100 the next statement never returns: the thread spins. The files are sound when reopened.
    if (error.code === 'disk_full') lose('was stopped, because its disk is full', error);
    if (reply.failure.sqlstate === null) lose('broke down', error);
  };

  await new Promise<void>((resolve, reject) => {
    let opening = true;
    const refuse = (reasons: readonly string[], cause?: unknown) => {
      if (!opening) return;
      opening = false;
      end(unopenable(location, reasons, cause));
      void worker.terminate();
      reject(ended);
    };
    worker.on('error', (error) => {
      refuse([error.message], error);
      lose(`broke down: ${error.message}`, error);
    });
    worker.on('exit', () => {
      refuse(['its thread ended']);
      lose('broke down: its thread ended');
    });
    worker.on('message', (reply: WorkerReply) => {
      if (reply.kind === 'opened') {
        opening = false;
        resolve();
      } else if (reply.kind === 'open-failed') refuse(reply.reasons);
      else settle(reply);
    });
  });

  const ask = (statement: string, request: (id: number) => WorkerRequest): Promise<WorkerResult> =>
    new Promise((resolve, reject) => {
      if (ended) return reject(ended);
      const id = ++requests;
      unanswered.set(id, { statement, resolve, reject });
      worker.postMessage(request(id));
    });

  return {
    query: (statement, values) => {
      const texts = values.map((value) => (value === null ? null : String(value)));
      return ask(statement.name, (id) => ({ id, kind: 'query', text: statement.text, values: texts }));
    },
    script: (name, text) => ask(name, (id) => ({ id, kind: 'script', text })),
    async close() {
      // If the thread breaks down on the way, it is closed as well.
      await ask('close', (id) => ({ id, kind: 'close' })).catch(() => {});
      ended ??= new IngotError('database_unavailable', `The database ${location} is closed.`);
      await worker.terminate();
      await exited;
    },
    async terminate(reason) {
      end(reason);
      await worker.terminate();
      await exited;
    },
  };
}

function unopenable(location: string, reasons: readonly string[], cause?: unknown): IngotError {
  const why = reasons.join('; ');
  if (why.includes('No space left on device')) {
    const hint = 'Make room and start again: everything committed before is kept.';
    const message = `No room is left on the disk that holds the database ${location}.`;
    return new IngotError('disk_full', message, { hint }, cause);
  }
  const isForbidden = /Permission denied|Read-only file system|EACCES|EPERM|EROFS/.test(why);
  return new IngotError(
    'database_unusable',
    `The database ${location} cannot be opened: ${why}.`,
    {
      hint: isForbidden
        ? 'Make the directory readable and writable, or choose another one with --data-dir.'
        : 'It was left as it is. Set it aside and restore a backup, or choose another directory with --data-dir.',
      trouble: isForbidden ? 'not_writable' : 'damaged',
    },
    cause,
  );
}
