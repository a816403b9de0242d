import { app } from 'electron';

// Electron starts here: with the desktop app, or, as `Ingot --cli -- ingest FILE`, with the command line. The packaged app has
// no other Node to run it. After the two dashes Chromium reads no switches: `--type` is one of its own.

const { argv } = process;
const mark = argv.indexOf('--cli');
if (mark > 0 && argv[mark + 1] === '--') {
  // The command line takes what follows the program, and in a development build the program's path.
  process.argv = [argv[0] ?? '', ...(process.defaultApp ? ['ingot'] : []), ...argv.slice(mark + 2)];
  app.dock?.hide();
  // Not earlier: Electron sets its handlers of signals when it is ready, and the command's must come after them.
  // oxlint-disable-next-line no-restricted-imports -- This process is one program or the other, never both.
  void app.whenReady().then(() => import('../cli/main'));
} else {
  await import('./main');
}
