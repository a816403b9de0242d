import type { MenuItemConstructorOptions } from 'electron';
import type { WindowCommandName } from '../../../src-shared/bridge';
import type { RecentSource, SourceChoice } from '../../../src-shared/contract';
import { type ControlledRun, whyNot } from '../../../src-shared/run-actions';

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
  command(name: WindowCommandName): void;
  openSource(choice: SourceChoice): void;
  /** Reloads our page, whatever the window shows. */
  reload(): void;
}

type Item = MenuItemConstructorOptions;

const VIEWS: readonly (readonly [WindowCommandName, string])[] = [
  ['view.live', 'Live'],
  ['view.accounts', 'Accounts'],
  ['view.history', 'History'],
  ['view.callbacks', 'Callbacks'],
  ['view.report', 'Report'],
  ['view.runs', 'Runs'],
  ['view.operations', 'Operations'],
  ['view.logs', 'Logs'],
  ['view.database', 'Database'],
];

type RunCommandName = Extract<WindowCommandName, `run.${string}`>;
export const RUN_COMMANDS: readonly RunCommandName[] = ['run.toggle', 'run.step', 'run.stop', 'run.again'];

/** Whether the command is possible for the run. */
export function canRun(
  name: RunCommandName,
  { run, readOnly }: Pick<MenuState, 'run' | 'readOnly'>,
): boolean {
  const can = (action: Parameters<typeof whyNot>[0]) => !readOnly && whyNot(action, run) === null;
  switch (name) {
    case 'run.toggle':
      return can('pause') || can('resume');
    case 'run.step':
      return can('step');
    case 'run.stop':
      return can('stop');
    case 'run.again':
      return can('again');
  }
}

/** The whole menu. Every item states its accelerator, even a role: Electron's defaults might clash. */
export function composeMenu(state: MenuState, actions: MenuActions): Item[] {
  const isMac = state.platform === 'darwin';
  const command = (name: WindowCommandName, label: string, accelerator?: string): Item => ({
    id: name,
    label,
    ...(accelerator === undefined ? {} : { accelerator }),
    click: () => actions.command(name),
  });
  const ofRun = (name: RunCommandName, label: string, accelerator: string): Item => ({
    ...command(name, label, accelerator),
    enabled: canRun(name, state),
  });
  const about: Item = { role: 'about', label: 'About Ingot' };
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
      { ...command('open.file', 'Open…', 'CmdOrCtrl+O'), enabled: !state.readOnly },
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
      ofRun('run.toggle', 'Pause or resume', 'CmdOrCtrl+Enter'),
      ofRun('run.step', 'Step one record', 'CmdOrCtrl+Shift+Enter'),
      ofRun('run.stop', 'Stop', 'CmdOrCtrl+.'),
      { type: 'separator' },
      ofRun('run.again', 'Run again', 'CmdOrCtrl+Shift+R'),
    ],
  };
  const view: Item = {
    label: '&View',
    submenu: [
      ...VIEWS.map(([name, label], index) => command(name, label, `CmdOrCtrl+${index + 1}`)),
      command('view.settings', 'Settings', 'CmdOrCtrl+,'),
      { type: 'separator' },
      command('window.palette', 'Find anything…', 'CmdOrCtrl+K'),
      command('window.theme', 'Switch between light and dark', 'CmdOrCtrl+Shift+L'),
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
  const help: Item = {
    role: 'help',
    label: '&Help',
    submenu: [
      command('view.shortcuts', 'Keyboard shortcuts', 'CmdOrCtrl+/'),
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
