// Loads TypeScript of the project as the tests do, for programs that are not a part of the product: Node 20
// has no way of its own.

import { join } from 'node:path';
import { createServer } from 'vite';
import { ROOT } from './ensure-built.mjs';
import { prebuiltDirectoryPlugin } from './prebuilt-directory.mjs';

async function createLoader(plugins) {
  const { environments } = await createServer({
    configFile: false,
    root: ROOT,
    plugins,
    appType: 'custom',
    logLevel: 'error',
    server: { middlewareMode: true, hmr: false, ws: false, watch: null },
    optimizeDeps: { noDiscovery: true },
  });
  return (file) => environments.ssr.runner.import(join(ROOT, file));
}

/** Gives a function that imports a module by its path in the project. */
export async function createTypeScriptLoader() {
  // Itself TypeScript, and needed to load whatever starts a database thread.
  const loadPlugin = await createLoader([]);
  const { modulePathPlugin } = await loadPlugin('src-main/database/testing/module-path-plugin.ts');
  return createLoader([modulePathPlugin(ROOT), prebuiltDirectoryPlugin({ emit: false })]);
}
