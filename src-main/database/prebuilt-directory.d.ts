/** The file with the data directory of a new database, gzipped tar. Laid into the build, in tests into a cache, by `ops/prebuilt-directory.mjs`. */
declare module 'ingot:prebuilt-directory' {
  const path: string;
  export default path;
}
