import { existsSync } from 'node:fs';
import { sep } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { Worker } from 'node:worker_threads';
import { IngotError } from '../../src-shared/errors';
import { type Clock, createSystemClock } from '../time/clock';
import { HOW_TO_REPLACE, TRY_AGAIN } from './data-directory';
import type { DeadlineClass, SqlValue, Statement } from './database';
import { type Fault, faultError, faultOf } from './faults';
import workerPath from './pglite-worker?modulePath';
import { sqlError } from './sql-error';
import type { ThreadWatch } from './thread-watch';
import { createWatchdog, DEADLINES, type Deadlines } from './watchdog';
import type {
  FailedOpening,
  WorkerReply,
  WorkerRequest,
  WorkerResult,
  WorkerSettings,
} from './worker-protocol';

export interface DatabaseThread {
  query(statement: Statement, values: readonly SqlValue[]): Promise<WorkerResult>;
  copy(statement: Statement, rows: Uint8Array<ArrayBuffer>): Promise<WorkerResult>;
  /** One or more statements without values. */
  script(script: Statement): Promise<WorkerResult>;
  /** Keeps what opening has changed. Until then, closing undoes it. */
  accept(): Promise<void>;
  /** After all earlier requests: a checkpoint and Postgres' own shutdown. The thread ends by itself: see `threadsEnded`. */
  close(): Promise<void>;
  /** Ends the thread now, whatever it does; pending requests reject with `reason`. */
  terminate(reason: IngotError): Promise<void>;
}

export interface DatabaseThreadOptions extends WorkerSettings {
  /** For messages. */
  readonly location: string;
  /** Called once if the thread ends unexpectedly, or had to be ended. Every later request rejects with `reason`. */
  readonly onLost: (reason: IngotError) => void;
  /** Omitted: requests are not traced. */
  readonly watch?: ThreadWatch | undefined;
  /** Default `DEADLINES`. */
  readonly deadlines?: Deadlines;
  /** Default: the system's. A thread works in real time even if its engine does not. */
  readonly clock?: Pick<Clock, 'now' | 'setAlarm'>;
}

interface Request {
  /** For messages. */
  readonly statement: string;
  readonly deadlineMs: number;
  readonly resolve: (result: WorkerResult) => void;
  readonly reject: (error: IngotError) => void;
}

/**
 * The same file outside Electron's archive. Electron does not promise that a thread can read inside an archive, so the packager
 * puts the worker and PGlite beside it.
 */
export function unpackedPath(path: string): string {
  return path.replace(`${sep}app.asar${sep}`, `${sep}app.asar.unpacked${sep}`);
}

/**
 * V8 optimizes a WebAssembly function after about this many executed bytes; its default is 1,800,000. With this, opening a database
 * optimizes nothing, which would compete with the window that is loading; what a run uses much is optimized early in the run.
 */
const TIERING_BUDGET = 400_000_000;

/** Threads whose database is closed. */
const ending = new Set<Promise<void>>();

/**
 * Resolves when no thread of a closed database is left. One that V8 still compiles for takes seconds to end, though it holds
 * nothing but open files that it does not write to. Only a process that ends, or a system that cannot move open files, must wait.
 */
export async function threadsEnded(): Promise<void> {
  await Promise.all(ending);
}

/**
 * Starts the database thread and opens PGlite in it. Requests run one after the other, in order.
 *
 * @throws IngotError `database_unusable` if the directory cannot be opened.
 */
