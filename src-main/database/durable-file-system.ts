import { fdatasyncSync, fstatSync, fsyncSync } from 'node:fs';
import type { NodeFS } from '@electric-sql/pglite/nodefs';
import type { EmscriptenNodeFs } from './emscripten-file-system';
import { takeDownChanges } from './journalled-operations';
import type { OpeningJournal } from './opening-journal';

/** What brings files onto the disk itself; in tests one that knows what was brought there. */
export interface Disk {
  /** Of an open file or directory. Throws what the file system says. */
  sync(descriptor: number, path: string): void;
}

const realDisk: Disk = {
  sync(descriptor) {
    // The times of a file may be lost; leaving them out spares the log of changes a second write.
    if (fstatSync(descriptor).isFile()) fdatasyncSync(descriptor);
    else fsyncSync(descriptor);
  },
};

export interface DurableFileSystemOptions {
  readonly disk?: Disk;
  /** Called when a write finds no room on the disk: what PGlite makes of it may never come back. */
  readonly onNoRoom?: () => void;
  /** Hears of every change before it is made; nobody if left out. */
  readonly journal?: OpeningJournal | null;
}

/**
 * WASI's numbers, which Emscripten hands on to Postgres. It passes over the first two where a file system
 * cannot sync directories, and ends itself at the others: what was not written may be lost.
 */
const WASI: Readonly<Record<string, number>> = { EBADF: 8, EINVAL: 28, EDQUOT: 19, ENOSPC: 51 };
const WASI_EIO = 29;

/** What Emscripten's file system throws: an error with WASI's number. */
const isNoRoom = (error: unknown): boolean => {
  const { errno } = error as { errno?: unknown };
  return errno === WASI.ENOSPC || errno === WASI.EDQUOT;
};

/**
 * Postgres' start parameters that make it durable: PGlite turns fsync off, and Emscripten's `fdatasync`, which
 * Postgres prefers for its log, does nothing at all.
 */
export function durableParameters(defaults: readonly string[]): string[] {
  return [...defaults.filter((parameter) => parameter !== '-F'), '-c', 'wal_sync_method=fsync'];
}

/**
 * PGlite's own file system, but for fsync, which reaches the disk. Postgres asks for it at every commit and in
 * the right order at every checkpoint: acknowledged then means that it survives a power cut.
 */
export async function openDurableFileSystem(
  directory: string,
  { disk = realDisk, onNoRoom = () => undefined, journal = null }: DurableFileSystemOptions = {},
): Promise<NodeFS> {
  const { NodeFS: PlainNodeFs } = await import('@electric-sql/pglite/nodefs');
  class DurableNodeFs extends PlainNodeFs {
    override async init(...[pglite, options]: Parameters<NodeFS['init']>) {
      const { emscriptenOpts } = await super.init(pglite, options);
      const addFsync = ({ NODEFS }: { readonly NODEFS: unknown }) => {
        const nodeFs = NODEFS as EmscriptenNodeFs;
        if (journal) takeDownChanges(nodeFs, journal);
        const { write } = nodeFs.stream_ops;
        nodeFs.stream_ops.write = (...taken) => {
          try {
            return write(...taken);
          } catch (error) {
            if (isNoRoom(error)) onNoRoom();
            throw error;
          }
        };
        nodeFs.stream_ops.fsync = ({ nfd, node }) => {
          try {
            disk.sync(nfd, nodeFs.realPath(node));
            return 0;
          } catch (error) {
            return WASI[(error as NodeJS.ErrnoException).code ?? ''] ?? WASI_EIO;
          }
        };
      };
      return { emscriptenOpts: { ...emscriptenOpts, preRun: [addFsync, ...(emscriptenOpts.preRun ?? [])] } };
    }
  }
  return new DurableNodeFs(directory);
}
