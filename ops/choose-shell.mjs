// Which of the two window shells `npm start` opens, decided from what is handed in.

/** Flags that only the web shell knows; its help covers the others too, and it needs no display. */
const WEB_ONLY = /^(--port|--no-open|--allow-dir)(=|$)|^(--help|-h|--version|-V)$/;

/** Variables that say "no downloads here". The last is what Electron's package itself used to look at. */
const NO_DOWNLOAD = ['CI', 'INGOT_NO_DOWNLOAD', 'ELECTRON_SKIP_BINARY_DOWNLOAD'];

/** Linux has a display only if the session says so; elsewhere there always is one. */
function hasDisplay(platform, variables) {
  return platform !== 'linux' || Boolean(variables.DISPLAY || variables.WAYLAND_DISPLAY);
}

/**
 * `electron` where its runtime is there, `fetch` where it is worth a try to get it, else `web`: the same
 * window in a browser, or at least its address.
 */
export function chooseShell({ args, platform, variables, hasRuntime, failedLately }) {
  if (args.some((arg) => WEB_ONLY.test(arg)) || !hasDisplay(platform, variables)) return 'web';
  if (hasRuntime) return 'electron';
  const isForbidden = NO_DOWNLOAD.some((name) => variables[name]);
  return isForbidden || failedLately ? 'web' : 'fetch';
}

/** The command line of the desktop app. */
export function composeElectronArguments({ root, args, isRoot }) {
  // Chromium refuses to run as root with its sandbox: its helper processes could not give up their rights.
  // For everybody else the sandbox stays.
  return [...(isRoot ? ['--no-sandbox'] : []), root, ...args];
}

/** What is meant for the launcher stays with it: the programs know their own variables, and refuse others. */
export function composeEnvironment(variables) {
  const { INGOT_NO_DOWNLOAD, ELECTRON_RUN_AS_NODE, ...passed } = variables;
  return passed;
}
