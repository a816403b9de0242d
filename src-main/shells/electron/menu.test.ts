import * as electron from 'electron';
import { beforeEach, describe, expect, it } from 'vitest';
import { COMMANDS } from '../../../src-shared/commands';
import type { ControlledRun } from '../../../src-shared/run-actions';
import { RUN_STATES, type RunState } from '../../../src-shared/update';
import { silentLogger } from '../../runs/testing/play-run';
import { composeMenu, type MenuActions } from './menu';
import { openMenu } from './open-menu';
import { Menu, resetElectron } from './testing/fake-electron';

const platforms = ['linux', 'win32', 'darwin'] as const;
const inMenu = COMMANDS.flatMap((command) => ('accelerator' in command ? [command.id] : []));
const noActions: MenuActions = { command: () => {}, openSource: () => {}, reload: () => {} };
const recent = [
  {
    source: { kind: 'path', path: '/home/me/a & b.json' },
    name: 'a & b.json',
    openedAtMs: 0,
    sizeBytes: 1,
  } as const,
];

function compose(
  platform: NodeJS.Platform,
  changes: { devTools?: boolean; actions?: MenuActions } = {},
): Menu {
  const { devTools = true, actions = noActions } = changes;
  const template = composeMenu({ platform, recent, run: null, readOnly: false, devTools }, actions);
  electron.Menu.setApplicationMenu(electron.Menu.buildFromTemplate(template));
  if (!Menu.current) throw new Error('there is no menu');
  return Menu.current;
}

function acceleratorsOf(menu: Menu, isMac: boolean): string[] {
  return menu
    .all()
    .flatMap(({ template }) => (template.accelerator === undefined ? [] : [template.accelerator]))
    .map((keys) =>
      keys
        .replace('CmdOrCtrl', isMac ? 'Cmd' : 'Ctrl')
        .split('+')
        .sort()
        .join('+'),
    );
}

beforeEach(resetElectron);

describe('the menu', () => {
  it.each(platforms)('gives no keys to two items on %s', (platform) => {
    const accelerators = acceleratorsOf(compose(platform), platform === 'darwin');
    expect(accelerators.length).toBeGreaterThan(20);
    expect(new Set(accelerators).size).toBe(accelerators.length);
  });

  it.each(platforms)(
    'looks for updates and installs the command only where that can be done, on %s',
    (platform) => {
      const idsOf = (menu: Menu) => menu.all().flatMap(({ template }) => template.id ?? []);
      expect(idsOf(compose(platform))).not.toEqual(expect.arrayContaining(['updates']));
      expect(idsOf(compose(platform))).not.toEqual(expect.arrayContaining(['command']));
      const done: string[] = [];
      const checkForUpdates = () => void done.push('updates');
      const installCommand = () => void done.push('command');
      const menu = compose(platform, { actions: { ...noActions, checkForUpdates, installCommand } });
      for (const id of ['updates', 'command']) menu.getMenuItemById(id)?.click();
      expect(done).toEqual(['updates', 'command']);
    },
  );

  it.each(platforms)('holds every command that the window takes, once, on %s', (platform) => {
    const ids = compose(platform)
      .all()
      .flatMap(({ template }) => template.id ?? []);
    expect(ids.filter((id) => id !== 'reload').sort()).toEqual([...inMenu].sort());
  });

  it.each(inMenu.filter((name) => !name.startsWith('run.')))('sends %s when chosen', (name) => {
    const sent: string[] = [];
    const menu = compose('linux', { actions: { ...noActions, command: (command) => sent.push(command) } });
    menu.getMenuItemById(name)?.click();
    expect(sent).toEqual([name]);
  });

  it('opens a recent file by its path, and shows its name as it is', () => {
    const opened: unknown[] = [];
    const menu = compose('linux', { actions: { ...noActions, openSource: (choice) => opened.push(choice) } });
    menu.byLabel('a && b.json').click();
    expect(opened).toEqual([{ source: { kind: 'path', path: '/home/me/a & b.json' }, name: 'a & b.json' }]);
  });

  it('has developer tools only while the app is being made', () => {
    const roles = (devTools: boolean) =>
      compose('linux', { devTools })
        .all()
        .map(({ template }) => template.role);
    expect(roles(true)).toContain('toggleDevTools');
    expect(roles(false)).not.toContain('toggleDevTools');
  });

  it.each(platforms)('never uses a role that loads an address by itself, on %s', (platform) => {
    const roles = compose(platform)
      .all()
      .map(({ template }) => template.role);
    expect(roles).not.toContain('reload');
    expect(roles).not.toContain('forceReload');
  });
});

describe('the menu of a run', () => {
  const openRunMenu = (readOnly = false) => {
    const listRecent = async () => recent;
    return openMenu({ actions: noActions, listRecent, readOnly, devTools: false, logger: silentLogger });
  };
  const runIn = (state: RunState, changes: Partial<ControlledRun> = {}) => ({
    state,
    simulated: false,
    sourceEnded: false,
    ...changes,
  });
  const enabled = () =>
    ['run.toggle', 'run.step', 'run.stop', 'run.again'].filter(
      (id) => Menu.current?.getMenuItemById(id)?.enabled,
    );

  it.each<[RunState | null, string[]]>([
    [null, []],
    ['running', ['run.toggle', 'run.step', 'run.stop']],
    ['paused', ['run.toggle', 'run.step', 'run.stop']],
    ['draining', ['run.toggle', 'run.step', 'run.stop']],
    ['completed', ['run.again']],
    ['stopped', ['run.again']],
    ['failed', ['run.again']],
    ['interrupted', ['run.again']],
  ])('in the state %s lets through %j', (state, expected) => {
    openRunMenu().noteRun(state && runIn(state));
    expect(enabled()).toEqual(expected);
  });

  it('stays as it is when the recent files are listed anew', async () => {
    const menu = openRunMenu();
    menu.noteRun(runIn('paused'));
    await menu.refresh();
    expect(enabled()).toEqual(['run.toggle', 'run.step', 'run.stop']);
    expect(Menu.current?.byLabel('a && b.json').enabled).toBe(true);
  });

  it('steps where there is a record, also on a virtual clock', () => {
    const menu = openRunMenu();
    menu.noteRun(runIn('running', { simulated: true }));
    expect(enabled()).toEqual(['run.toggle', 'run.step', 'run.stop']);
    menu.noteRun(runIn('paused', { sourceEnded: true }));
    expect(enabled()).toEqual(['run.toggle', 'run.stop']);
  });

  it('opens nothing and acts on no run in a read-only window', async () => {
    const menu = openRunMenu(true);
    for (const state of RUN_STATES) {
      menu.noteRun(runIn(state));
      expect(enabled()).toEqual([]);
    }
    await menu.refresh();
    expect(enabled()).toEqual([]);
    expect(Menu.current?.getMenuItemById('open.file')?.enabled).toBe(false);
    expect(Menu.current?.byLabel('Open recent').enabled).toBe(false);
  });

  it('says so when there are no recent files', () => {
    openRunMenu();
    expect(Menu.current?.byLabel('No recent files').enabled).toBe(false);
  });
});
