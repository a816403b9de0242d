import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { ensureBuilt, ROOT } from './ensure-built.mjs';

/**
 * What a start has to load, in bytes. A budget that is exceeded is raised on purpose, with the change that needs
 * it, or what is new is loaded when it is wanted.
 */
const WINDOW_SCRIPTS_GZIPPED = 252_500;
const WINDOW_STYLES_GZIPPED = 56_000;
/** With the libraries that are in it. */
const PROGRAM_CODE = { web: 1_390_000, app: 1_340_000, cli: 392_000 };

/** Libraries that take long to load, and that no program needs in order to begin. */
const NOT_AT_START = [
  'fastify',
  'yaml',
  'pino-pretty',
  'pino-roll',
  'csv-stringify',
  'file-type',
  '@opentelemetry/sdk-node',
  '@electric-sql/pglite',
  'pg',
  'pg-copy-streams',
  '@solana/kit',
  '@codama/dynamic-codecs',
  '@grpc/grpc-js',
  '@redis/client',
  'protobufjs',
  'cloudevents',
  'csv-parse',
];

ensureBuilt(['main', 'window']);

describe('the window', () => {
  const directory = join(ROOT, 'out/renderer');
  const page = readFileSync(join(directory, 'index.html'), 'utf8');
  const gzipped = (kind: 'js' | 'css') =>
    [...page.matchAll(/(?:src|href)="\.\/([^"]+)"/g)]
      .map(([, path = '']) => path)
      .filter((path) => path.endsWith(`.${kind}`))
      .map((path) => gzipSync(readFileSync(join(directory, path))).length);

  it('has its first scripts and styles within their budget', () => {
    const sum = (sizes: readonly number[]) => sizes.reduce((total, size) => total + size, 0);
    expect(sum(gzipped('js'))).toBeGreaterThan(0);
    expect(sum(gzipped('js'))).toBeLessThan(WINDOW_SCRIPTS_GZIPPED);
    expect(sum(gzipped('css'))).toBeGreaterThan(0);
    expect(sum(gzipped('css'))).toBeLessThan(WINDOW_STYLES_GZIPPED);
  });
});

describe.each(['web', 'app', 'cli'] as const)('the program %s', (name) => {
  const { bytes, packages } = followImports(join(ROOT, 'out/main', `${name}.js`));

  it('has the code that it begins with within its budget', () => {
    expect(bytes).toBeLessThan(PROGRAM_CODE[name]);
  });

  it('begins without libraries that only some of its work needs', () => {
    expect(packages).toContain('zod');
    expect(packages.filter((one) => NOT_AT_START.includes(one))).toEqual([]);
  });
});

/** A built module with all that it imports, without what it only may import later. */
function followImports(entry: string): { readonly bytes: number; readonly packages: readonly string[] } {
  const texts = new Map<string, string>();
  const packages = new Set<string>();
  const follow = (file: string) => {
    if (texts.has(file)) return;
    const text = readFileSync(file, 'utf8');
    texts.set(file, text);
    // What is in the build stands behind the name of its file.
    for (const [, name = ''] of text.matchAll(/^\s*\/\/ node_modules\/((?:@[^/]+\/)?[^/]+)/gm))
      packages.add(name);
    for (const [, from = ''] of text.matchAll(/^(?:import|export)\s(?:[^'"]*?from\s)?["']([^"']+)["']/gm)) {
      if (from.startsWith('.')) follow(join(dirname(file), from));
      else
        packages.add(
          from.startsWith('@') ? from.split('/').slice(0, 2).join('/') : (from.split('/')[0] ?? ''),
        );
    }
  };
  follow(entry);
  return { bytes: [...texts.values()].reduce((sum, text) => sum + text.length, 0), packages: [...packages] };
}
