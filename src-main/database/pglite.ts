import newDatabasePath from 'ingot:prebuilt-directory';
import { resolve } from 'node:path';
import { IngotError } from '../../src-shared/errors';
import type { AbandonableDatabase } from './abandonable';
import { prepareDirectory } from './data-directory';
import type { DeadlineClass, QueryResult, SqlValue, Statement } from './database';
import { type DatabaseThreadOptions, openDatabaseThread, unpackedPath } from './database-thread';
import type { ThreadWatch } from './thread-watch';
import { type Connection, runTransaction } from './transaction';
import { createTurns } from './turns';
import type { WorkerResult } from './worker-protocol';

export interface OpenPgliteOptions {
  /** Ingot's data directory, created if missing, or `memory`, which stores nothing. */
  readonly dataDir: string | 'memory';
  /** Called once if the database is lost while open: its thread ended, or its disk is full. */
  readonly onLost?: (error: IngotError) => void;
  /** Whether closing undoes what opening changed, until `acceptOpening`. Default false. */
  readonly tentative?: boolean;
  /** Called before a new database is created in an empty directory; throwing refuses it. */
  readonly beforeNew?: () => Promise<void>;
  /** Default: statements are not traced. */
  readonly watch?: ThreadWatch | undefined;
  /** For the deadlines; default: the system's. */
  readonly clock?: DatabaseThreadOptions['clock'];
}

export interface EmbeddedDatabase extends AbandonableDatabase {
  /** The directory is sound: keep what opening changed (its recovery). */
  acceptOpening(): Promise<void>;
}

/**
 * Opens the embedded database in a thread of its own. Takes no lock: `openDatabase` does.
 *
 * There is one connection, so a transaction holds the turn and all others wait. Statements outside a transaction go to the thread
 * at once, which runs them in order.
 *
 * @throws IngotError `database_unusable` if the directory cannot be opened. It is left unchanged.
 */
export async function openPglite({
  dataDir,
  onLost,
  tentative = false,
  beforeNew,
  watch,
  clock,
}: OpenPgliteOptions): Promise<EmbeddedDatabase> {
  const inMemory = dataDir === 'memory';
  const location = inMemory ? 'memory' : resolve(dataDir);
  const prepared = inMemory ? null : await prepareDirectory(location, beforeNew);
  const turns = createTurns();
  const thread = await openDatabaseThread({
    directory: prepared?.postgresDirectory ?? null,
    newDatabase: prepared?.isNew === false ? null : unpackedPath(newDatabasePath),
    undoFolder: prepared?.isNew === false ? `${prepared.postgresDirectory}.undo` : null,
    location,
    watch,
    ...(clock && { clock }),
    onLost: (reason) => {
      turns.refuse(reason);
      onLost?.(reason);
    },
  });
  const closed = new IngotError('database_unavailable', `The database ${location} is closed.`);
  try {
    await prepared?.markComplete();
    if (!tentative) await thread.accept();
  } catch (error) {
    await thread.terminate(closed);
    throw error;
  }

  let closing: Promise<void> | null = null;

  const query = async <Row>(statement: Statement, values: readonly SqlValue[] = []) =>
    queryResult<Row>(await thread.query(statement, values));

  const copy = async (statement: Statement, rows: Uint8Array<ArrayBuffer>) =>
    (await thread.copy(statement, rows)).affectedRows;

  /** Takes the turn only to hand over: the thread keeps the order. */
  const handOver = async <T>(work: () => Promise<T>): Promise<T> => {
    if (closing) throw closed;
    await turns.take();
    const answer = work();
    turns.giveBack();
    return answer;
  };

  const executeScript = async (name: string, text: string, deadline: DeadlineClass = 'maintenance') =>
    void (await thread.script({ name, deadline, text }));

  const connection: Connection = {
    mayRunAhead: true,
    query,
    copy,
    executeScript,
    command: async (text) =>
      (await thread.script({ name: text.toLowerCase(), deadline: 'write', text })).command,
  };

  return {
    kind: 'pglite',
    location,
    acceptOpening: () => thread.accept(),
    query: (statement, values) => handOver(() => query(statement, values)),
    copy: (statement, rows) => handOver(() => copy(statement, rows)),
    executeScript: (name, text, deadline) => handOver(() => executeScript(name, text, deadline)),
    setSchema: (schema) =>
      handOver(() => executeScript('set_schema', `SET search_path = ${schema}`, 'write')),
    async transaction(work) {
      if (closing) throw closed;
      await turns.take();
      try {
        return await runTransaction(connection, work);
      } finally {
        turns.giveBack();
      }
    },
    close() {
      closing ??= turns.take().then(
        () => thread.close(),
        // Lost already.
        () => {},
      );
      return closing;
    },
    async abandon() {
      closing ??= Promise.resolve();
      turns.refuse(closed);
      await thread.terminate(closed);
    },
  };
}

function queryResult<Row>({ columns, rows, affectedRows }: WorkerResult): QueryResult<Row> {
  return {
    rows: rows.map((values) => {
      const row: Record<string, unknown> = {};
      columns.forEach((column, index) => {
        row[column] = values[index];
      });
      return row as Row;
    }),
    affectedRows,
  };
}
