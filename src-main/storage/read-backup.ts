import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { basename } from 'node:path';
import { createInterface } from 'node:readline';
import { createGunzip } from 'node:zlib';
import type { z } from 'zod';
import { IngotError } from '../../src-shared/errors';
import {
  BACKUP_FORMAT,
  BACKUP_TABLES,
  BACKUP_VERSION,
  type BackupHeader,
  type BackupRow,
  type BackupTable,
  backupHeaderSchema,
  MOST_DATA_AT_ONCE,
  rowLineSchema,
  sumOf,
  tableLineSchema,
  trailerSchema,
} from './backup-format';

/** Up to 1,000 rows or 8 MiB of one table. */
export interface BackupChunk {
  readonly table: BackupTable['name'];
  /** The backup's columns, in the order of the rows' values. */
  readonly columns: readonly string[];
  readonly rows: readonly BackupRow[];
}

/** How every backup begins. */
const HEADER_START = JSON.stringify({ format: BACKUP_FORMAT }).slice(0, -1);

const CHUNK_ROWS = 1_000;

/** A backup that was read to its end and is complete. */
export interface WholeBackup {
  readonly header: BackupHeader;
  /** Of its lines, in hex. */
  readonly sha256: string;
}

/**
 * The first line only: cheap, whatever the size.
 * @throws IngotError `source_broken`; `source_unreadable` if it is not a backup.
 */
export async function readBackupHeader(path: string): Promise<BackupHeader> {
  for await (const line of linesOf(path)) return headerOf(path, line);
  throw brokenBackup(path, 'it is empty');
}

/** Whether a file begins as a backup does. Reads no further, for a file of updates may be one endless line. */
export async function isBackup(path: string): Promise<boolean> {
  const file = createReadStream(path, { end: 65_535 });
  const text = file.pipe(createGunzip());
  let start = '';
  try {
    file.on('error', (error) => text.destroy(error));
    for await (const chunk of text) {
      start += String(chunk);
      if (start.length >= HEADER_START.length) break;
    }
  } catch {
    // No gzip, or cut off: what came before counts.
  } finally {
    file.destroy();
    text.destroy();
  }
  return start.startsWith(HEADER_START);
}

/**
 * Reads the whole backup and checks what can be checked without a database: format, tables, row counts and checksum. Memory is
 * bounded by a chunk.
 * @throws IngotError `source_broken`; `source_unreadable` if it is not a backup; `schema_mismatch` if a newer Ingot made it.
 */
export async function* readBackup(path: string): AsyncGenerator<BackupChunk, WholeBackup> {
  const hash = createHash('sha256');
  let header: BackupHeader | null = null;
  let shape: Pick<BackupChunk, 'table' | 'columns'> | null = null;
  let rows: BackupRow[] = [];
  let data = 0;
  const found: Record<string, number> = {};
  for await (const line of linesOf(path)) {
    if (!header) {
      header = headerOf(path, line);
    } else if (line.startsWith('[')) {
      if (!shape) throw brokenBackup(path, 'a row comes before its table');
      const row = parse(path, rowLineSchema, line);
      if (row.length !== shape.columns.length) throw brokenBackup(path, 'a row is not of its table');
      rows.push(row);
      data += line.length;
      found[shape.table] = (found[shape.table] ?? 0) + 1;
    } else {
      if (shape && rows.length > 0) yield { ...shape, rows };
      rows = [];
      data = 0;
      if (line.startsWith('{"end"')) {
        const { rows: counted, sha256 } = parse(path, trailerSchema, line);
        if (sha256 !== hash.digest('hex')) throw brokenBackup(path, 'its checksum is wrong');
        if (!sameCounts(counted, found) || !sameCounts(header.rows, found)) {
          throw brokenBackup(path, `it holds ${sumOf(found)} rows where ${sumOf(header.rows)} were written`);
        }
        return { header, sha256 };
      }
      shape = shapeOf(path, line);
    }
    if (shape && (rows.length >= CHUNK_ROWS || data >= MOST_DATA_AT_ONCE)) {
      yield { ...shape, rows };
      rows = [];
      data = 0;
    }
    hash.update(line).update('\n');
  }
  throw brokenBackup(path, 'it breaks off before its end');
}

/** Reads it to the end for its checks alone. */
export async function verifyBackup(path: string): Promise<WholeBackup> {
  const chunks = readBackup(path);
  for (;;) {
    const next = await chunks.next();
    if (next.done) return next.value;
  }
}

async function* linesOf(path: string): AsyncGenerator<string> {
  const file = createReadStream(path);
  const text = createGunzip();
  // `pipe` forwards no errors, and an error must end the reader, not the process.
  file.on('error', (error) => text.destroy(error));
  const lines = createInterface({ input: file.pipe(text), crlfDelay: Number.POSITIVE_INFINITY });
  try {
    yield* lines;
  } catch (error) {
    if (error instanceof IngotError) throw error;
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') throw new IngotError('not_found', `${basename(path)} is not there.`, {}, error);
    // zlib's message for a file that is not a gzip stream.
    if (code === 'Z_DATA_ERROR' && (error as Error).message === 'incorrect header check')
      throw noBackup(path);
    if (code === 'EISDIR') {
      const hint = 'Give the path of one file.';
      throw new IngotError(
        'source_unreadable',
        `${basename(path)} is a directory, not a backup.`,
        { hint },
        error,
      );
    }
    if (!code?.startsWith('Z_'))
      throw brokenBackup(path, `it could not be read (${code ?? 'unknown reason'})`, error);
    if (file.bytesRead === 0) throw brokenBackup(path, 'it is empty', error);
    throw brokenBackup(path, 'it is incomplete or damaged', error);
  } finally {
    lines.close();
    file.destroy();
    text.destroy();
  }
}

function headerOf(path: string, line: string): BackupHeader {
  if (!line.startsWith(HEADER_START)) throw noBackup(path);
  const header = parse(path, backupHeaderSchema, line);
  if (header.version > BACKUP_VERSION) {
    throw new IngotError('schema_mismatch', `${basename(path)} was made by a newer version of Ingot.`, {
      hint: 'Restore it with that version.',
    });
  }
  return header;
}

function shapeOf(path: string, line: string): Pick<BackupChunk, 'table' | 'columns'> {
  const { table, columns } = parse(path, tableLineSchema, line);
  const known = BACKUP_TABLES.find(({ name }) => name === table);
  if (!known) throw brokenBackup(path, `it has a table ${table}, which is unknown`);
  return { table: known.name, columns };
}

function parse<T>(path: string, schema: z.ZodType<T>, line: string): T {
  try {
    return schema.parse(JSON.parse(line));
  } catch (error) {
    throw brokenBackup(path, 'a line of it is not as it should be', error);
  }
}

function sameCounts(a: Readonly<Record<string, number>>, b: Readonly<Record<string, number>>): boolean {
  return BACKUP_TABLES.every(({ name }) => (a[name] ?? 0) === (b[name] ?? 0));
}

/** Shows nothing of the file: it may be anything. */
function noBackup(path: string): IngotError {
  return new IngotError('source_unreadable', `${basename(path)} is no backup of Ingot.`, {
    hint: 'Nothing was changed. A backup is a file that "ingot backup" made; a file of updates is read by "ingot ingest".',
  });
}

export function brokenBackup(path: string, what: string, cause?: unknown): IngotError {
  return new IngotError(
    'source_broken',
    `The backup ${basename(path)} cannot be used: ${what}.`,
    { hint: 'Nothing was changed. Choose another backup.' },
    cause,
  );
}
