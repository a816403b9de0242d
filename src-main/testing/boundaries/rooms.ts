/** One room of the program, and what code in it may import. Whatever is not named here, it may not. */
export interface Room {
  readonly name: string;
  /** Folders, or files without their ending. A file belongs to the room with the longest path that fits. */
  readonly paths: readonly string[];
  /** What the list comes to, as docs/architecture.md has it. */
  readonly knows: string;
  /** Folders and files of ours, packages, modules of Node: each with what lies beneath it. */
  readonly imports: readonly string[];
  /** The same, but by `import type` alone. */
  readonly types?: readonly string[];
}

const SHARED = 'src-shared';
/** Handed a clock and a database, and so of no platform. */
export const CORE = [
  'src-main/runs',
  'src-main/ingestion',
  'src-main/accounts',
  'src-main/callbacks',
  'src-main/time',
];

/** What is written in SQL or for it, and handed a `Queryable` where it asks: no database is opened by these. */
const SQL_TEXTS = [
  'src-main/database/array-literal',
  'src-main/database/epoch-ms',
  'src-main/database/time-sql',
  'src-main/storage/version-sql',
];

const WIDGETS = [
  '@mantine',
  '@tabler/icons-react',
  '@tanstack/react-table',
  '@tanstack/react-virtual',
  'react-dropzone',
  'react-error-boundary',
  'tinykeys',
  'uplot',
];

/** They turn bytes into updates. */
export const JUDGES = [
  'validate',
  'decode',
  'describe-reject',
  'field-names',
  'json-scan',
  'limits',
  'reasons',
  'secrets',
  'storable-json',
  'stored-data',
  'text-cache',
  'utf8',
].map((name) => `src-main/ingestion/${name}`);

/** They compare versions, and say what becomes of an update. */
export const CLASSIFIERS = ['src-main/accounts/classify'];

