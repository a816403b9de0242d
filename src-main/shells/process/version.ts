import packageJson from '../../../package.json';

/** Set by the build: see `electron.vite.config.ts`. Tests run without a build. */
declare const __INGOT_BUILD__: { readonly commit: string | null; readonly postgres: string } | undefined;

const build = typeof __INGOT_BUILD__ === 'undefined' ? null : __INGOT_BUILD__;

/** The commit this was built from, with `-dirty` if files were changed; null: the sources had no repository. */
export const COMMIT = build?.commit ?? null;

/** For `--version`: the lines that a bug report needs. */
export function describeVersion(): string {
  const { node, electron } = process.versions;
  return [
    `ingot ${packageJson.version}${COMMIT === null ? '' : ` (${COMMIT})`}`,
    `Node ${node}`,
    ...(electron === undefined ? [] : [`Electron ${electron}`]),
    `Postgres ${build?.postgres ?? 'unknown'} (embedded)`,
  ].join('\n');
}
