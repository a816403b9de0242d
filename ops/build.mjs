// Builds Ingot into out/. Each part is built beside the old one and swapped in by rename, so that what
// runs, or starts at the same moment, never sees half a build.
//
//   node ops/build.mjs [main] [window] [--if-possible]
//
// --if-possible: end quietly where the build tools are not installed, as after `npm ci --omit=dev`.

import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fingerprintSources, isCurrent, PARTS, ROOT, stampFile } from './ensure-built.mjs';
import { joinLicences } from './licences.mjs';
import { providePrebuiltDirectory } from './prebuilt-directory.mjs';

const out = join(ROOT, 'out');

async function loadTools() {
  try {
    const [{ resolveConfig }, { build }] = await Promise.all([import('electron-vite'), import('vite')]);
    return { resolveConfig, build };
  } catch (error) {
    if (error.code === 'ERR_MODULE_NOT_FOUND') return null;
    throw error;
  }
}

/** What `electron-vite build` does, but for one part and into a directory of our choice. */
async function buildPart(tools, part, stage) {
  process.env.NODE_ENV_ELECTRON_VITE = 'production';
  const inline = { root: ROOT, logLevel: 'warn', build: { outDir: stage } };
  const { config } = await tools.resolveConfig(inline, 'build', 'production');
  for (const output of PARTS[part].outputs) {
    const section = config?.[output];
    if (section) await tools.build({ ...section, build: { ...section.build, emptyOutDir: false } });
  }
}

/** Puts a staged directory in the place of the built one, whoever else does so at the same time. */
function swapIn(part, output, stage) {
  const staged = join(stage, output);
  const target = join(out, output);
  for (;;) {
    try {
      // Onto a missing directory this is one step; onto a full one it fails without harm.
      renameSync(staged, target);
      return;
    } catch (error) {
      if (!['ENOTEMPTY', 'EEXIST', 'EPERM', 'EACCES'].includes(error.code)) throw error;
      if (output === PARTS[part].outputs[0] && isCurrent(part)) return;
      try {
        renameSync(target, join(stage, `old-${output}`));
      } catch (moved) {
        if (moved.code !== 'ENOENT') throw moved;
      }
    }
  }
}

async function main() {
  const flags = process.argv.slice(2);
  const asked = flags.filter((flag) => !flag.startsWith('--'));
  const unknown = asked.filter((part) => !Object.hasOwn(PARTS, part));
  if (unknown.length > 0) throw new Error(`no such part: ${unknown.join(', ')}`);

  const tools = await loadTools();
  if (!tools) {
    if (flags.includes('--if-possible')) return;
    throw new Error('the build tools are not installed: run `npm ci`');
  }
  mkdirSync(out, { recursive: true });
  // Takes seconds. Inside the build the bundler would report it as a slow plugin.
  providePrebuiltDirectory();
  const stage = mkdtempSync(join(out, '.stage-'));
  try {
    for (const part of asked.length > 0 ? asked : Object.keys(PARTS)) {
      // Taken before the build: a source changed meanwhile makes the next start build again.
      const fingerprint = fingerprintSources(part);
      await buildPart(tools, part, stage);
      writeFileSync(stampFile(part, stage), fingerprint);
      // Last comes the directory with the stamp: it says that all of the part is in its place.
      for (const output of [...PARTS[part].outputs].reverse()) {
        if (existsSync(join(stage, output))) swapIn(part, output, stage);
      }
    }
    joinLicences(out);
  } finally {
    rmSync(stage, { recursive: true, force: true });
  }
}

await main().catch((error) => {
  process.stderr.write(`${error.message ?? error}\n`);
  process.exitCode = 1;
});
