import { type BrowserWindow, dialog, type OpenDialogOptions, shell } from 'electron';
import { IngotError, toWireError } from '../../../src-shared/errors';
import { describeError } from '../process/failure';

/** Null if cancelled. */
async function choose(window: BrowserWindow, options: OpenDialogOptions): Promise<string | null> {
  const { canceled, filePaths } = await dialog.showOpenDialog(window, options);
  return canceled ? null : (filePaths[0] ?? null);
}

export const chooseFile = (window: BrowserWindow): Promise<string | null> =>
  choose(window, {
    title: 'Open account updates',
    buttonLabel: 'Open',
    properties: ['openFile'],
    filters: [
      { name: 'Account updates', extensions: ['json', 'ndjson', 'jsonl', 'csv', 'gz', 'zst'] },
      { name: 'All files', extensions: ['*'] },
    ],
  });

export const chooseFolder = (window: BrowserWindow): Promise<string | null> =>
  choose(window, { title: 'Open a folder of accounts', buttonLabel: 'Open', properties: ['openDirectory'] });

export const chooseBackup = (window: BrowserWindow): Promise<string | null> =>
  choose(window, {
    title: 'Restore a backup',
    buttonLabel: 'Choose',
    properties: ['openFile'],
    filters: [
      { name: 'Backups of Ingot', extensions: ['gz'] },
      { name: 'All files', extensions: ['*'] },
    ],
  });

export const chooseDirectory = (window: BrowserWindow): Promise<string | null> =>
  choose(window, {
    title: 'Open another database',
    buttonLabel: 'Open',
    properties: ['openDirectory', 'createDirectory'],
  });

/** Asks before it replaces a file. Null if cancelled. */
export async function chooseTarget(window: BrowserWindow, name: string): Promise<string | null> {
  const { canceled, filePath } = await dialog.showSaveDialog(window, { title: 'Save', defaultPath: name });
  return canceled || filePath === '' ? null : filePath;
}

/**
 * Shows a directory in the system's file manager.
 * @throws IngotError `not_found` with the system's message.
 */
export async function showDirectory(directory: string): Promise<void> {
  const problem = await shell.openPath(directory);
  if (problem !== '')
    throw new IngotError('not_found', `The folder ${directory} cannot be shown: ${problem}`);
}

/** Reports a problem over the window without blocking. */
export function showProblem(window: BrowserWindow, error: unknown): Promise<void> {
  const { message, details } = toWireError(error);
  return showMessage(window, message, details.hint);
}

/** Tells what the update feed said. A newer version is fetched by the person, in a browser. */
export async function showUpdate(
  window: BrowserWindow,
  present: string,
  found: string | null,
  feed: string,
): Promise<void> {
  const { response } = await dialog.showMessageBox(window, {
    type: 'info',
    title: 'Ingot',
    message: found === null ? 'There is no newer version of Ingot.' : `Ingot ${found} is there.`,
    detail: `This is ${present}.${found === null ? '' : ` Nothing is downloaded by itself: the new one is at ${feed}`}`,
    buttons: found === null ? ['Close'] : ['Close', 'Open in the browser'],
    cancelId: 0,
  });
  if (response === 1) await shell.openExternal(feed);
}

export async function showMessage(
  window: BrowserWindow,
  message: string,
  detail?: string,
  type: 'warning' | 'info' = 'warning',
): Promise<void> {
  await dialog.showMessageBox(window, {
    type,
    title: 'Ingot',
    message,
    ...(detail === undefined ? {} : { detail }),
    buttons: ['Close'],
  });
}

/**
 * Reports why Ingot cannot start. Returns once the person has read it; without a screen it goes to the terminal.
 * @param isLogged false: no log has its stack.
 */
export function showFatal(error: unknown, isLogged: boolean): void {
  const { message, details } = toWireError(error);
  let text = [message, details.hint ?? ''].join('\n\n').trim();
  if (!isLogged && !(error instanceof IngotError)) {
    process.stderr.write(`ingot: ${describeError(error, true)}\n`);
    const what = error instanceof Error ? error.message : String(error);
    text = `Something went wrong inside Ingot: ${what}\n\nStart Ingot in a terminal: it says there where this happened.`;
  }
  dialog.showErrorBox('Ingot could not start', text);
}

/**
 * Asks what to do with a window that hangs or keeps crashing: true to reload it. Aborting `signal` closes the question, which
 * counts as no.
 */
export async function askToReload(
  window: BrowserWindow,
  what: string,
  otherwise: string,
  signal?: AbortSignal,
): Promise<boolean> {
  const { response } = await dialog.showMessageBox(window, {
    ...(signal === undefined ? {} : { signal }),
    type: 'error',
    title: 'Ingot',
    message: what,
    detail: 'Only the window is affected: the run continues, and nothing is lost.',
    buttons: ['Reload window', otherwise],
    defaultId: 0,
    cancelId: 1,
  });
  return response === 0;
}
