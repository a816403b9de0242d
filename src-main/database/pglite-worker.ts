/**
 * The database thread, the only place where PGlite runs. It handles requests one by one in order and knows nothing of
 * transactions: the other side takes turns.
 */
import { readFile } from 'node:fs/promises';
import { parentPort, workerData } from 'node:worker_threads';
import { gunzipSync } from 'node:zlib';
import type { PGlite } from '@electric-sql/pglite';
import { createSystemClock } from '../time/clock';
import { durableParameters, openDurableFileSystem } from './durable-file-system';
import { type Fault, faultOf, isNoRoom, mayComeOfFault } from './faults';
import { type OpeningJournal, openOpeningJournal } from './opening-journal';
import { createStatementRunner, type StatementRunner } from './run-statement';
import type {
  SqlFailure,
  WorkerAnswer,
  WorkerReply,
  WorkerRequest,
  WorkerResult,
  WorkerSettings,
} from './worker-protocol';

/**
 * How much of the log a checkpoint may leave for reuse: by default a gigabyte, once a large transaction needed it. Ingot triggers
 * the checkpoints: see `maintenance.ts`.
 */
const BOUNDS = ['-c', 'max_wal_size=128MB', '-c', 'min_wal_size=64MB'];

/**
 * Postgres' messages before it ends itself. PGlite reports that as an ordinary error, sometimes of a later statement, and
 * continues with memory that cannot be trusted.
 */
const lastWords: string[] = [];

/** The first system fault during the current statement. */
let fault: Fault | null = null;

/** For PGlite's own unpacking, which takes a fifth longer with a compressed file. */
async function unpackNewDatabase({ newDatabase }: WorkerSettings): Promise<Blob | null> {
  if (newDatabase === null) return null;
  const packed = await readFile(newDatabase).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
  return packed && new Blob([gunzipSync(packed)]);
}

interface Opened {
  readonly pglite: PGlite;
  readonly runner: StatementRunner;
}

async function openDatabase(
  settings: WorkerSettings,
  journal: OpeningJournal | null,
  onFault: (fault: Fault) => void,
): Promise<Opened> {
  const { directory } = settings;
  const newDatabase = await unpackNewDatabase(settings);
  // PGlite reads files as in a browser if Electron says 'renderer' or 'worker' here.
  Object.defineProperty(process, 'type', { value: undefined, configurable: true });
  const { PGlite, ...parts } = await import('@electric-sql/pglite');
  const pglite = await PGlite.create({
    ...(directory === null ? {} : { fs: await openDurableFileSystem(directory, { onFault, journal }) }),
    startParams: [...durableParameters(PGlite.defaultStartParams), ...BOUNDS],
    ...(newDatabase === null ? {} : { loadDataDir: newDatabase }),
    onStderr: (line) => {
      const words = /\b(?:FATAL|PANIC): +(.*)/.exec(line)?.[1];
      if (words) lastWords.push(words);
      return false;
    },
  });
  const runner = createStatementRunner(pglite, parts);
  await runner.script("SET TimeZone = 'UTC'; SET search_path = ingot");
  return { pglite, runner };
}

function resultOf(result: {
  rows: unknown[];
  fields: { name: string }[];
  command?: string;
  affectedRows?: number;
}): WorkerResult {
  return {
    command: result.command ?? '',
    columns: result.fields.map((field) => field.name),
    rows: result.rows as unknown[][],
    affectedRows: result.affectedRows ?? 0,
  };
}

/** Drops `detail`, `where` and the parameters that PGlite attaches: they contain values. */
function failureOf(error: unknown): SqlFailure {
  const [end] = lastWords;
  if (end !== undefined) return { sqlstate: null, fault: fault ?? faultOf(end), message: end };
  const { message, code } = error as { message?: unknown; code?: unknown };
  const isSqlstate = typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) && faultOf({ code }) === null;
  const sqlstate = isSqlstate ? code : null;
  const found = fault ?? (sqlstate === '53100' ? 'ENOSPC' : sqlstate === null ? faultOf(error) : null);
  return { sqlstate, fault: mayComeOfFault(sqlstate) ? found : null, message: String(message) };
}

