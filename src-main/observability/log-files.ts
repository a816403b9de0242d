import { join } from 'node:path';
import { makeDirectory } from '../database/make-directory';

/** At most so many files of so many bytes each, the oldest removed. */
export interface LogFileLimits {
  readonly maxFiles: number;
  readonly maxFileBytes: number;
}

/** 50 MB in all. */
export const LOG_FILE_LIMITS: LogFileLimits = { maxFiles: 10, maxFileBytes: 5 * 1024 ** 2 };

export interface LogFiles {
  write(line: string): void;
  close(): void;
}

/** While a disk is full, so much is kept to be written once there is room; the rest is lost. */
const MOST_UNWRITTEN_BYTES = 256 * 1024;

export interface LogFileListener {
  /** A file cannot be written any more. */
  onFault(error: Error): void;
  /** It can again; what was kept meanwhile is written. */
  onRecovery(): void;
}

/**
 * Appends to the newest of `ingot.1.log`, `ingot.2.log`, ... in a directory, which is made. Every line is handed
 * to the system at once: an entry costs some microseconds, and the last words of a crash are there.
 *
 * @throws the system's error if the directory cannot be made or written.
 */
export async function openLogFiles(
  directory: string,
  { maxFiles, maxFileBytes }: LogFileLimits,
  { onFault, onRecovery }: LogFileListener,
): Promise<LogFiles> {
  // Names of files and accounts are nobody else's business.
  makeDirectory(directory, 0o700);
  const { default: openRollingFile } = await import('pino-roll');
  const stream = await openRollingFile({
    file: join(directory, 'ingot'),
    extension: 'log',
    size: `${maxFileBytes}b`,
    limit: { count: maxFiles, removeOtherLogFiles: true },
    sync: true,
    mode: 0o600,
    maxLength: MOST_UNWRITTEN_BYTES,
  });
  let faulty = false;
  stream.on('error', (error: Error) => {
    if (faulty) return;
    faulty = true;
    onFault(error);
  });
  stream.on('write', () => {
    if (!faulty) return;
    faulty = false;
    onRecovery();
  });
  return {
    write: (line) => void stream.write(line),
    close: () => stream.destroy(),
  };
}
