// Lists the packages that a build ships, with their licences: those whose code is in the build, and those that it imports from
// node_modules, with all that they depend on. Read from the build itself, so that the list cannot miss one.

import { existsSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { join, posix, relative, resolve, sep } from 'node:path';
import { ROOT } from './ensure-built.mjs';

/** Each output has its own list; `joinLicences` makes one of them. */
const LIST = 'licences.json';
const LICENCE_FILE = /^(?:.*[-_.])?(?:licen[cs]e|copying|notice)s?(?:[-_.].*)?$/i;

/** PGlite is mostly Postgres, whose licence its package leaves out. */
const LEFT_OUT = {
  '@electric-sql/pglite': { licence: 'PostgreSQL', file: join(ROOT, 'ops/package/postgresql-licence.txt') },
};

/** The directory of the package that has this file, relative to the project. */
function directoryOf(file) {
  const path = relative(ROOT, file).replaceAll(sep, '/');
  const directory = /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0] ?? null;
  // What begins with a dot is a cache of the build's own.
  return directory?.includes('/.') ? null : directory;
}

/** As Node looks for it: in the nearest node_modules, then further out. Null if an optional package is not installed. */
function findPackage(name, from) {
  for (let at = from; ; at = posix.dirname(at)) {
    const found = posix.join(at, 'node_modules', name);
    if (existsSync(join(ROOT, found, 'package.json'))) return found;
    if (at === '.') return null;
  }
}

const nameOf = (specifier) => specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');

/** Everything that Node may load for these packages. */
function withDependencies(names) {
  const found = new Set();
  const add = (name, from) => {
    const directory = findPackage(name, from);
    if (directory === null || found.has(directory)) return;
    found.add(directory);
    const { dependencies, optionalDependencies } = readManifest(directory);
    for (const next of Object.keys({ ...dependencies, ...optionalDependencies })) add(next, directory);
  };
  for (const name of names) add(name, '.');
  return [...found];
}

const readManifest = (directory) => JSON.parse(readFileSync(join(ROOT, directory, 'package.json'), 'utf8'));

function describePackage(directory, bundled) {
  const { name, version, license, licenses, homepage, repository } = readManifest(directory);
  const files = readdirSync(join(ROOT, directory), { withFileTypes: true })
    .filter((entry) => entry.isFile() && LICENCE_FILE.test(entry.name) && !/\.[cm]?[jt]s$/.test(entry.name))
    .map((entry) => readFileSync(join(ROOT, directory, entry.name), 'utf8').trim());
  const web = (typeof repository === 'string' ? repository : repository?.url)?.replace(/^git\+|\.git$/g, '');
  const stated = license?.type ?? license ?? licenses?.map(({ type }) => type).join(' OR ') ?? null;
  const also = LEFT_OUT[name];
  if (also) files.push(readFileSync(also.file, 'utf8').trim());
  return {
    name,
    version,
    licence: also ? `${stated} AND ${also.licence}` : stated,
    homepage: homepage ?? web ?? null,
    text: files.join('\n\n') || null,
    /** Its code is in Ingot's own files; otherwise it is in `directory`. */
    bundled,
    directory,
  };
}

/** Puts the list of an output's packages into it. */
export function licencesPlugin() {
  let base = ROOT;
  return {
    name: 'ingot:licences',
    configResolved: ({ root }) => {
      base = root;
    },
    generateBundle(_options, bundle) {
      const outputs = Object.values(bundle);
      const chunks = outputs.filter(({ type }) => type === 'chunk');
      const files = [
        ...chunks.flatMap(({ modules }) => Object.keys(modules)),
        // Fonts and images are no modules.
        ...outputs.flatMap(({ originalFileNames = [] }) =>
          originalFileNames.map((name) => resolve(base, name)),
        ),
        // A style sheet leaves its chunk.
        ...[...this.getModuleIds()].filter((id) => /\.css($|\?)/.test(id)),
      ];
      const inside = new Set(files.map((id) => directoryOf(id.replace(/^\0|\?.*$/g, ''))));
      const imported = chunks
        .flatMap(({ imports, dynamicImports }) => [...imports, ...dynamicImports])
        .filter((from) => !(from in bundle) && !isBuiltin(from) && from !== 'electron');
      const outside = withDependencies(new Set(imported.map(nameOf)));
      // A thread's program was built before, and left its list.
      const earlier = bundle[LIST] === undefined ? [] : JSON.parse(String(bundle[LIST].source));
      const list = joinLists([
        earlier,
        [...inside].filter((directory) => directory !== null).map((one) => describePackage(one, true)),
        outside.map((one) => describePackage(one, false)),
      ]);
      this.emitFile({ type: 'asset', fileName: LIST, source: write(list) });
    },
  };
}

const write = (list) => `${JSON.stringify(list, null, 1)}\n`;

/** One list in the order of directories. */
function joinLists(lists) {
  const all = new Map();
  for (const one of lists.flat()) {
    all.set(one.directory, { ...one, bundled: one.bundled && (all.get(one.directory)?.bundled ?? true) });
  }
  return [...all.values()].sort((a, b) => (a.directory < b.directory ? -1 : 1));
}

/** Writes out/licences.json: the packages of all outputs. */
export function joinLicences(out) {
  const lists = ['main', 'preload', 'renderer'].map((output) => join(out, output, LIST)).filter(existsSync);
  const staged = join(out, `.${LIST}.${process.pid}`);
  writeFileSync(staged, write(joinLists(lists.map((path) => JSON.parse(readFileSync(path, 'utf8'))))));
  renameSync(staged, join(out, LIST));
}
