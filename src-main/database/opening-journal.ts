import {
  closeSync,
  copyFileSync,
  existsSync,
  fstatSync,
  ftruncateSync,
  linkSync,
  mkdirSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { makeDirectory } from './make-directory';

/**
 * Records what opening a database changes, so that it can be undone: Postgres starts its recovery before it knows whether that
 * will succeed, so a directory that it refuses is no longer the same. A rollback journal, written before each change:
 *
 *   taking ── accept ──▶ over: the changes stay, and nothing more is recorded
 *      └───── undo ────▶ over: everything is as before the opening
 *
 * It need not survive the process: Postgres restarts an interrupted recovery.
 */
export interface OpeningJournal {
  beforeWrite(path: string, position: number, length: number): void;
  beforeResize(path: string, size: number): void;
  beforeCreate(path: string): void;
  beforeRemove(path: string): void;
  beforeRemoveDirectory(path: string): void;
  beforeRename(from: string, to: string): void;
  /** Whether changes are still recorded; called before each change, as long as the database lives. */
  isTaking(): boolean;
  accept(): void;
  /** @returns whether everything is as before. */
  undo(): boolean;
}

type Undo = () => void;

/** @param folder must not exist, and be on the same file system; it is removed at the end. */
export function openOpeningJournal(folder: string): OpeningJournal {
  const undos: Undo[] = [];
  let taking = true;
  /** Incomplete: there was no disk space for it. */
  let torn = false;
  let bytes: number | null = null;
  let bytesTaken = 0;
  let filesKept = 0;

  // The journal of a killed process is useless: see above.
  rmSync(folder, { recursive: true, force: true });

  const takeDown = (prepare: () => Undo | null) => {
    if (!taking) return;
    try {
      const undo = prepare();
      if (undo) undos.push(undo);
    } catch {
      // Opening must not fail for lack of space to undo it: recovery mostly overwrites what is there.
      torn = true;
      taking = false;
    }
  };

  const journal = () => {
    if (bytes !== null) return bytes;
    makeDirectory(folder);
    bytes = openSync(join(folder, 'bytes'), 'w+');
    return bytes;
  };

  /** Saves a range of a file, and the file's length. */
  const keepBytes = (path: string, position: number, length: number): Undo => {
    const file = openSync(path, 'r');
    try {
      const { size } = fstatSync(file);
      const kept = Buffer.alloc(Math.max(0, Math.min(length, size - position)));
      readAll(file, kept, position);
      const at = bytesTaken;
      if (kept.length > 0) writeAll(journal(), kept, at);
      bytesTaken += kept.length;
      return () => {
        const target = openSync(path, 'r+');
        try {
          ftruncateSync(target, size);
          const back = Buffer.alloc(kept.length);
          if (back.length > 0) readAll(journal(), back, at);
          if (back.length > 0) writeAll(target, back, position);
        } finally {
          closeSync(target);
        }
      };
    } finally {
      closeSync(file);
    }
  };

  /** A second link to a file that is about to lose its name: needs no space where the file system has links. */
  const keepFile = (path: string): Undo => {
    makeDirectory(folder);
    const kept = join(folder, String(filesKept++));
    try {
      linkSync(path, kept);
    } catch {
      copyFileSync(path, kept);
    }
    return () => renameSync(kept, path);
  };

  const end = () => {
    taking = false;
    undos.length = 0;
    if (bytes !== null) closeSync(bytes);
    bytes = null;
    rmSync(folder, { recursive: true, force: true });
  };

  return {
    beforeWrite: (path, position, length) => takeDown(() => keepBytes(path, position, length)),
    beforeResize: (path, size) =>
      takeDown(() => keepBytes(path, size, Math.max(0, statSync(path).size - size))),
    beforeCreate: (path) =>
      takeDown(() => (existsSync(path) ? null : () => rmSync(path, { recursive: true, force: true }))),
    beforeRemove: (path) => takeDown(() => keepFile(path)),
    beforeRemoveDirectory: (path) => takeDown(() => () => void mkdirSync(path)),
    beforeRename: (from, to) =>
      takeDown(() => {
        const putBack = existsSync(to) ? keepFile(to) : null;
        return () => {
          renameSync(to, from);
          putBack?.();
        };
      }),
    isTaking: () => taking,
    accept: end,
    undo() {
      taking = false;
      let whole = !torn;
      // A partial undo would be neither the old content nor the result of the recovery.
      if (torn) undos.length = 0;
      for (const undo of undos.reverse()) {
        try {
          undo();
        } catch {
          whole = false;
        }
      }
      end();
      return whole;
    },
  };
}

function readAll(file: number, into: Buffer, position: number): void {
  for (let done = 0; done < into.length; ) {
    const read = readSync(file, into, done, into.length - done, position + done);
    if (read === 0) throw new Error('the file ended early');
    done += read;
  }
}

function writeAll(file: number, from: Buffer, position: number): void {
  for (let done = 0; done < from.length; ) {
    done += writeSync(file, from, done, from.length - done, position + done);
  }
}