const NOTHING: WorkerResult = { command: '', columns: [], rows: [], affectedRows: 0 };

async function serve(
  request: WorkerRequest,
  { pglite, runner }: Opened,
  journal: OpeningJournal | null,
): Promise<WorkerAnswer> {
  switch (request.kind) {
    case 'accept':
      journal?.accept();
      return { kind: 'done', id: request.id, result: NOTHING };
    case 'open':
      return { kind: 'done', id: request.id, result: NOTHING };
    case 'query': {
      const result = await runner.statement(request.text, request.values);
      return { kind: 'done', id: request.id, result: resultOf(result) };
    }
    case 'copy': {
      const result = await runner.copy(request.text, request.rows);
      return { kind: 'done', id: request.id, result: resultOf(result) };
    }
    case 'script': {
      const { command = '' } = await runner.script(request.text);
      return { kind: 'done', id: request.id, result: { ...NOTHING, command } };
    }
    case 'close': {
      try {
        // Without it, the next start must replay all WAL since the last checkpoint.
        await runner.script('CHECKPOINT');
        await pglite.close();
      } finally {
        if (journal?.isTaking()) journal.undo();
      }
      return { kind: 'done', id: request.id, result: NOTHING };
    }
  }
}

const { monotonicMs } = createSystemClock();

/** After it, PGlite's next statement may never return, or write to files that are gone. */
const endsDatabase = (failure: SqlFailure) =>
  !!failure.fault && (isNoRoom(failure.fault) || failure.fault === 'GONE');

/** Statements are sent behind a BEGIN before it is answered: without it they would run on their own. */
const isBegin = (request: WorkerRequest) => request.kind === 'script' && request.text === 'BEGIN';

async function main(): Promise<void> {
  const port = parentPort;
  if (!port) throw new Error('the database thread is started by database-thread.ts only');
  const reply = (message: WorkerReply) => port.postMessage(message);
  const settings = workerData as WorkerSettings;
  const journal = settings.undoFolder === null ? null : openOpeningJournal(settings.undoFolder);
  let opened: Opened;
  try {
    opened = await openDatabase(settings, journal, (met) => {
      fault ??= met;
      if (isNoRoom(met) || met === 'GONE') reply({ kind: 'fault', fault: met });
    });
  } catch (error) {
    const failure = failureOf(error);
    const saidByPostgres = lastWords.length > 0;
    reply({
      kind: 'open-failed',
      reasons: saidByPostgres ? lastWords : [failure.message],
      saidByPostgres,
      fault: failure.fault ?? null,
      leftAsItWas: journal?.undo() ?? false,
    });
    port.close();
    return;
  }

  let end: SqlFailure | null = null;
  const answer = async (request: WorkerRequest): Promise<WorkerAnswer> => {
    if (end) return { kind: 'failed', id: request.id, failure: end };
    fault = null;
    try {
      return await serve(request, opened, journal);
    } catch (error) {
      const failure = failureOf(error);
      // The thread is about to end. Requests behind must not run, least of all be acknowledged.
      if (failure.sqlstate === null || endsDatabase(failure) || isBegin(request)) {
        end = failure;
        if (journal?.isTaking()) journal.undo();
      }
      return { kind: 'failed', id: request.id, failure };
    }
  };
  /** Measured only if traced: it costs two clock reads and a longer reply. */
  const answerFollowed = async (request: WorkerRequest): Promise<WorkerAnswer> => {
    const { traceparent } = request;
    if (traceparent === undefined) return answer(request);
    const beganMs = monotonicMs();
    const answered = await answer(request);
    return { ...answered, work: { traceparent, beganMs, endedMs: monotonicMs() } };
  };
  let last = Promise.resolve();
  port.on('message', (request: WorkerRequest) => {
    last = last.then(() => answerFollowed(request)).then(reply);
  });
}

await main();
