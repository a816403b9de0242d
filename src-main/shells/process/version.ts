import packageJson from '../../../package.json';

/** What the build puts in: see `electron.vite.config.ts`. Tests run without a build. */
declare const __INGOT_BUILD__: { readonly commit: string | null; readonly postgres: string } | undefined;

const build = typeof __INGOT_BUILD__ === 'undefined' ? null : __INGOT_BUILD__;

/** The commit this was built from, `-dirty` behind it if files were changed; null: the sources had no repository. */
export const COMMIT = build?.commit ?? null;

/** What a report of a fault needs: a few lines, for `--version`. */
export function describeVersion(): string {
  const { node, electron } = process.versions;
  return [
    `ingot ${packageJson.version}${COMMIT === null ? '' : ` (${COMMIT})`}`,
    `Node ${node}`,
    ...(electron === undefined ? [] : [`Electron ${electron}`]),
    `Postgres ${build?.postgres ?? 'unknown'} (embedded)`,
  ].join('\n');
}
