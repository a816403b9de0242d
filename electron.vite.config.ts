import { resolve } from 'node:path';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'electron-vite';
import { describeBuild } from './ops/describe-build.mjs';
import { licencesPlugin } from './ops/licences.mjs';
import { prebuiltDirectoryPlugin } from './ops/prebuilt-directory.mjs';

const at = (path: string) => resolve(import.meta.dirname, path);

/** Not what brings large libraries with it: the grid and the plots stay apart. */
const SHARED =
  /@tabler|src-renderer\/(?!components\/(plot|data-grid|grid-|filter-chips|filter-views|more-filters|rows-body|use-row|use-grid)|bindings\/use-table|format\/filter|views\/filtered)/;

export default defineConfig({
  main: {
    plugins: [prebuiltDirectoryPlugin({ emit: true }), licencesPlugin()],
    define: { __INGOT_BUILD__: JSON.stringify(describeBuild()) },
    build: {
      target: 'node20.19',
      outDir: 'out/main',
      externalizeDeps: true,
      rollupOptions: {
        input: {
          electron: at('src-main/shells/electron/entry.ts'),
          app: at('src-main/shells/electron/main.ts'),
          web: at('src-main/shells/web/main.ts'),
          cli: at('src-main/shells/cli/main.ts'),
        },
        output: {
          format: 'es',
          entryFileNames: '[name].js',
          chunkFileNames: ({ name }) =>
            `chunks/${name.startsWith('program') ? 'program' : '[name]'}-[hash].js`,
          // Not minified: lines and names in a stack stay those of the sources.
          comments: { legal: true, annotation: false, jsdoc: false },
          // Few files, of which each program reads only its own.
          codeSplitting: {
            groups: [
              {
                name: 'program',
                tags: ['$initial'],
                minShareCount: 2,
                entriesAware: true,
                entriesAwareMergeThreshold: 4_000,
              },
            ],
          },
        },
      },
    },
  },
  preload: {
    plugins: [licencesPlugin()],
    build: {
      outDir: 'out/preload',
      externalizeDeps: false,
      rollupOptions: {
        input: { preload: at('src-main/shells/electron/preload.ts') },
        // A sandboxed window's preload cannot be an ES module.
        output: { format: 'cjs', entryFileNames: '[name].cjs' },
      },
    },
  },
  renderer: {
    root: at('src-renderer'),
    plugins: [react(), licencesPlugin()],
    build: {
      outDir: at('out/renderer'),
      emptyOutDir: true,
      // Its own default is to leave it long: four times what a window has to parse before it can show anything.
      minify: true,
      // One for all parts: rules stay in the order in which they are written, whichever part comes first.
      cssCodeSplit: false,
      cssMinify: true,
      rollupOptions: {
        input: { index: at('src-renderer/index.html') },
        // Small things that several parts share come in one file: an icon of 200 bytes is not worth a request.
        output: { codeSplitting: { groups: [{ name: 'shared', minShareCount: 2, test: SHARED }] } },
      },
    },
  },
});
