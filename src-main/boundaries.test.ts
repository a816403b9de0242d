import { readdirSync, readFileSync, statSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';

/**
 * Who may import whom (docs/architecture.md), as errors. Product code only: tests and what lies in a
 * `testing` folder may reach further.
 */

const ROOT = join(import.meta.dirname, '..');
const LONGEST_FILE_LINES = 300;

interface SourceFile {
  readonly path: string;
  readonly text: string;
  readonly imports: readonly string[];
}

function listFiles(folder: string): string[] {
  return readdirSync(join(ROOT, folder)).flatMap((name) => {
    const path = `${folder}/${name}`;
    if (statSync(join(ROOT, path)).isDirectory()) return name === 'node_modules' ? [] : listFiles(path);
    return /\.tsx?$/.test(name) ? [path] : [];
  });
}

const IMPORT = /(?:\bfrom\s*|\bimport\s*\(?\s*|\brequire\s*\(\s*)['"]([^'"]+)['"]/g;

/** Import specifiers, relative ones resolved to paths from the project's root, without query. */
function readImports(path: string, text: string): string[] {
  return [...text.matchAll(IMPORT)].map(([, specifier = '']) =>
    specifier.startsWith('.')
      ? relative(ROOT, join(ROOT, dirname(path), specifier.split('?')[0] ?? specifier))
      : specifier,
  );
}

function isProduct(path: string): boolean {
  return !/\.test\.tsx?$/.test(path) && !path.includes('/testing/') && !/-for-tests\.tsx?$/.test(path);
}

const all: SourceFile[] = ['src-shared', 'src-main', 'src-renderer'].flatMap(listFiles).map((path) => {
  const text = readFileSync(join(ROOT, path), 'utf8');
  return { path, text, imports: readImports(path, text) };
});
const product = all.filter(({ path }) => isProduct(path));
const within = (...folders: string[]) =>
  product.filter(({ path }) => folders.some((folder) => path.startsWith(`${folder}/`)));

const builtins = new Set(builtinModules.flatMap((name) => [name, `node:${name}`]));
const isOurs = (specifier: string) => specifier.startsWith('src-') || specifier.startsWith('migrations');

/** `path -> import` of each import that breaks the rule. */
function offences(
  files: readonly SourceFile[],
  allowed: (specifier: string, path: string) => boolean,
): string[] {
  return files.flatMap(({ path, imports }) =>
    imports.filter((specifier) => !allowed(specifier, path)).map((specifier) => `${path} -> ${specifier}`),
  );
}

const DRIVERS = ['@electric-sql/pglite', 'pg', 'pg-copy-streams'];
const isDriver = (specifier: string) =>
  DRIVERS.some((name) => specifier === name || specifier.startsWith(`${name}/`));
const isSocketOrHttp = (specifier: string) =>
  /^(node:)?(http|https|http2|net|tls|dgram)$/.test(specifier) ||
  /^(fastify|@fastify\/|ws$|ws\/)/.test(specifier);
const isElectron = (specifier: string) => specifier === 'electron' || specifier.startsWith('electron/');
const isTerminal = (specifier: string) =>
  ['commander', 'cli-progress', 'cli-table3', 'picocolors'].includes(specifier);
const isShell = (specifier: string) => specifier.startsWith('src-main/shells');

describe('boundaries', () => {
  it('finds the imports of this very file', () => {
    const self = all.find(({ path }) => path === 'src-main/boundaries.test.ts');
    expect(self?.imports).toContain('node:module');
  });

  it('keeps src-shared to itself and its schema library', () => {
    expect(
      offences(
        within('src-shared'),
        (specifier) => specifier.startsWith('src-shared') || specifier === 'zod',
      ),
    ).toEqual([]);
  });

  it('lets the renderer know only src-shared and its own libraries', () => {
    expect(
      offences(
        within('src-renderer'),
        (specifier) =>
          !builtins.has(specifier) &&
          !isElectron(specifier) &&
          !isDriver(specifier) &&
          (!isOurs(specifier) || specifier.startsWith('src-renderer') || specifier.startsWith('src-shared')),
      ),
    ).toEqual([]);
  });

  it('keeps shells, sockets, drivers and Electron out of the engine', () => {
    const core = within('src-main/engine', 'src-main/ingestion', 'src-main/accounts', 'src-main/callbacks');
    expect(
      offences(
        core,
        (specifier) =>
          !isDriver(specifier) &&
          !isSocketOrHttp(specifier) &&
          !isElectron(specifier) &&
          !isTerminal(specifier) &&
          !isShell(specifier) &&
          !specifier.startsWith('src-main/host') &&
          !specifier.startsWith('src-renderer'),
      ),
    ).toEqual([]);
  });

  it('lets only the database room import drivers', () => {
    const others = product.filter(({ path }) => !path.startsWith('src-main/database/'));
    expect(offences(others, (specifier) => !isDriver(specifier))).toEqual([]);
  });

  it('lets only shells import Electron, the HTTP server or the terminal', () => {
    const others = product.filter(({ path }) => !path.startsWith('src-main/shells/'));
    expect(
      offences(
        others,
        (specifier, path) =>
          !isElectron(specifier) &&
          !isTerminal(specifier) &&
          // The lock of a data directory is a socket that its holder keeps open.
          (!isSocketOrHttp(specifier) || path === 'src-main/database/lock.ts'),
      ),
    ).toEqual([]);
  });

  it('keeps shells apart: none imports another, but what any process needs lies between them', () => {
    const between = 'src-main/shells/process';
    for (const room of ['cli', 'web', 'electron', 'process']) {
      const home = `src-main/shells/${room}`;
      const mayImport = (specifier: string) =>
        !isShell(specifier) || specifier.startsWith(`${home}/`) || specifier.startsWith(`${between}/`);
      expect(offences(within(home), mayImport)).toEqual([]);
    }
  });

  it('reads the wall clock and sets timers in the clock alone', () => {
    const clocks = ['src-main/engine/clock.ts', 'src-renderer/clock.ts'];
    const wallClock =
      /\bDate\.now\(|\bnew Date\(\)|\bset(?:Timeout|Interval|Immediate)\(|\bperformance\.now\(/;
    const found = product
      .filter(({ path, text }) => !clocks.includes(path) && wallClock.test(text))
      .map(({ path }) => path);
    expect(found).toEqual([]);
  });

  it('makes directories step by step: the recursive mkdir of Node 20 tries without end where none can be made', () => {
    const recursive = /\bmkdir(?:Sync)?\([^;]*recursive:/;
    expect(product.filter(({ text }) => recursive.test(text)).map(({ path }) => path)).toEqual([]);
  });

  it('never goes through a JavaScript number for tokens or versions', () => {
    const lossy = /\b(?:Number|parseInt|parseFloat)\((?:[\w.?]*\.)?(?:tokens|version|latest|supersededBy)\)/;
    expect(product.filter(({ text }) => lossy.test(text)).map(({ path }) => path)).toEqual([]);
  });

  it('keeps files to one reason to change', () => {
    const long = all
      .map(({ path, text }) => ({ path, lines: text.split('\n').length - 1 }))
      .filter(({ lines }) => lines > LONGEST_FILE_LINES)
      .map(({ path, lines }) => `${path}: ${lines} lines`);
    expect(long).toEqual([]);
  });
});
