import { readdirSync, readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ensureBuilt, ROOT } from './ensure-built.mjs';
import type { ShippedPackage } from './licences.mjs';

ensureBuilt(['main', 'window']);
const readJson = (path: string) => JSON.parse(readFileSync(join(ROOT, path), 'utf8'));
const shipped: readonly ShippedPackage[] = readJson('out/licences.json');
const named = (name: string) => shipped.find((one) => one.name === name);

describe('the list of shipped packages', () => {
  it('has every package that the built program imports', () => {
    const imports = readdirSync(join(ROOT, 'out/main'), { recursive: true, encoding: 'utf8' })
      .filter((path) => path.endsWith('.js'))
      .flatMap((path) => [
        ...readFileSync(join(ROOT, 'out/main', path), 'utf8').matchAll(
          /^(?:import|export)\s(?:[^'"]*?from\s)?["']([^."'][^"']*)["']|\bimport\(["']([^."'][^"']*)["']\)/gm,
        ),
      ])
      .map(([, still, later]) => String(still ?? later))
      .filter((from) => !isBuiltin(from) && from !== 'electron')
      .map((from) => from.split('/', from.startsWith('@') ? 2 : 1).join('/'));
    expect(imports).toContain('@electric-sql/pglite');
    expect(imports.filter((name) => named(name) === undefined)).toEqual([]);
  });

  it('has what those depend on, and what is inside the window, with its fonts', () => {
    for (const name of ['sonic-boom', 'react-dom', '@fontsource-variable/inter', 'uplot']) {
      expect(named(name)).toMatchObject({ version: expect.stringMatching(/^\d/), text: expect.any(String) });
    }
    expect(named('react-dom')).toMatchObject({
      bundled: true,
      licence: 'MIT',
      homepage: 'https://react.dev/',
    });
  });

  it('has nothing that only the build and the tests use', () => {
    for (const name of ['vite', 'typescript', 'electron-builder', 'playwright'])
      expect(named(name)).toBeUndefined();
  });

  it('states the version and the licence that the lock file has', () => {
    const { packages } = readJson('package-lock.json');
    for (const { name, directory, version, licence } of shipped) {
      expect({ name, version }).toEqual({ name, version: packages[directory].version });
      if (packages[directory].license) expect(licence).toContain(packages[directory].license);
      expect(licence).not.toBeNull();
    }
  });

  it("has Postgres' own licence for the embedded database", () => {
    expect(named('@electric-sql/pglite')?.text).toContain('PostgreSQL Global Development Group');
  });
});
