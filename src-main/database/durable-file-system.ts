import { fdatasyncSync, fstatSync, fsyncSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { NodeFS } from '@electric-sql/pglite/nodefs';
import type { EmscriptenFs, EmscriptenNodeFs } from './emscripten-file-system';
import { type Fault, faultOf, wasiOf } from './faults';
import { takeDownChanges } from './journalled-operations';
import type { OpeningJournal } from './opening-journal';

/** Syncs files to the disk; tests use one that records what was synced. */
export interface Disk {
  /** For an open file or directory. Throws the file system's error. */
  sync(descriptor: number, path: string): void;
}

const realDisk: Disk = {
  sync(descriptor) {
    // A file's times may be lost; skipping them saves the log a second write.
    if (fstatSync(descriptor).isFile()) fdatasyncSync(descriptor);
    else fsyncSync(descriptor);
  },
};

export interface DurableFileSystemOptions {
  readonly disk?: Disk;
  /** Called for each fault as it occurs: Postgres may turn it into another error, or none. */
  readonly onFault?: (fault: Fault) => void;
  /** Called before every change. */
  readonly journal?: OpeningJournal | null;
}

/**
 * Checks that a data directory is still in its place and the same one: files that were removed or moved away can be written and
 * synced without an error, and are lost. Costs some 5 us beside a sync of a millisecond.
 *
 * @param directory of Postgres' files; the lock is beside it, and a second program could lock another directory of the same name.
 * @returns whether it is in place, and the open file, if one is given, still has a name. Throws the file system's error.
 */
function watchPlace(directory: string): (descriptor?: number) => boolean {
  const identify = (path: string) => {
    const stat = statSync(path, { throwIfNoEntry: false });
    return stat && { path, dev: stat.dev, ino: stat.ino, hasLinks: stat.nlink > 0 };
  };
  const known = [directory, join(dirname(directory), 'ingot.lock')].flatMap((path) => identify(path) ?? []);
  // Some file systems do not count links.
  const countsNames = known.every(({ hasLinks }) => hasLinks);
  return (descriptor) =>
    known.every(({ path, dev, ino }) => {
      const now = identify(path);
      return now?.dev === dev && now.ino === ino;
    }) && !(descriptor !== undefined && countsNames && fstatSync(descriptor).nlink === 0);
}

/**
 * Postgres' start parameters that make it durable: PGlite turns fsync off, and Emscripten's `fdatasync`, which Postgres prefers
 * for its log, does nothing.
 */
export function durableParameters(defaults: readonly string[]): string[] {
  return [...defaults.filter((parameter) => parameter !== '-F'), '-c', 'wal_sync_method=fsync'];
}

/**
 * PGlite's file system with an fsync that reaches the disk. Postgres calls it at every commit, and in the right order at every
 * checkpoint, so what is acknowledged survives a power cut. A sync in a directory that is gone fails.
 */
export async function openDurableFileSystem(
  directory: string,
  { disk = realDisk, onFault = () => undefined, journal = null }: DurableFileSystemOptions = {},
): Promise<NodeFS> {
  const { NodeFS: PlainNodeFs } = await import('@electric-sql/pglite/nodefs');
  class DurableNodeFs extends PlainNodeFs {
    override async init(...[pglite, options]: Parameters<NodeFS['init']>) {
      const { emscriptenOpts } = await super.init(pglite, options);
      const isInPlace = watchPlace(directory);
      const change = (module: unknown) => {
        const { NODEFS: nodeFs, FS: names } = module as { NODEFS: EmscriptenNodeFs; FS: EmscriptenFs };
        if (journal) takeDownChanges(nodeFs, journal);
        const { mknod } = nodeFs.node_ops;
        nodeFs.node_ops.mknod = (parent, name, mode, device) => {
          // Another database may be there by now.
          if (!isInPlace()) throw gone();
          try {
            return mknod(parent, name, mode, device);
          } catch (error) {
            // Emscripten registered the name before it failed to create the file, and would later report that it exists.
            names.destroyNode(names.lookupNode(parent, name));
            throw error;
          }
        };
        const { open } = nodeFs.stream_ops;
        nodeFs.stream_ops.open = (stream) => {
          if (!isInPlace()) throw gone();
          open(stream);
        };
        const { write } = nodeFs.stream_ops;
        // On a full disk a write is short. PGlite ignores that while it unpacks a new database; writing the rest raises the
        // error.
        nodeFs.stream_ops.write = (stream, bytes, offset, length, position) => {
          let done = write(stream, bytes, offset, length, position);
          while (done < length) {
            const more = write(stream, bytes, offset + done, length - done, position + done);
            if (more === 0) break;
            done += more;
          }
          return done;
        };
        for (const operations of [nodeFs.stream_ops, nodeFs.node_ops])
          noteFaults(operations, isInPlace, onFault);
        nodeFs.stream_ops.fsync = ({ nfd, node }) => {
          try {
            disk.sync(nfd, nodeFs.realPath(node));
            if (!isInPlace(nfd)) throw gone();
            return 0;
          } catch (error) {
            const { code = '' } = error as NodeJS.ErrnoException;
            // Postgres tolerates these where a file system cannot sync directories.
            if (Object.hasOwn(NOT_SYNCED, code)) return NOT_SYNCED[code] ?? 0;
            const fault = faultOf(error) ?? 'EIO';
            onFault(fault);
            return wasiOf(fault);
          }
        };
      };
      return { emscriptenOpts: { ...emscriptenOpts, preRun: [change, ...(emscriptenOpts.preRun ?? [])] } };
    }
  }
  return new DurableNodeFs(directory);
}

/** WASI's numbers. On any other error Postgres ends itself, because data may be lost. */
const NOT_SYNCED: Readonly<Record<string, number>> = { EBADF: 8, EINVAL: 28 };

/** As Emscripten throws it. */
const gone = () =>
  Object.assign(new Error('gone'), { name: 'ErrnoError', code: 'GONE', errno: wasiOf('GONE') });

/** WASI's ENOENT. Postgres looks for optional files, and in a missing directory there are none. */
const MISSING = 44;

function noteFaults(operations: object, isInPlace: () => boolean, onFault: (fault: Fault) => void): void {
  for (const [name, operation] of Object.entries(operations)) {
    Object.assign(operations, {
      [name]: (...taken: unknown[]) => {
        try {
          return operation(...taken);
        } catch (error) {
          const isGone = (error as { errno?: unknown }).errno === MISSING && !isInPlace();
          const fault = isGone ? 'GONE' : faultOf(error);
          if (fault) onFault(fault);
          throw error;
        }
      },
    });
  }
}
