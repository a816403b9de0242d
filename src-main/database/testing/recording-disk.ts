import { fstatSync, mkdirSync, readdirSync, readFileSync, readSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import type { Disk } from '../durable-file-system';

export interface RecordingDisk extends Disk {
  /** Writes what a power cut now would leave behind to `target`, which must not exist. */
  cutPower(target: string): void;
}

/**
 * A disk that loses everything unsynced at a power cut, as the strictest file system may: bytes of files, and names in
 * directories. Initial content counts as synced.
 */
export function createRecordingDisk(root: string): RecordingDisk {
  const directories = new Set<string>([root]);
  const inodes = new Map<string, number>();
  const contents = new Map<number, Buffer>();
  for (const entry of readdirSync(root, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isDirectory()) directories.add(path);
    else {
      const { ino } = statSync(path);
      inodes.set(path, ino);
      contents.set(ino, readFileSync(path));
    }
  }
  const syncNames = (directory: string) => {
    for (const known of inodes.keys()) if (dirname(known) === directory) inodes.delete(known);
    for (const entry of readdirSync(directory, { withFileTypes: true })) {
      const path = join(directory, entry.name);
      if (entry.isDirectory()) directories.add(path);
      else inodes.set(path, statSync(path).ino);
    }
  };
  return {
    sync(descriptor, path) {
      const stat = fstatSync(descriptor);
      if (stat.isDirectory()) return syncNames(path);
      const bytes = Buffer.alloc(stat.size);
      readSync(descriptor, bytes, 0, stat.size, 0);
      contents.set(stat.ino, bytes);
      inodes.set(path, stat.ino);
    },
    cutPower(target) {
      for (const directory of [...directories].sort()) {
        mkdirSync(join(target, relative(root, directory)), { recursive: true });
      }
      for (const [path, ino] of inodes) {
        writeFileSync(join(target, relative(root, path)), contents.get(ino) ?? Buffer.alloc(0));
      }
    },
  };
}
