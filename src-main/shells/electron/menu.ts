import type { MenuItemConstructorOptions } from 'electron';
import { COMMANDS, commandOf, type MenuCommandId, whyNotNow } from '../../../src-shared/commands';
import type { RecentSource, SourceChoice } from '../../../src-shared/contract';
import type { ControlledRun } from '../../../src-shared/run-actions';

export interface MenuState {
  readonly platform: NodeJS.Platform;
  readonly recent: readonly RecentSource[];
  /** The current run, or the last one; null: there was none. */
  readonly run: ControlledRun | null;
  /** The window is read-only. */
  readonly readOnly: boolean;
  readonly devTools: boolean;
}

export interface MenuActions {
  command(name: MenuCommandId): void;
  openSource(choice: SourceChoice): void;
  /** Reloads our page, whatever the window shows. */
  reload(): void;
  /** Left out: there is no feed. */
  checkForUpdates?(): void;
  /** Left out: the command is there already, or cannot be installed. */
  installCommand?(): void;
}

type Item = MenuItemConstructorOptions;

const MENU_COMMANDS = COMMANDS.flatMap((command) => ('accelerator' in command ? [command.id] : []));
export const RUN_COMMANDS = MENU_COMMANDS.filter((id) => id.startsWith('run.'));

/** Whether the command is possible for the run. */
export function canRun(name: MenuCommandId, { run, readOnly }: Pick<MenuState, 'run' | 'readOnly'>): boolean {
  return !readOnly && whyNotNow(name, run) === null;
}

/** The whole menu. Every item states its accelerator, even a role: Electron's defaults might clash. */
export function composeMenu(state: MenuState, actions: MenuActions): Item[] {
  const isMac = state.platform === 'darwin';
  const command = (name: MenuCommandId): Item => {
    const { title, accelerator = '', changes = false } = commandOf(name);
    const enabled = changes ? canRun(name, state) : true;
    const keys = accelerator === '' ? {} : { accelerator };
    return { id: name, label: title, ...keys, enabled, click: () => actions.command(name) };
  };
  const about = command('help.about');
  const quit: Item = { role: 'quit', label: isMac ? 'Quit Ingot' : 'Quit', accelerator: 'CmdOrCtrl+Q' };

  const appMenu: Item = {
    label: 'Ingot',
    submenu: [
      about,
      { type: 'separator' },
      { role: 'hide', label: 'Hide Ingot', accelerator: 'Cmd+H' },
      { role: 'hideOthers', accelerator: 'Cmd+Alt+H' },
      { role: 'unhide' },
      { type: 'separator' },
      quit,
    ],
  };
  const file: Item = {
    label: '&File',
    submenu: [
      command('open.file'),
      { label: 'Open recent', enabled: !state.readOnly, submenu: composeRecent(state.recent, actions) },
      { type: 'separator' },
      { role: 'close', label: 'Close window', accelerator: 'CmdOrCtrl+W' },
      ...(isMac ? [] : [quit]),
    ],
  };
  const edit: Item = {
    label: '&Edit',
    submenu: [
      { role: 'undo', accelerator: 'CmdOrCtrl+Z' },
      { role: 'redo', accelerator: isMac ? 'Shift+Cmd+Z' : 'Ctrl+Y' },
      { type: 'separator' },
      { role: 'cut', accelerator: 'CmdOrCtrl+X' },
      { role: 'copy', accelerator: 'CmdOrCtrl+C' },
      { role: 'paste', accelerator: 'CmdOrCtrl+V' },
      { role: 'selectAll', label: 'Select all', accelerator: 'CmdOrCtrl+A' },
    ],
  };
  const run: Item = {
    label: '&Run',
    submenu: [
      command('run.toggle'),
      command('run.step'),
      command('run.stop'),
      { type: 'separator' },
      command('run.again'),
    ],
  };
  const view: Item = {
    label: '&View',
    submenu: [
      ...MENU_COMMANDS.filter((id) => id.startsWith('view.')).map(command),
      { type: 'separator' },
      command('window.palette'),
      command('window.theme'),
      { type: 'separator' },
      { role: 'resetZoom', label: 'Actual size', accelerator: 'CmdOrCtrl+0' },
      { role: 'zoomIn', label: 'Zoom in', accelerator: 'CmdOrCtrl+Plus' },
      { role: 'zoomOut', label: 'Zoom out', accelerator: 'CmdOrCtrl+-' },
      { role: 'togglefullscreen', label: 'Full screen', accelerator: isMac ? 'Ctrl+Cmd+F' : 'F11' },
      { type: 'separator' },
      // Not the role: that reloads whatever address the window has.
      { id: 'reload', label: 'Reload window', accelerator: 'CmdOrCtrl+R', click: () => actions.reload() },
      ...(state.devTools
        ? [
            {
              role: 'toggleDevTools',
              label: 'Developer tools',
              accelerator: isMac ? 'Alt+Cmd+I' : 'Ctrl+Shift+I',
            } as const,
          ]
        : []),
    ],
  };
  const { checkForUpdates, installCommand } = actions;
  const help: Item = {
    role: 'help',
    label: '&Help',
    submenu: [
      command('help.words'),
      command('help.shortcuts'),
      ...(checkForUpdates || installCommand ? [{ type: 'separator' } as const] : []),
      ...(checkForUpdates ? [{ id: 'updates', label: 'Check for updates…', click: checkForUpdates }] : []),
      ...(installCommand
        ? [{ id: 'command', label: 'Install the ingot command…', click: installCommand }]
        : []),
      ...(isMac ? [] : [{ type: 'separator' } as const, about]),
    ],
  };
  return [...(isMac ? [appMenu] : []), file, edit, run, view, help];
}

function composeRecent(recent: readonly RecentSource[], actions: MenuActions): Item[] {
  if (recent.length === 0) return [{ label: 'No recent files', enabled: false }];
  return recent.map(({ source, name }) => ({
    // An ampersand would underline the letter after it.
    label: name.replaceAll('&', '&&'),
    ...(source.kind === 'path' ? { toolTip: source.path } : {}),
    click: () => actions.openSource({ source, name }),
  }));
}
