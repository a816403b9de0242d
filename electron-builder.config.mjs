// How the desktop app is packaged. `npm run package` prepares what this names in out/package (ops/package.mjs).

import { join } from 'node:path';
import { FUSES, findRuntime, PREPARED, readShipped } from './ops/package.mjs';

const prepared = (name) => join(PREPARED, name);
const runtime = findRuntime();
/** From node_modules comes only what the build imports: all else is inside the build. */
const imported = readShipped().filter(({ bundled }) => !bundled);
const { grantFileProtocolExtraPrivileges, ...olderFuses } = FUSES;
/** Electron 29 brought the last one. */
const fuses = runtime !== null && Number.parseInt(runtime.version, 10) < 29 ? olderFuses : FUSES;
const NDJSON = { name: 'Account updates', role: 'Viewer', rank: 'Alternate' };

export default {
  appId: 'app.ingot.desktop',
  productName: 'Ingot',
  copyright: 'Copyright © 2026 The Ingot authors',
  directories: { output: 'out/package/dist', buildResources: 'ops/package' },
  // biome-ignore lint/suspicious/noTemplateCurlyInString: electron-builder fills it in.
  artifactName: 'Ingot-${version}-${os}-${arch}.${ext}',
  // A package is built from what is installed; nothing is compiled or fetched for it but Electron's runtime.
  beforeBuild: () => false,
  ...(runtime === null ? {} : { electronDist: runtime.directory, electronVersion: runtime.version }),
  electronLanguages: ['en-US'],
  publish: null,

  asar: true,
  files: [
    'package.json',
    'data/sample.json',
    'out/licences.json',
    'out/{main,preload,renderer}/**',
    // The lists that out/licences.json is made of, the build's own marks, and the web shell.
    '!out/*/{licences.json,.sources}',
    '!out/main/web.js',
    ...imported.map(({ directory }) => ({
      from: directory,
      to: directory,
      filter: [
        '**',
        '!node_modules',
        '!**/*.{map,md,markdown,ts,mts,cts,tsbuildinfo,flow,yml,c,h,bare}',
        '!**/*.test.{js,cjs,mjs}',
        '!**/{test,tests,__tests__,example,examples,benchmark,benchmarks,docs,fixture}/**',
        // Of PGlite, what a program on Node without Postgres' extensions loads; of a library, this system's build.
        '!dist/{*.tar.gz,index.cjs,pglite.cjs,templating.cjs,contrib,live,node-postgres,worker}',
        // biome-ignore lint/suspicious/noTemplateCurlyInString: electron-builder fills it in.
        '!prebuilds/!(${platform}-${arch})/**',
      ],
    })),
  ],
  // A thread may not be able to read inside the archive, and the system loads no library from there.
  asarUnpack: [
    // Says that the thread's program is an ES module.
    'package.json',
    'out/main/**/{pglite,reading}-worker-*.js',
    'node_modules/@electric-sql/pglite/**',
    'node_modules/fs-native-extensions/**',
  ],
  extraResources: [
    { from: prepared('licences.txt'), to: 'licences.txt' },
    { from: prepared('sbom.cdx.json'), to: 'sbom.cdx.json' },
    { from: prepared('icons/256x256.png'), to: 'icon.png' },
  ],

  // Without a signature of its own an app for Apple's processors has to be sealed again.
  electronFuses: { ...fuses, resetAdHocDarwinSignature: !process.env.CSC_LINK },

  linux: {
    target: ['AppImage', 'deb', 'rpm'],
    // `ingot` is the command; see after-install.sh.
    executableName: 'ingot-app',
    executableArgs: ['--preview', '%f'],
    syncDesktopName: true,
    category: 'Development',
    synopsis: 'Replays account updates into Postgres',
    icon: prepared('icons'),
    maintainer: 'The Ingot authors <maintainers@ingot.invalid>',
    vendor: 'The Ingot authors',
    // Known types, which keep their usual program: Ingot is among "open with".
    mimeTypes: ['application/json', 'application/gzip'],
    fileAssociations: ['ndjson', 'jsonl'].map((ext) => ({
      ...NDJSON,
      ext,
      mimeType: `application/x-${ext}`,
    })),
    extraResources: [{ from: 'ops/package/ingot.sh', to: 'ingot' }],
  },
  deb: { afterInstall: prepared('after-install.sh'), afterRemove: prepared('after-remove.sh') },
  rpm: { afterInstall: prepared('after-install.sh'), afterRemove: prepared('after-remove.sh') },

  mac: {
    target: ['dmg', 'zip'],
    category: 'public.app-category.developer-tools',
    icon: prepared('icons/1024x1024.png'),
    // Signed and notarised where CSC_LINK and APPLE_API_KEY or APPLE_ID are set.
    hardenedRuntime: true,
    gatekeeperAssess: false,
    entitlements: 'ops/package/entitlements.mac.plist',
    entitlementsInherit: 'ops/package/entitlements.mac.plist',
    notarize: Boolean(
      process.env.APPLE_API_KEY || process.env.APPLE_ID || process.env.APPLE_KEYCHAIN_PROFILE,
    ),
    fileAssociations: ['ndjson', 'jsonl', 'json', 'gz'].map((ext) => ({ ...NDJSON, ext })),
    extraResources: [{ from: 'ops/package/ingot.sh', to: 'ingot' }],
  },

  win: {
    target: ['nsis'],
    icon: prepared('icons/256x256.png'),
  },
  // Its file associations are in installer.nsh: electron-builder's own would make Ingot the program for them.
  nsis: { oneClick: false, perMachine: false, include: 'ops/package/installer.nsh' },
};
