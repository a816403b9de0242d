// Bundles a bench together with what it measures, as the app is bundled. Loaded module by module, as the tests
// are, every call from one module into another would go through an object: reading files took twice as long so.

import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'vite';
import { ROOT } from '../../ops/ensure-built.mjs';
import { createTypeScriptLoader } from '../../ops/load-typescript.mjs';
import { prebuiltDirectoryPlugin } from '../../ops/prebuilt-directory.mjs';

/** Modules that look for files beside themselves find them where their sources are. */
const inPlacePlugin = {
  name: 'ingot:in-place',
  transform(code, id) {
    if (!id.startsWith(ROOT) || id.includes('node_modules') || !code.includes('import.meta.')) return null;
    return code
      .replaceAll('import.meta.dirname', JSON.stringify(dirname(id)))
      .replaceAll('import.meta.url', JSON.stringify(pathToFileURL(id).href));
  },
};

/** Gives a function that builds and imports a module by its path in the project. */
export async function createBenchLoader() {
  const load = await createTypeScriptLoader();
  const { modulePathPlugin } = await load('src-main/database/testing/module-path-plugin.ts');
  return async (file) => {
    // Beneath the project's packages, so that those are found; a bench may load parts of itself later.
    const cache = join(ROOT, 'node_modules/.cache/ingot');
    mkdirSync(cache, { recursive: true });
    const outDir = mkdtempSync(join(cache, 'bench-'));
    process.on('exit', () => rmSync(outDir, { recursive: true, force: true }));
    await build({
      configFile: false,
      root: ROOT,
      logLevel: 'error',
      plugins: [modulePathPlugin(ROOT), prebuiltDirectoryPlugin({ emit: false }), inPlacePlugin],
      build: {
        ssr: join(ROOT, file),
        outDir,
        target: 'node20.19',
        minify: false,
        rollupOptions: { output: { format: 'es', entryFileNames: 'bench.mjs' } },
      },
    });
    return import(pathToFileURL(join(outDir, 'bench.mjs')).href);
  };
}