export async function openDatabaseThread(options: DatabaseThreadOptions): Promise<DatabaseThread> {
  setFlagsFromString(`--wasm-tiering-budget=${TIERING_BUDGET}`);
  const { directory, newDatabase, undoFolder, location, onLost, watch } = options;
  const { deadlines = DEADLINES, clock = createSystemClock() } = options;
  const worker = new Worker(unpackedPath(workerPath), {
    name: 'ingot-database',
    workerData: { directory, newDatabase, undoFolder } satisfies WorkerSettings,
    // Flags of the process, such as a debugger's, do not apply to the thread.
    execArgv: [],
  });
  const exited = new Promise<void>((done) => worker.once('exit', () => done()));
  const unanswered = new Map<number, Request>();
  let requests = 0;
  let opening = true;
  let ended: IngotError | null = null;

  /** Only the first request is running: the others' deadlines have not started. */
  const inHand = () => unanswered.values().next().value;
  const watchdog = createWatchdog(clock, () => {
    const request = inHand();
    if (!request) return;
    const { statement, deadlineMs } = request;
    lose(`was stopped: the statement "${statement}" did not answer for ${deadlineMs / 1000} s`);
  });
  const watchNext = () => {
    const next = inHand();
    if (next) watchdog.watch(next.deadlineMs);
    else watchdog.rest();
  };

  const end = (reason: IngotError) => {
    ended ??= reason;
    watchdog.rest();
    for (const { reject } of unanswered.values()) reject(reason);
    unanswered.clear();
  };
  const loseFor = (reason: IngotError) => {
    if (ended) return;
    end(reason);
    void worker.terminate();
    if (!opening) onLost(reason);
  };
  const lose = (what: string, cause?: unknown) => {
    const hint = 'Start again: everything committed before is kept.';
    loseFor(
      opening
        ? unopenable(location, {
            reasons: [what],
            saidByPostgres: false,
            fault: faultOf(cause ?? what),
            leftAsItWas: false,
          })
        : new IngotError('database_unavailable', `The database ${location} ${what}.`, { hint }, cause),
    );
  };
  /** Not awaited: the statement without disk space may hang in its commit and never be answered. */
  const loseForFault = (fault: Fault) => {
    const statement = inHand()?.statement;
    loseFor(faultError(fault, location, statement === undefined ? {} : { statement }));
  };

  const settle = (reply: WorkerReply) => {
    if (reply.kind === 'open-failed') {
      // If the files were removed meanwhile, Postgres' message is no sign of damage.
      const isGone = directory !== null && !existsSync(directory);
      end(unopenable(location, isGone ? { ...reply, fault: 'GONE' } : reply));
      void worker.terminate();
      return;
    }
    if (reply.kind === 'fault') return loseForFault(reply.fault);
    const request = unanswered.get(reply.id);
    if (!request) return;
    unanswered.delete(reply.id);
    watchNext();
    if (reply.work) watch?.worked(request.statement, reply.work);
    if (reply.kind === 'done') return request.resolve(reply.result);
    const error = sqlError(request.statement, reply.failure, location);
    request.reject(error);
    // After 53100 the next statement never returns: the thread hangs. The files are sound when reopened.
    if (error.code === 'disk_full') loseFor(error);
    if (reply.failure.sqlstate === null) lose('broke down', error);
  };
  worker.on('error', (error) => lose(`broke down: ${error.message}`, error));
  worker.on('exit', () => lose('broke down: its thread ended'));
  worker.on('message', settle);

  const ask = (
    statement: string,
    deadline: DeadlineClass,
    request: (id: number) => WorkerRequest,
    handedOver: readonly ArrayBuffer[] = [],
  ): Promise<WorkerResult> =>
    new Promise((resolve, reject) => {
      if (ended) return reject(ended);
      const id = requests++;
      const deadlineMs = deadlines[deadline];
      unanswered.set(id, { statement, deadlineMs, resolve, reject });
      if (unanswered.size === 1) watchdog.watch(deadlineMs);
      const traceparent = watch?.traceparent(statement);
      const message = traceparent === undefined ? request(id) : { ...request(id), traceparent };
      worker.postMessage(message, [...handedOver]);
    });
  await ask('open', 'maintenance', (id) => ({ id, kind: 'open' }));
  opening = false;

  return {
    query: ({ name, deadline, text }, values) => {
      const texts = values.map((value) => (value === null ? null : String(value)));
      return ask(name, deadline, (id) => ({ id, kind: 'query', text, values: texts }));
    },
    copy: ({ name, deadline, text }, rows) =>
      ask(name, deadline, (id) => ({ id, kind: 'copy', text, rows }), [rows.buffer]),
    script: ({ name, deadline, text }) => ask(name, deadline, (id) => ({ id, kind: 'script', text })),
    accept: async () => void (await ask('accept', 'maintenance', (id) => ({ id, kind: 'accept' }))),
    async close() {
      // If the thread breaks down meanwhile, it is closed too.
      await ask('close', 'maintenance', (id) => ({ id, kind: 'close' })).catch(() => {});
      ended ??= new IngotError('database_unavailable', `The database ${location} is closed.`);
      ending.add(exited);
      void exited.then(() => ending.delete(exited));
      void worker.terminate();
    },
    async terminate(reason) {
      end(reason);
      await worker.terminate();
      await exited;
    },
  };
}

/** Only Postgres' own complaint about its files is damage; what hindered it, or PGlite, is not. */
function unopenable(
  location: string,
  { reasons, saidByPostgres, fault, leftAsItWas }: FailedOpening,
): IngotError {
  if (fault) return faultError(fault, location);
  const message = `The database ${location} cannot be opened: ${reasons.join('; ')}.`;
  const kept = leftAsItWas ? 'It was not changed. ' : '';
  return saidByPostgres
    ? new IngotError('database_unusable', message, { hint: kept + HOW_TO_REPLACE, trouble: 'damaged' })
    : new IngotError('database_unusable', message, { hint: kept + TRY_AGAIN });
}
