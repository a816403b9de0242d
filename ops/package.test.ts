import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { getRawHeader } from '@electron/asar';
import { describe, expect, it } from 'vitest';
import { ROOT } from './ensure-built.mjs';
import { FUSES, findPackaged, readShipped } from './package.mjs';

const packaged = findPackaged(process.env.INGOT_PACKAGED);
if (packaged === null)
  process.stderr.write('The tests of the package are skipped: `npm run test:package` builds one\n');
const { resources, program } = packaged ?? { resources: '', program: '' };

/** The files of an archive with whether each lies beside it. */
function listArchive(path: string): ReadonlyMap<string, boolean> {
  const found = new Map<string, boolean>();
  const walk = (entry: object, at: string) => {
    if (!('files' in entry)) return void found.set(at, 'unpacked' in entry && entry.unpacked === true);
    for (const [name, below] of Object.entries(entry.files as Record<string, object>)) {
      walk(below, at === '' ? name : `${at}/${name}`);
    }
  };
  walk(getRawHeader(path).header, '');
  return found;
}

describe.skipIf(packaged === null)('the package', () => {
  it('has in its archive what the app needs, and no sources, tests or tools', () => {
    const files = [...listArchive(join(resources, 'app.asar')).keys()];
    for (const needed of [
      'package.json',
      'data/sample.json',
      'out/licences.json',
      'out/main/electron.js',
      'out/main/cli.js',
      'out/preload/preload.cjs',
      'out/renderer/index.html',
    ]) {
      expect(files).toContain(needed);
    }
    const expected =
      /^(?:package\.json|data\/sample\.json|out\/licences\.json|out\/(?:main|preload|renderer)\/.*|node_modules\/.*)$/;
    expect(files.filter((path) => !expected.test(path))).toEqual([]);
    expect(files.filter((path) => /\.(?:map|tsx?|[mc]ts|md|test\.\w+|sources)$/.test(path))).toEqual([]);
  });

  it('has of node_modules what the list of licences says, no more and no less', () => {
    const files = [...listArchive(join(resources, 'app.asar')).keys()];
    const found = new Set(
      files.flatMap((path) => /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\/package\.json$/.exec(path)?.[1] ?? []),
    );
    const listed = readShipped().filter(({ bundled }) => !bundled);
    expect([...found].sort()).toEqual(listed.map(({ directory }) => directory).sort());
  });

  it('has beside its archive what a thread reads and what the system loads', () => {
    const archive = listArchive(join(resources, 'app.asar'));
    const isUnpacked = (pattern: RegExp) => {
      const found = [...archive].filter(([path]) => pattern.test(path));
      expect(found.length).toBeGreaterThan(0);
      return found.every(([, unpacked]) => unpacked);
    };
    expect(isUnpacked(/^out\/main\/.*pglite-worker-.*\.js$/)).toBe(true);
    expect(isUnpacked(/^out\/main\/.*reading-worker-.*\.js$/)).toBe(true);
    expect(isUnpacked(/^node_modules\/@electric-sql\/pglite\/.*\.(?:wasm|data|js)$/)).toBe(true);
    // Else Node takes the thread's program for CommonJS.
    expect(archive.get('package.json')).toBe(true);
    expect(isUnpacked(/\.node$/)).toBe(true);
    const others = [...archive.keys()].filter((path) =>
      /prebuilds\/(?!.*\.node$)|prebuilds\/(?:android|ios)/.test(path),
    );
    expect(others).toEqual([]);
  });

  it('has every fuse as it was decided, read back from its program', async () => {
    const { FuseV1Options, getCurrentFuseWire } = await import('@electron/fuses');
    const wire = await getCurrentFuseWire(program);
    const decided = Object.entries(FUSES).map(
      ([name, on]) => [name.charAt(0).toUpperCase() + name.slice(1), on] as const,
    );
    const read = decided.map(([name]) => {
      const state = wire[FuseV1Options[name as keyof typeof FuseV1Options]];
      return [name, state === undefined ? undefined : String.fromCharCode(state) === '1'] as const;
    });
    // A runtime before Electron 29 has no such fuse.
    const known = read.filter(
      ([name, on]) => on !== undefined || name !== 'GrantFileProtocolExtraPrivileges',
    );
    expect(known).toEqual(decided.slice(0, known.length));
    expect(known.length).toBeGreaterThanOrEqual(7);
  });

  it('has the licences and the bill of materials of all that it ships', () => {
    const text = readFileSync(join(resources, 'licences.txt'), 'utf8');
    const sbom = JSON.parse(readFileSync(join(resources, 'sbom.cdx.json'), 'utf8'));
    expect(sbom).toMatchObject({ bomFormat: 'CycloneDX', metadata: { component: { name: 'ingot' } } });
    const listed = new Set(
      sbom.components.map(({ name, version }: Record<string, string>) => `${name} ${version}`),
    );
    const missing = readShipped()
      .map(({ name, version }) => `${name} ${version}`)
      .filter((one) => !listed.has(one) || !text.includes(`\n${one}\n`));
    expect(missing).toEqual([]);
    const { version } = JSON.parse(readFileSync(join(ROOT, 'node_modules/electron/package.json'), 'utf8'));
    expect(listed.has(`electron ${version}`)).toBe(true);
    expect(listed.has('vite')).toBe(false);
    expect(sbom.components.length).toBe(listed.size);
  });

  it.runIf(process.platform === 'linux')(
    "keeps Electron's and Chromium's licences beside its program",
    () => {
      const root = packaged?.root ?? '';
      expect(readFileSync(join(root, 'LICENSE.electron.txt'), 'utf8')).toContain('Electron contributors');
      expect(readFileSync(join(root, 'LICENSES.chromium.html'), 'utf8')).toContain('The Chromium Authors');
    },
  );
});
