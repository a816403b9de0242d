// Packages the desktop app for this system, into out/package/dist.
//
//   npm run package               the installers
//   npm run package -- --dir      the app's directory alone
//
// All other arguments go to electron-builder. With ELECTRON_OVERRIDE_DIST_PATH it takes the runtime from there. What signs a
// package comes from the environment (docs/packaging.md); without it the package is unsigned.

import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureBuilt, ROOT } from './ensure-built.mjs';

const require = createRequire(import.meta.url);
/** What the packager needs besides the build. */
export const PREPARED = join(ROOT, 'out/package/prepared');
const ICON = join(ROOT, 'src-renderer/public/ingot.svg');
const ICON_SIZES = [16, 24, 32, 48, 64, 128, 256, 512, 1024];

/** Where an Electron is that was not fetched by its package. */
const PROGRAM = { darwin: 'Electron.app/Contents/MacOS/Electron', win32: 'electron.exe' };

const readJson = (path) => JSON.parse(readFileSync(path, 'utf8'));

/** @returns {import('./licences.mjs').ShippedPackage[]} */
export const readShipped = () => readJson(join(ROOT, 'out/licences.json'));

/** The runtime that ELECTRON_OVERRIDE_DIST_PATH names, or null: electron-builder fetches the one of package.json. */
export function findRuntime(variables = process.env) {
  const directory = variables.ELECTRON_OVERRIDE_DIST_PATH;
  if (!directory) return null;
  const program = join(directory, PROGRAM[process.platform] ?? 'electron');
  // A file beside it says its version; an old one tells it by its own name for itself.
  const file = join(directory, 'version');
  const version = existsSync(file)
    ? readFileSync(file, 'utf8').trim().replace(/^v/, '')
    : / Electron\/(\d+\.\d+\.\d+)/.exec(readFileSync(program, 'latin1'))?.[1];
  if (version === undefined) throw new Error(`${program} does not say which version it is`);
  return { directory, program, version };
}

/**
 * Electron's switches that are set in its program, where nothing on a command line or in the environment can change them.
 * @see docs/decisions/0010-electron-window-hardening.md
 */
export const FUSES = {
  runAsNode: false,
  // No cookie is stored, and macOS would ask for the keychain at the first start.
  enableCookieEncryption: false,
  enableNodeOptionsEnvironmentVariable: false,
  enableNodeCliInspectArguments: false,
  enableEmbeddedAsarIntegrityValidation: true,
  onlyLoadAppFromAsar: true,
  loadBrowserProcessSpecificV8Snapshot: false,
  grantFileProtocolExtraPrivileges: false,
};

/** What `--dir` left in out/package/dist for this system: the app's program and its resources. Null: nothing. */
export function findPackaged(directory = join(ROOT, 'out/package/dist')) {
  const dist = resolve(directory);
  if (!existsSync(dist)) return null;
  const names = readdirSync(dist);
  const named = (pattern) => names.filter((name) => pattern.test(name)).map((name) => join(dist, name))[0];
  if (process.platform === 'darwin') {
    const app = named(/^mac/);
    const contents = app && join(app, 'Ingot.app/Contents');
    return contents
      ? { root: app, program: join(contents, 'MacOS/Ingot'), resources: join(contents, 'Resources') }
      : null;
  }
  const root = named(process.platform === 'win32' ? /^win.*-unpacked$/ : /^linux.*-unpacked$/);
  const program = process.platform === 'win32' ? 'Ingot.exe' : 'ingot-app';
  return root ? { root, program: join(root, program), resources: join(root, 'resources') } : null;
}

/** Every size from the one drawing. */
function drawIcons(directory) {
  const { Resvg } = require('@resvg/resvg-js');
  const svg = readFileSync(ICON);
  mkdirSync(directory, { recursive: true });
  for (const size of ICON_SIZES) {
    const picture = new Resvg(svg, { fitTo: { mode: 'width', value: size } }).render();
    writeFileSync(join(directory, `${size}x${size}.png`), picture.asPng());
  }
}

