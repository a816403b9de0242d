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
 * What opening a database has changed, so that it can be put back: Postgres begins to recover before it knows
 * whether it can, and a directory that it then refuses is no longer what it was. A rollback journal, written
 * before each change:
 *
 *   taking ── accept ──▶ over: what was changed stays, and nothing is taken down any more
 *      └───── undo ────▶ over: everything is as it was before the opening
 *
 * It need not survive the process: a recovery that was cut off is begun again, as Postgres has it.
 */
export interface OpeningJournal {
  beforeWrite(path: string, position: number, length: number): void;
  beforeResize(path: string, size: number): void;
  beforeCreate(path: string): void;
  beforeRemove(path: string): void;
  beforeRemoveDirectory(path: string): void;
  beforeRename(from: string, to: string): void;
  /** Whether changes are still taken down: asked before each, for the life of the database. */
  isTaking(): boolean;
  accept(): void;
  /** @returns whether everything is as it was. */
  undo(): boolean;
}

type Undo = () => void;

/** @param folder does not exist yet, on the file system of what is opened; gone when it is over. */
export function openOpeningJournal(folder: string): OpeningJournal {
  const undos: Undo[] = [];
  let taking = true;
  /** Not all of it was taken down: there was no room for it. */
  let torn = false;
  let bytes: number | null = null;
  let bytesTaken = 0;
  let filesKept = 0;

  // What an opening that was killed left behind is of no use: see above.
  rmSync(folder, { recursive: true, force: true });

  const takeDown = (prepare: () => Undo | null) => {
    if (!taking) return;
    try {
      const undo = prepare();
      if (undo) undos.push(undo);
    } catch {
      // Opening must not fail for want of room to undo it: recovery mostly writes over what is there.
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

  /** Keeps a stretch of a file, and how long the file was. */
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

  /** A second name for a file that is about to lose its own: costs no room where the file system has links. */
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
      // Half of it put back would be neither what was there nor what recovery made of it.
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
