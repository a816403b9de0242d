import { closeSync, constants, ftruncateSync, openSync, readSync, writeSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { IngotError } from '../../src-shared/errors';
import { unusableDirectory } from './data-directory';
import { makeDirectory } from './make-directory';

/** Who holds a database, for the message to a second program. */
export const holderSchema = z.object({
  program: z.string(),
  pid: z.number().int(),
  host: z.string(),
  since: z.iso.datetime(),
});
export type LockHolder = z.infer<typeof holderSchema>;

export interface LockOptions {
  /** The program's name for a person. */
  readonly program: string;
  /** Whole milliseconds since 1970. */
  readonly nowMs: number;
}

export interface DirectoryLock {
  /** Idempotent. The end of the process releases it too. */
  release(): void;
}

/** Far behind the holder's name in the file: on Windows a locked range cannot be read. */
const LOCKED_BYTE = 2 ** 40;

/**
 * Locks a data directory for this process, and creates it if missing. PGlite itself lets two processes open one directory, and
 * acknowledged rows are lost.
 *
 * The operating system holds the lock on `<dataDir>/ingot.lock`: it ends with its process, however that ends, and never expires.
 * The file stays: removing it would let two processes in.
 *
 * @throws IngotError `database_unusable` with the holder, or the reason why the directory cannot be locked.
 */
export async function lockDirectory(dataDir: string, options: LockOptions): Promise<DirectoryLock> {
  const native = await import('fs-native-extensions').catch((error: unknown) => {
    const why = `there are no file locks for ${process.platform} on ${process.arch}`;
    throw unlockable(dataDir, why, 'Use --memory, or a Postgres server with --database.', error);
  });
  const lockFile = openLockFile(dataDir);
  try {
    if (!tryLock(native, dataDir, lockFile)) throw heldDirectory(dataDir, readHolder(lockFile));
    const holder = holderHere(options);
    ftruncateSync(lockFile);
    writeSync(lockFile, `${JSON.stringify(holder)}\n`, 0);
  } catch (error) {
    closeSync(lockFile);
    if (error instanceof IngotError) throw error;
    throw unusableDirectory(dataDir, error);
  }
  let released = false;
  return {
    release() {
      if (released) return;
      released = true;
      closeSync(lockFile);
    },
  };
}

/** A plain descriptor: the garbage collector closes an unreferenced FileHandle, and the lock with it. */
function openLockFile(dataDir: string): number {
  try {
    makeDirectory(dataDir);
    // Not truncated: it may hold the name of the present holder.
    return openSync(join(dataDir, 'ingot.lock'), constants.O_RDWR | constants.O_CREAT);
  } catch (error) {
    throw unusableDirectory(dataDir, error);
  }
}

function tryLock(native: typeof import('fs-native-extensions'), dataDir: string, lockFile: number): boolean {
  try {
    return native.tryLock(lockFile, LOCKED_BYTE, 1);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const why = `its file system has no locks (${code ?? 'unknown reason'})`;
    throw unlockable(dataDir, why, 'Choose a directory on a local disk with --data-dir.', error);
  }
}

function readHolder(lockFile: number): LockHolder | null {
  const bytes = Buffer.alloc(4096);
  const length = readSync(lockFile, bytes, 0, bytes.length, 0);
  try {
    return holderSchema.parse(JSON.parse(bytes.toString('utf8', 0, length)));
  } catch {
    // The holder has just locked it and not written its name yet.
    return null;
  }
}

function unlockable(dataDir: string, why: string, hint: string, cause: unknown): IngotError {
  const message = `The data directory ${dataDir} cannot be locked: ${why}.`;
  return new IngotError('database_unusable', message, { hint, trouble: 'not_writable' }, cause);
}

function heldDirectory(dataDir: string, holder: LockHolder | null): IngotError {
  const hint = 'Close that program first, or choose another directory with --data-dir.';
  return held(`The data directory ${dataDir}`, hint, holder, holder?.host === hostname());
}

/** The error for a second program. `isHere`: the holder is on this machine, so the message omits the host. */
export function held(what: string, hint: string, holder: LockHolder | null, isHere = false): IngotError {
  const who = holder ? `${describeHolder(holder, isHere)} since ${holder.since}` : 'another program';
  return new IngotError('database_unusable', `${what} is in use by ${who}.`, {
    hint,
    trouble: 'held',
    ...(holder && { pid: holder.pid }),
  });
}

export function describeHolder({ program, pid, host }: LockHolder, isHere = false): string {
  return `${program} (process ${pid}${isHere ? '' : ` on ${host}`})`;
}

/** This process, as the holder. */
export function holderHere({ program, nowMs }: LockOptions): LockHolder {
  return { program, pid: process.pid, host: hostname(), since: new Date(nowMs).toISOString() };
}
