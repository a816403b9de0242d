import { IngotError } from '../../src-shared/errors';

/** Faults around a data directory, by the system's code, in plain words. None is damage. */
const FAULTS = {
  EACCES: 'no permission',
  EPERM: 'no permission',
  EROFS: 'the disk is read-only',
  ENOSPC: 'no room is left on the disk',
  EDQUOT: 'no room is left in the quota of the disk',
  EFBIG: 'a file may not become as large as the database needs',
  EMFILE: 'too many open files in this process',
  ENFILE: 'too many open files on this machine',
  ENOMEM: 'no memory is left',
  EIO: 'the disk reports an error',
  /** Our own: see `watchPlace`. */
  GONE: 'it was removed, moved or replaced while it was open',
} as const;
export type Fault = keyof typeof FAULTS;

/** WASI's numbers, which Emscripten throws and passes to Postgres. */
const WASI: Readonly<Record<number, Fault>> = {
  2: 'EACCES',
  19: 'EDQUOT',
  22: 'EFBIG',
  29: 'EIO',
  33: 'EMFILE',
  41: 'ENFILE',
  48: 'ENOMEM',
  51: 'ENOSPC',
  63: 'EPERM',
  69: 'EROFS',
};

/** Messages of the C library in WebAssembly, of this system's, and of V8, for faults that arrive without a code. */
const WORDS: readonly (readonly [RegExp, Fault])[] = [
  [/No space left on device|ENOSPC/, 'ENOSPC'],
  [/Quota exceeded|EDQUOT/, 'EDQUOT'],
  [/File too large|EFBIG/, 'EFBIG'],
  [/Permission denied|EACCES/, 'EACCES'],
  [/Operation not permitted|EPERM/, 'EPERM'],
  [/Read-only file system|EROFS/, 'EROFS'],
  [/Too many open files in system|ENFILE/, 'ENFILE'],
  [/No file descriptors available|Too many open files|out of file descriptors|EMFILE/, 'EMFILE'],
  [/I\/O error|Input\/output error|\bEIO\b/, 'EIO'],
  [
    /out of memory|Cannot allocate memory|could not allocate memory|Array buffer allocation|ENOMEM/i,
    'ENOMEM',
  ],
];

/** The fault behind an error of Node or Emscripten, or a message of Postgres; null if none. */
export function faultOf(error: unknown): Fault | null {
  if (typeof error === 'string') return WORDS.find(([words]) => words.test(error))?.[1] ?? null;
  const { code, errno, message } = error as { code?: unknown; errno?: unknown; message?: unknown };
  if (typeof code === 'string' && Object.hasOwn(FAULTS, code)) return code as Fault;
  if (code === 'ERR_WORKER_OUT_OF_MEMORY') return 'ENOMEM';
  if (typeof errno === 'number') return WASI[errno] ?? null;
  return typeof message === 'string' ? faultOf(message) : null;
}

/** WASI's number. */
export const wasiOf = (fault: Fault): number =>
  Number(Object.entries(WASI).find(([, code]) => code === fault)?.[0] ?? WASI_EIO);
const WASI_EIO = 29;

export const isNoRoom = (fault: Fault): boolean => fault === 'ENOSPC' || fault === 'EDQUOT';

const HINTS: Partial<Record<Fault, string>> = {
  EFBIG:
    'Lift the limit on the size of files ("ulimit -f unlimited"), or use another disk, then start it again.',
  EMFILE: 'Let this program open more files ("ulimit -n 1024"), then start it again.',
  ENFILE: 'Close other programs, then start it again.',
  ENOMEM: 'Close other programs, then start it again.',
  EIO: 'Look whether the disk is connected and sound, then start again.',
  GONE: 'Put the directory back and try again, or choose another one with --data-dir.',
};

/** The error names the fault and what can be done; it never advises to move a sound database aside. */
export function faultError(
  fault: Fault,
  dataDir: string,
  { statement, cause }: { readonly statement?: string; readonly cause?: unknown } = {},
): IngotError {
  const details = { errno: fault, ...(statement !== undefined && { statement }) };
  if (isNoRoom(fault)) {
    const hint = 'Free disk space and start again: everything committed is kept.';
    const message = `No room is left on the disk that holds the database ${dataDir}.`;
    return new IngotError('disk_full', message, { ...details, hint }, cause);
  }
  const message = `The data directory ${dataDir} cannot be used: ${FAULTS[fault]}.`;
  if (fault === 'GONE') {
    return new IngotError(
      'database_unavailable',
      message,
      { ...details, hint: HINTS.GONE ?? '', trouble: 'gone' },
      cause,
    );
  }
  const hint = HINTS[fault];
  if (hint !== undefined) return new IngotError('database_unavailable', message, { ...details, hint }, cause);
  return new IngotError(
    'database_unusable',
    message,
    {
      ...details,
      hint: 'Choose another directory with --data-dir, or make this one readable and writable.',
      trouble: 'not_writable',
    },
    cause,
  );
}

/**
 * SQLSTATEs for damaged data: XX001 data, XX002 an index. 58P01: a file is missing, which is damage only if the directory is
 * there.
 */
const DAMAGE: readonly string[] = ['XX001', 'XX002', '58P01'];

/** For a statement that failed without a fault of the system. */
export const isDamage = (sqlstate: string | undefined): boolean =>
  sqlstate !== undefined && DAMAGE.includes(sqlstate);

/** SQLSTATEs that a fault of the system can lead to. */
export const mayComeOfFault = (sqlstate: string | null): boolean =>
  sqlstate === null || /^(?:53...|58...|XX...|42501)$/.test(sqlstate);