/** npm's bill of materials, without what is not shipped, and with the runtime. */
function composeSbom(shipped) {
  const args = ['sbom', '--sbom-format', 'cyclonedx', '--package-lock-only'];
  const options = { cwd: ROOT, encoding: 'utf8', maxBuffer: 64 << 20, shell: process.platform === 'win32' };
  const all = JSON.parse(execFileSync('npm', args, options));
  const named = new Set(['electron', ...shipped.map(({ name, version }) => `${name}@${version}`)]);
  const isShipped = ({ name, version }) => named.has(name) || named.has(`${name}@${version}`);
  const components = all.components
    .filter(isShipped)
    .map(({ properties: _, ...component }) => ({ ...component, scope: 'required' }));
  const refs = new Set([all.metadata.component['bom-ref'], ...components.map((one) => one['bom-ref'])]);
  const { component } = all.metadata;
  return {
    ...all,
    metadata: { ...all.metadata, component: { ...component, type: 'application', name: 'ingot' } },
    components,
    dependencies: all.dependencies
      .filter(({ ref }) => refs.has(ref))
      .map(({ ref, dependsOn }) => ({ ref, dependsOn: dependsOn.filter((one) => refs.has(one)) })),
  };
}

function composeLicences(shipped) {
  const own = readFileSync(join(ROOT, 'LICENSE'), 'utf8').trim();
  const parts = shipped.map(
    ({ name, version, licence, homepage, text }) =>
      `${name} ${version}\n${licence}\n${homepage ?? ''}\n\n${text ?? 'Its package has no text of the licence.'}`,
  );
  const heading =
    'Ingot holds these packages. Electron and Chromium have their own files: LICENSE.electron.txt, LICENSES.chromium.html.';
  return [own, heading, ...parts].join(`\n\n${'-'.repeat(80)}\n\n`);
}

/** electron-builder's own scripts, and after them the command `ingot`. */
function composeScripts(directory) {
  const templates = join(require.resolve('app-builder-lib/package.json'), '../templates/linux');
  for (const [name, ours] of Object.entries({
    'after-install': 'ln -sf /opt/Ingot/resources/ingot /usr/bin/ingot\n',
    // During an upgrade the new one is there already.
    'after-remove': 'if [ -L /usr/bin/ingot ] && [ ! -e /usr/bin/ingot ]; then rm -f /usr/bin/ingot; fi\n',
  })) {
    const theirs = readFileSync(join(templates, `${name}.tpl`), 'utf8');
    writeFileSync(join(directory, `${name}.sh`), `${theirs.trimEnd()}\n\n${ours}`);
  }
}

function prepare() {
  ensureBuilt(['main', 'window']);
  rmSync(PREPARED, { recursive: true, force: true });
  mkdirSync(PREPARED, { recursive: true });
  const shipped = readShipped();
  drawIcons(join(PREPARED, 'icons'));
  writeFileSync(join(PREPARED, 'sbom.cdx.json'), `${JSON.stringify(composeSbom(shipped), null, 1)}\n`);
  writeFileSync(join(PREPARED, 'licences.txt'), composeLicences(shipped));
  composeScripts(PREPARED);
}

/** Says what is missing for a signature; a package without one is built all the same. */
function reportSigning({ platform, env } = process) {
  const wanted =
    { darwin: ['CSC_LINK'], win32: ['CSC_LINK', 'WIN_CSC_LINK', 'AZURE_TENANT_ID'] }[platform] ?? [];
  if (wanted.length > 0 && !wanted.some((name) => env[name])) {
    process.stderr.write(`The package will not be signed: ${wanted.join(' or ')} is not set.\n`);
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  prepare();
  reportSigning();
  const cli = join(require.resolve('electron-builder/package.json'), '../cli.js');
  const args = ['--config', join(ROOT, 'electron-builder.config.mjs'), '--publish', 'never'];
  const ended = spawnSync(process.execPath, [cli, 'build', ...args, ...process.argv.slice(2)], {
    cwd: ROOT,
    stdio: 'inherit',
  });
  process.exitCode = ended.status ?? 1;
}
