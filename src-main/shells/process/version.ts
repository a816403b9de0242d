import packageJson from '../../../package.json';
import type { AppInfo } from '../../../src-shared/contract';

/** Set by the build: see `electron.vite.config.ts`. Tests run without a build. */
declare const __INGOT_BUILD__: AppInfo['build'] | undefined;

/** What was built, and what runs it. */
export const ABOUT: Pick<AppInfo, 'build' | 'runtime'> = {
  build:
    typeof __INGOT_BUILD__ === 'undefined' ? { commit: null, date: null, postgres: null } : __INGOT_BUILD__,
  runtime: {
    node: process.versions.node,
    electron: process.versions.electron ?? null,
    system: `${process.platform} (${process.arch})`,
  },
};
export const { commit: COMMIT } = ABOUT.build;

/** For `--version`: the lines that a bug report needs. */
export function describeVersion(): string {
  const { node, electron } = ABOUT.runtime;
  return [
    `ingot ${packageJson.version}${COMMIT === null ? '' : ` (${COMMIT})`}`,
    `Node ${node}`,
    ...(electron === null ? [] : [`Electron ${electron}`]),
    `Postgres ${ABOUT.build.postgres ?? 'unknown'} (embedded)`,
  ].join('\n');
}
