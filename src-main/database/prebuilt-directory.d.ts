/**
 * The file with a new database's data directory, a gzipped tar. `ops/prebuilt-directory.mjs` adds it to the build, and in tests
 * to a cache.
 */
declare module 'ingot:prebuilt-directory' {
  const path: string;
  export default path;
}
