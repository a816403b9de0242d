import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { satisfies } from 'semver';
import { expect, it } from 'vitest';
import { ROOT } from './ensure-built.mjs';

interface LockedPackage {
  readonly version?: string;
  readonly engines?: { readonly node?: string };
}

const readJson = (path: string) => JSON.parse(readFileSync(join(ROOT, path), 'utf8'));

/**
 * Electron requires the Node of its own runtime. Its package can be unpacked by an older one. The last two come with its packager, which
 * compiles nothing for us and so does not load them.
 */
const ELECTRON = [
  'electron',
  '@electron/get',
  '@electron-internal/extract-zip',
  '@electron/rebuild',
  'node-abi',
];

/** The oldest release of each line named in README. */
const NODES = ['20.19.0', '22.13.0', '24.0.0'];

it.each(NODES)('every locked package is made for Node %s, except those of Electron', (node) => {
  const packages: Record<string, LockedPackage> = readJson('package-lock.json').packages;
  const unfit = Object.entries(packages)
    .map(([path, { version, engines }]) => ({
      name: path.replace(/^.*node_modules\//, ''),
      version,
      engines,
    }))
    .filter(({ name }) => !ELECTRON.includes(name))
    .filter(({ engines }) => engines?.node !== undefined && !satisfies(node, engines.node))
    .map(({ name, version, engines }) => `${name}@${version} needs Node ${engines?.node}`);
  expect(unfit).toEqual([]);
});

it('names the same oldest Node in README and in package.json', () => {
  expect(readJson('package.json').engines.node).toBe('>=20.19');
  expect(readFileSync(join(ROOT, 'README.md'), 'utf8')).toContain('Node 22 or 24 (20.19 is the oldest');
});