/** All but the shells. */
export const INNER_ROOMS: readonly Room[] = [
  {
    name: 'src-shared',
    paths: [SHARED],
    knows: 'nothing outside itself but its schema library',
    imports: [SHARED, 'zod'],
  },
  {
    name: 'src-renderer',
    paths: ['src-renderer'],
    knows: 'src-shared and its UI libraries',
    imports: ['src-renderer', SHARED, 'react', 'react-dom', ...WIDGETS, 'zustand', 'zod'],
  },
  {
    name: 'the stores of the renderer',
    paths: ['src-renderer/stores', 'src-renderer/format'],
    knows: 'neither React nor what draws: each other, src-shared, a clock and a client by their types',
    imports: [
      'src-renderer/stores',
      'src-renderer/format',
      SHARED,
      'zustand/vanilla',
      'csv-stringify/browser/esm/sync',
      'jsondiffpatch',
    ],
    types: ['src-renderer/clock', 'src-renderer/transport'],
  },
  {
    name: 'what decodes and validates',
    paths: JUDGES,
    knows: 'itself and the limits in src-shared',
    imports: [...JUDGES, 'src-shared/update'],
    types: ['src-main/ingestion/record'],
  },
  {
    name: 'what classifies',
    paths: CLASSIFIERS,
    knows: 'versions and sums of milliseconds',
    imports: [...CLASSIFIERS, 'src-shared/update', 'src-shared/run-clock'],
    types: ['src-main/ingestion/record'],
  },
  {
    name: 'src-main/ingestion',
    paths: ['src-main/ingestion'],
    knows: 'files and how to read them: no database, no shell, no HTTP, no socket',
    imports: [
      'src-main/ingestion',
      SHARED,
      'bs58',
      'file-type',
      'pure-rand',
      'zod',
      'node:crypto',
      'node:fs',
      'node:path',
      'node:zlib',
    ],
  },
  {
    name: 'src-main/accounts',
    paths: ['src-main/accounts'],
    knows:
      'the other rooms of the engine and the Database interface: no driver, no shell, no HTTP, no socket',
    imports: [
      'src-main/accounts',
      'src-main/callbacks',
      'src-main/storage/run-on-record',
      'src-main/storage/update-by-number',
      SHARED,
      ...SQL_TEXTS,
      'src-main/storage/account-orders',
      'src-main/database/copy-rows',
      'zod',
    ],
    types: ['src-main/time/clock', 'src-main/database/database', 'src-main/observability/observer'],
  },
  {
    name: 'src-main/callbacks',
    paths: ['src-main/callbacks'],
    knows:
      'the other rooms of the engine and the Database interface: no driver, no shell, no HTTP, no socket',
    imports: [
      'src-main/callbacks',
      'src-main/storage/update-by-number',
      SHARED,
      'src-main/database/array-literal',
      'src-main/database/copy-rows',
      'src-main/database/epoch-ms',
      'src-main/storage/version-sql',
      'zod',
    ],
    types: [
      'src-main/time/clock',
      'src-main/database/database',
      'src-main/observability/logger',
      'src-main/observability/observer',
    ],
  },
  {
    name: 'src-main/runs',
    paths: ['src-main/runs', 'src-main/time'],
    knows: 'the rooms beneath it and the Database interface: no driver, no shell, no HTTP, no socket',
    imports: [
      ...CORE,
      SHARED,
      'src-main/database/array-literal',
      'src-main/database/epoch-ms',
      'src-main/database/time-sql',
      'src-main/storage/housekeeping',
      'src-main/storage/run-on-record',
      'src-main/observability/observer',
      'node:async_hooks',
      'node:os',
    ],
    types: ['src-main/database/database', 'src-main/observability/logger'],
  },
  {
    name: 'src-main/database',
    paths: ['src-main/database', 'src-main/storage'],
    knows: 'the drivers, alone of all rooms, and a clock: no engine, no shell',
    imports: [
      'src-main/database',
      'src-main/storage',
      'src-main/time/clock',
      'src-main/ingestion/source-identity',
      SHARED,
      'migrations',
      'ingot:prebuilt-directory',
      '@electric-sql/pglite',
      'pg',
      'pg-copy-streams',
      'fs-native-extensions',
      'zod',
      'node:crypto',
      'node:fs',
      'node:os',
      'node:path',
      'node:readline',
      'node:stream',
      'node:util',
      'node:v8',
      'node:worker_threads',
      'node:zlib',
    ],
    types: ['src-main/observability/logger'],
  },
  {
    name: 'src-main/observability',
    paths: ['src-main/observability'],
    knows: "types of the engine's events and of the database, and SQL to count rows with: no shell",
    imports: [
      'src-main/observability',
      SHARED,
      'src-main/database/epoch-ms',
      'src-main/storage/landed-migrations',
      'src-main/database/make-directory',
      '@opentelemetry/api',
      '@opentelemetry/sdk-node',
      '@opentelemetry/semantic-conventions',
      'pino',
      'pino-pretty',
      'pino-roll',
      'prom-client',
      'node:crypto',
      'node:fs/promises',
      'node:path',
      'node:perf_hooks',
    ],
    types: [
      'src-main/time/clock',
      'src-main/database/database',
      'src-main/database/thread-watch',
      'sonic-boom',
    ],
  },
  {
    name: 'src-main/settings',
    paths: ['src-main/settings'],
    knows: 'files, the environment and what can be set: no engine, no shell',
    imports: ['src-main/settings', SHARED, 'env-paths', 'yaml', 'zod', 'node:fs', 'node:os', 'node:path'],
    types: ['src-main/storage/open-database'],
  },
  {
    name: 'src-main/host',
    paths: ['src-main/host'],
    knows: 'the engine and the database, and who looks on at them: no shell',
    imports: [
      'src-main/host',
      ...CORE,
      'src-main/database',
      'src-main/storage',
      'src-main/observability',
      SHARED,
      'zod',
      'node:crypto',
      'node:fs',
      'node:path',
      'node:stream',
    ],
  },
];
