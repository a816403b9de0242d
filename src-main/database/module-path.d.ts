/**
 * The path of the bundled module, for a thread or a process. Provided by electron-vite's build, and in tests by
 * `testing/module-path-plugin.ts`.
 */
declare module '*?modulePath' {
  const path: string;
  export default path;
}
