import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventsOf, makeFolder, ROOT, runCli, startCli } from '../src-main/shells/cli/testing/run-cli';
import { ask, openSession, openSocket } from '../src-main/shells/web/testing/browse';

const IS_WINDOWS = process.platform === 'win32';
const MOST_BYTES_PACKED = 20_000_000;

interface Packed {
  readonly filename: string;
  readonly version: string;
  readonly size: number;
  readonly files: readonly { readonly path: string }[];
}

function npm(cwd: string, ...args: string[]): string {
  const { status, stdout, stderr } = spawnSync('npm', args, { cwd, encoding: 'utf8', shell: IS_WINDOWS });
  if (status !== 0) throw new Error(`npm ${args.join(' ')} ended with ${status}:\n${stderr}`);
  return stdout;
}

describe('the package of `npm pack`, installed where nothing else is', () => {
  let folder: string;
  let packed: Packed;

  // Generous, to catch a hang: npm packs 40 MB.
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'ingot-package-'));
    packed = JSON.parse(npm(ROOT, 'pack', '--json', '--pack-destination', folder))[0];
    writeFileSync(join(folder, 'package.json'), '{"private":true}');
    // Neither the network nor a cache: what is not in the package is missing.
    const alone = ['--offline', '--cache', join(folder, 'cache')];
    npm(folder, 'install', ...alone, '--no-audit', '--no-fund', `./${packed.filename}`);
  }, 600_000);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const command = (): [string, ...string[]] =>
    IS_WINDOWS
      ? [process.execPath, join(folder, 'node_modules/ingot/ops/ingot.mjs')]
      : [join(folder, 'node_modules/.bin/ingot')];

  it('holds what runs and nothing else', () => {
    const foreign = packed.files
      .map(({ path }) => path)
      .filter((path) => !/^(node_modules|out\/(main|renderer))\//.test(path));
    expect(foreign.sort()).toEqual([
      'CHANGELOG.md',
      'LICENSE',
      'README.md',
      'data/sample.json',
      'ops/ensure-built.mjs',
      'ops/ingot.mjs',
      'ops/say-starting.mjs',
      'out/licences.json',
      'package.json',
    ]);
    // The build names each package that it loads from node_modules.
    const licences: { directory: string; bundled: boolean }[] = JSON.parse(
      readFileSync(join(ROOT, 'out/licences.json'), 'utf8'),
    );
    const loaded = licences
      .filter(({ bundled }) => !bundled)
      .map(({ directory }) => `${directory}/package.json`);
    expect(packed.files.map(({ path }) => path)).toEqual(expect.arrayContaining(loaded));
    expect(loaded).toContain('node_modules/@electric-sql/pglite/package.json');
    expect(packed.size).toBeLessThan(MOST_BYTES_PACKED);
  });

  it('says its version', async () => {
    const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
    expect(packed.version).toBe(version);
    const { code, lines } = await runCli(['--version'], { command: command() });
    expect(lines[0]?.split(' ').slice(0, 2)).toEqual(['ingot', version]);
    expect(lines).toContainEqual(expect.stringMatching(/^Postgres \d+\.\d+ \(embedded\)$/));
    expect(code).toBe(0);
  });

  it('ingests its sample into a database on disk', async () => {
    const sample = join(folder, 'node_modules/ingot/data/sample.json');
    const args = ['ingest', sample, '--simulate', '--json', '--data-dir', makeFolder()];
    const { code, lines, stderr } = await runCli(args, { command: command() });
    expect(stderr).toBe('');
    expect(eventsOf(lines, 'summary')).toHaveLength(1);
    expect(eventsOf(lines, 'indexed').length).toBeGreaterThan(0);
    expect(code).toBe(0);
  });

  it('serves the window to a browser, with its files and a connection', async () => {
    const web = startCli(['web', '--no-open', '--data-dir', makeFolder()], { command: command() });
    const address = (await web.untilLine('listening ')).replace('listening ', '');
    const { origin } = new URL(address);
    const cookie = await openSession(address);
    const page = await ask(origin, { headers: { cookie } });
    expect([page.status, page.body]).toEqual([200, expect.stringContaining('<title>Ingot</title>')]);
    const assets = [...page.body.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, path]) => `${origin}/${path}`);
    expect(assets.length).toBeGreaterThan(1);
    for (const asset of assets) {
      expect([asset, (await ask(asset, { headers: { cookie } })).status]).toEqual([asset, 200]);
    }
    const { client } = await openSocket(origin, { origin, cookie });
    expect(await client.call('app.info', {})).toMatchObject({ version: packed.version, shell: 'web' });
    await client.call('source.preview', { source: { kind: 'sample' }, count: 5 });
    web.signal('SIGTERM');
    // A signal ends a program at once on Windows.
    if (!IS_WINDOWS) expect((await web.ended).code).toBe(0);
  });
});
