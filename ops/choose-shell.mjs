// Decides which window shell `npm start` opens.

/** Flags that only the web shell knows. Its help covers the others too, and needs no display. */
const WEB_ONLY = /^(--port|--no-open|--allow-dir)(=|$)|^(--help|-h|--version|-V)$/;

/** Variables that forbid downloads. The last one is that of Electron's own package. */
const NO_DOWNLOAD = ['CI', 'INGOT_NO_DOWNLOAD', 'ELECTRON_SKIP_BINARY_DOWNLOAD'];

/** On Linux only the session's variables tell; elsewhere there is always a display. */
function hasDisplay(platform, variables) {
  return platform !== 'linux' || Boolean(variables.DISPLAY || variables.WAYLAND_DISPLAY);
}

/**
 * `electron` if its runtime is there, `fetch` if a download is worth a try, otherwise `web`: the same window in a browser, or its
 * address.
 */
export function chooseShell({ args, platform, variables, hasRuntime, failedLately }) {
  if (args.some((arg) => WEB_ONLY.test(arg)) || !hasDisplay(platform, variables)) return 'web';
  if (hasRuntime) return 'electron';
  const isForbidden = NO_DOWNLOAD.some((name) => variables[name]);
  return isForbidden || failedLately ? 'web' : 'fetch';
}

/** The command line of the desktop app. */
export function composeElectronArguments({ root, args, isRoot }) {
  // Chromium refuses to run as root with its sandbox. For all other users the sandbox stays.
  return [...(isRoot ? ['--no-sandbox'] : []), root, ...args];
}

/** Removes the launcher's own variables: the programs refuse unknown ones. */
export function composeEnvironment(variables) {
  const { INGOT_NO_DOWNLOAD, ELECTRON_RUN_AS_NODE, ...passed } = variables;
  return passed;
}
