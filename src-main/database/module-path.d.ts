/** The path of the bundled module, for a thread or process of its own. Made by electron-vite's build, in tests by `testing/module-path-plugin.ts`. */
declare module '*?modulePath' {
  const path: string;
  export default path;
}
