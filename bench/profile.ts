import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ensureBuilt, ROOT } from '../ops/ensure-built.mjs';
import { type Bench, rounded } from './lib/bench';
import { ingestByCommand } from './lib/compare-commands';
import { generatedFile } from './lib/generated-file';

const THREADS = ['engine', 'database'] as const;
/** How many functions are shown per thread. */
const SHOWN = 12;

/** Kinds of work in a thread's time. */
const KINDS = {
  idle: 'waiting for work',
  postgres: 'Postgres itself, as WebAssembly',
  sync: 'waiting for the disk to have it',
  files: 'reading and writing files',
  garbage: 'collecting garbage',
  script: 'everything else, JavaScript',
} as const;
type Kind = keyof typeof KINDS;

interface ProfileNode {
  readonly id: number;
  readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
}
interface Profile {
  readonly nodes: readonly ProfileNode[];
  readonly samples: readonly number[];
  /** Microseconds before each sample. */
  readonly timeDeltas: readonly number[];
}

/** The built command line with a profiler in each thread. The profiler slows it by a third or so. */
export const bench: Bench = {
  title: 'where the two threads spend an ingest, in shares of each',
  async run({ short, directory, say, records: asked }) {
    ensureBuilt(['main']);
    const records = asked ?? (short ? 2_000 : 100_000);
    const path = await generatedFile(directory, records, records / 10);
    const profiles = join(directory, 'profiles');
    mkdirSync(profiles);
    const preload = pathToFileURL(join(ROOT, 'bench/lib/profile-threads.mjs')).href;
    await ingestByCommand(ROOT, path, join(directory, 'data'), {
      // Not a flag: the database's thread takes no flags of the program, but these.
      env: { THREAD_PROFILES: profiles, NODE_OPTIONS: `--import=${preload}` },
    });
    const shares = Object.fromEntries(
      THREADS.map((thread) => {
        const { byKind, byName, total } = summed(profiles, thread);
        if (total === 0) throw new Error(`the thread of the ${thread} wrote no profile`);
        say(`${thread}, ${(total / 1e6).toFixed(1)} s sampled`);
        const share = (us: number) => us / total;
        const show = (us: number, what: string) =>
          say(`  ${(100 * share(us)).toFixed(1).padStart(5)} %  ${what}`);
        for (const [kind, sentence] of Object.entries(KINDS)) show(byKind.get(kind as Kind) ?? 0, sentence);
        const named = [...byName].sort(([, a], [, b]) => b - a).slice(0, SHOWN);
        for (const [name, us] of named) show(us, name);
        return [thread, (kind: Kind) => rounded(share(byKind.get(kind) ?? 0), 3)];
      }),
    );
    const [engineIdle, databaseIdle] = [shares.engine?.('idle') ?? 0, shares.database?.('idle') ?? 0];
    return {
      engineIdle,
      databaseIdle,
      reference: "how busy the database's thread is",
      ratio: rounded((1 - engineIdle) / (1 - databaseIdle), 2),
      databasePostgres: shares.database?.('postgres') ?? Number.NaN,
      databaseFiles: shares.database?.('files') ?? Number.NaN,
      databaseSync: shares.database?.('sync') ?? Number.NaN,
    };
  },
};

/** Microseconds by kind, and by function except idle. */
function summed(directory: string, thread: string) {
  const byKind = new Map<Kind, number>();
  const byName = new Map<string, number>();
  let total = 0;
  const add = <Key>(map: Map<Key, number>, key: Key, us: number) => map.set(key, (map.get(key) ?? 0) + us);
  for (const file of readdirSync(directory).filter((name) => name.startsWith(`${thread}-`))) {
    const { nodes, samples, timeDeltas }: Profile = JSON.parse(readFileSync(join(directory, file), 'utf8'));
    const nodeOf = new Map(nodes.map((node) => [node.id, node]));
    samples.forEach((id, index) => {
      const node = nodeOf.get(id);
      const us = timeDeltas[index] ?? 0;
      if (!node || node.callFrame.functionName === '(root)') return;
      const kind = kindOf(node);
      total += us;
      add(byKind, kind, us);
      if (kind !== 'idle') add(byName, nameOf(node), us);
    });
  }
  return { byKind, byName, total };
}

function kindOf({ callFrame: { functionName: name, url } }: ProfileNode): Kind {
  if (name === '(idle)') return 'idle';
  if (name === '(garbage collector)') return 'garbage';
  if (name.startsWith('wasm-') || url.startsWith('wasm:')) return 'postgres';
  if (/^f(data)?sync/.test(name)) return 'sync';
  if (url.startsWith('node:fs') || FILE_CALLS.has(name)) return 'files';
  return 'script';
}

/** System calls have no file. */
const FILE_CALLS = new Set(['read', 'writeBuffer', 'fstat', 'lstat', 'stat', 'open', 'close', 'ftruncate']);

function nameOf({ callFrame: { functionName, url, lineNumber } }: ProfileNode): string {
  const file = url
    .split('/')
    .at(-1)
    ?.replace(/-[\w-]{8}\.js$/, '.js');
  return `${functionName || '(unnamed)'}${file ? ` of ${file}, line ${lineNumber + 1}` : ''}`;
}
