import { createHash } from 'node:crypto';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build, type Plugin } from 'vite';
import { prebuiltDirectoryPlugin } from '../../../ops/prebuilt-directory.mjs';

/**
 * `import path from './x?modulePath'` under Vitest: bundles the module as electron-vite does in a build, because Node 20 loads no
 * TypeScript in a thread. The file is named by its content and put in place atomically: concurrent test runs share it.
 */
export function modulePathPlugin(projectRoot: string): Plugin {
  const suffix = '?modulePath';
  return {
    name: 'ingot:module-path',
    enforce: 'pre',
    async load(id) {
      if (!id.endsWith(suffix)) return null;
      const entry = id.slice(0, -suffix.length);
      this.addWatchFile(entry);
      const output = await build({
        configFile: false,
        logLevel: 'warn',
        root: projectRoot,
        plugins: [prebuiltDirectoryPlugin({ emit: false })],
        build: {
          ssr: entry,
          write: false,
          target: 'node20.19',
          minify: false,
          rollupOptions: { output: { format: 'es' } },
        },
      });
      const chunk = 'output' in output ? output.output[0] : null;
      if (!chunk) throw new Error(`${entry} could not be bundled`);
      const hash = createHash('sha256').update(chunk.code).digest('hex').slice(0, 16);
      const folder = join(projectRoot, 'node_modules/.cache/ingot');
      const file = join(folder, `${chunk.name}-${hash}.mjs`);
      await mkdir(folder, { recursive: true });
      await writeFile(`${file}.${process.pid}`, chunk.code);
      await rename(`${file}.${process.pid}`, file);
      return `export default ${JSON.stringify(file)};`;
    },
  };
}
