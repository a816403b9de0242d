// Loads the project's TypeScript as the tests do, for tools: Node 20 cannot.

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

/** Returns a function that imports a module by its path in the project. */
export async function createTypeScriptLoader() {
  // The plugin is TypeScript too, and needed for modules that start a database thread.
  const loadPlugin = await createLoader([]);
  const { modulePathPlugin } = await loadPlugin('src-main/database/testing/module-path-plugin.ts');
  return createLoader([modulePathPlugin(ROOT), prebuiltDirectoryPlugin({ emit: false })]);
}
