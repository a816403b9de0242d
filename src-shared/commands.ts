import { type ControlledRun, whyNoSpeed, whyNot, whyNotOn } from './run-actions';

/** All commands. The keys, the palette, the `?` overlay and the desktop menu come from this list. */
export interface Command {
  readonly id: string;
  readonly title: string;
  readonly group: CommandGroup;
  /** As tinykeys writes them. */
  readonly chords: readonly string[];
  /** Its keys in the desktop menu, as Electron writes them; empty: none. Without the field it is not in the menu. */
  readonly accelerator?: string;
  /** Not in the palette: it needs a row or a field. */
  readonly keyOnly?: boolean;
  /** Changes the database: refused in a read-only window. */
  readonly changes?: boolean;
}

export const COMMAND_GROUPS = ['Run', 'Open', 'Go to', 'Tables', 'Database', 'Window', 'Help'] as const;
export type CommandGroup = (typeof COMMAND_GROUPS)[number];

export const COMMANDS = [
  { id: 'view.live', title: 'Live', group: 'Go to', chords: ['g l'], accelerator: 'CmdOrCtrl+1' },
  { id: 'view.accounts', title: 'Accounts', group: 'Go to', chords: ['g a'], accelerator: 'CmdOrCtrl+2' },
  { id: 'view.history', title: 'History', group: 'Go to', chords: ['g h'], accelerator: 'CmdOrCtrl+3' },
  { id: 'view.callbacks', title: 'Callbacks', group: 'Go to', chords: ['g c'], accelerator: 'CmdOrCtrl+4' },
  { id: 'view.targets', title: 'Targets', group: 'Go to', chords: ['g w'], accelerator: '' },
  { id: 'view.report', title: 'Report', group: 'Go to', chords: ['g r'], accelerator: 'CmdOrCtrl+5' },
  { id: 'view.runs', title: 'Runs', group: 'Go to', chords: ['g u'], accelerator: 'CmdOrCtrl+6' },
  { id: 'view.connections', title: 'Connections', group: 'Go to', chords: ['g n'], accelerator: '' },
  { id: 'view.compare', title: 'Compare', group: 'Go to', chords: ['g m'], accelerator: '' },
  { id: 'view.sql', title: 'SQL', group: 'Go to', chords: ['g q'], accelerator: '' },
  { id: 'view.operations', title: 'Operations', group: 'Go to', chords: ['g o'], accelerator: 'CmdOrCtrl+7' },
  { id: 'view.logs', title: 'Logs', group: 'Go to', chords: ['g t'], accelerator: 'CmdOrCtrl+8' },
  { id: 'view.database', title: 'Database', group: 'Go to', chords: ['g d'], accelerator: 'CmdOrCtrl+9' },
  { id: 'view.settings', title: 'Settings', group: 'Go to', chords: ['g s'], accelerator: 'CmdOrCtrl+,' },
  {
    id: 'open.file',
    title: 'Open file…',
    group: 'Open',
    chords: ['$mod+o'],
    accelerator: 'CmdOrCtrl+O',
    changes: true,
  },
  { id: 'open.folder', title: 'Open folder…', group: 'Open', chords: [], changes: true },
  { id: 'open.sample', title: 'Try the sample', group: 'Open', chords: [], changes: true },
  {
    id: 'run.toggle',
    title: 'Pause or resume the run',
    group: 'Run',
    chords: ['Space'],
    accelerator: 'CmdOrCtrl+Enter',
    changes: true,
  },
  { id: 'timeline.previous', title: 'Show the event before', group: 'Run', chords: ['['] },
  { id: 'timeline.next', title: 'Show the next event', group: 'Run', chords: [']'] },
  { id: 'timeline.live', title: 'Back to live', group: 'Run', chords: [] },
  { id: 'timeline.zoomIn', title: 'Zoom in on the timeline', group: 'Run', chords: ['+', '='] },
  { id: 'timeline.zoomOut', title: 'Zoom out of the timeline', group: 'Run', chords: ['-'] },
  { id: 'timeline.whole', title: 'Show the whole timeline', group: 'Run', chords: [] },
  {
    id: 'run.step',
    title: 'Step one record',
    group: 'Run',
    chords: ['.'],
    accelerator: 'CmdOrCtrl+Shift+Enter',
    changes: true,
  },
  { id: 'run.stepFired', title: 'Step to the next callback', group: 'Run', chords: ['s c'], changes: true },
  { id: 'run.stepCancelled', title: 'Step to the next cancel', group: 'Run', chords: ['s x'], changes: true },
  {
    id: 'run.stepConflict',
    title: 'Step to the next conflict',
    group: 'Run',
    chords: ['s f'],
    changes: true,
  },
  { id: 'run.stepRejected', title: 'Step to the next reject', group: 'Run', chords: ['s r'], changes: true },
  { id: 'run.until', title: 'Run until…', group: 'Run', chords: ['s u'], changes: true },
  {
    id: 'run.stop',
    title: 'Stop the run',
    group: 'Run',
    chords: ['$mod+.'],
    accelerator: 'CmdOrCtrl+.',
    changes: true,
  },
  { id: 'run.faster', title: 'Speed up the run', group: 'Run', chords: ['>'], changes: true },
  { id: 'run.slower', title: 'Slow down the run', group: 'Run', chords: ['<'], changes: true },
  {
    id: 'run.again',
    title: 'Run again…',
    group: 'Run',
    chords: ['g g'],
    accelerator: 'CmdOrCtrl+Shift+R',
    changes: true,
  },
  { id: 'run.takeUp', title: 'Resume the last run', group: 'Run', chords: ['g p'], changes: true },
  { id: 'table.down', title: 'Next row', group: 'Tables', chords: ['j', 'ArrowDown'], keyOnly: true },
  { id: 'table.up', title: 'Previous row', group: 'Tables', chords: ['k', 'ArrowUp'], keyOnly: true },
  {
    id: 'table.selectDown',
    title: 'Select the next row as well',
    group: 'Tables',
    chords: ['Shift+ArrowDown'],
    keyOnly: true,
  },
  {
    id: 'table.selectUp',
    title: 'Select the previous row as well',
    group: 'Tables',
    chords: ['Shift+ArrowUp'],
    keyOnly: true,
  },
  {
    id: 'table.menu',
    title: 'Filter by the row, or copy it',
    group: 'Tables',
    chords: ['Shift+F10', 'ContextMenu'],
    keyOnly: true,
  },
  { id: 'table.pageDown', title: 'Page down', group: 'Tables', chords: ['PageDown'], keyOnly: true },
  { id: 'table.pageUp', title: 'Page up', group: 'Tables', chords: ['PageUp'], keyOnly: true },
  { id: 'table.first', title: 'First row', group: 'Tables', chords: ['Home'], keyOnly: true },
  {
    id: 'table.last',
    title: 'Last row, and follow the log',
    group: 'Tables',
    chords: ['End'],
    keyOnly: true,
  },
  { id: 'table.open', title: 'Inspect the row', group: 'Tables', chords: ['Enter'], keyOnly: true },
  {
    id: 'table.copy',
    title: 'Copy the id of the row, or the row',
    group: 'Tables',
    chords: ['c'],
    keyOnly: true,
  },
  {
    id: 'table.fire',
    title: 'Fire the callback of the row now',
    group: 'Tables',
    chords: ['f'],
    keyOnly: true,
    changes: true,
  },
  {
    id: 'table.cancel',
    title: 'Cancel the callback of the row',
    group: 'Tables',
    chords: ['x'],
    keyOnly: true,
    changes: true,
  },
  { id: 'table.filter', title: 'Filter the table', group: 'Tables', chords: ['/'], keyOnly: true },
  { id: 'database.backup', title: 'Back up the database', group: 'Database', chords: [] },
  { id: 'database.export', title: 'Export as CSV…', group: 'Database', chords: [] },
  { id: 'database.restore', title: 'Restore a backup…', group: 'Database', chords: [], changes: true },
  { id: 'database.reset', title: 'Reset the database…', group: 'Database', chords: [], changes: true },
  {
    id: 'window.palette',
    title: 'Find anything',
    group: 'Window',
    chords: ['$mod+k'],
    accelerator: 'CmdOrCtrl+K',
    keyOnly: true,
  },
  {
    id: 'window.close',
    title: 'Close the inspector',
    group: 'Window',
    chords: ['Escape'],
    keyOnly: true,
  },
  {
    id: 'window.theme',
    title: 'Switch between light and dark',
    group: 'Window',
    chords: ['$mod+Shift+l'],
    accelerator: 'CmdOrCtrl+Shift+L',
  },
  { id: 'window.density', title: 'Switch between dense and comfortable', group: 'Window', chords: [] },
  {
    id: 'window.timeShown',
    title: 'Times: run clock, wall clock or since start',
    group: 'Window',
    chords: [],
  },
  { id: 'window.timeZone', title: 'Switch between UTC and local time', group: 'Window', chords: [] },
  { id: 'help.words', title: 'Help and glossary', group: 'Help', chords: ['F1'], accelerator: 'F1' },
  {
    id: 'help.shortcuts',
    title: 'Keyboard shortcuts',
    group: 'Help',
    chords: ['?'],
    accelerator: 'CmdOrCtrl+/',
  },
  { id: 'help.about', title: 'About Ingot', group: 'Help', chords: [], accelerator: '' },
] as const satisfies readonly Command[];

type Listed = (typeof COMMANDS)[number];
export type CommandId = Listed['id'];
/** In the desktop menu. */
export type MenuCommandId = Extract<Listed, { readonly accelerator: string }>['id'];

const byId: ReadonlyMap<string, Command> = new Map(COMMANDS.map((command) => [command.id, command]));

export function commandOf(id: CommandId): Command {
  const command = byId.get(id);
  if (command === undefined) throw new Error(`There is no command ${id}.`);
  return command;
}

/** Why the state of the run does not allow the command, for a person; null if it does. */
export function whyNotNow(id: CommandId, run: ControlledRun | null): string | null {
  switch (id) {
    case 'run.toggle':
      return whyNot('pause', run) === null ? null : whyNot('resume', run);
    case 'run.stepFired':
    case 'run.until':
      return whyNotOn(run);
    case 'run.step':
    case 'run.stepCancelled':
    case 'run.stepConflict':
    case 'run.stepRejected':
      return whyNot('step', run);
    case 'run.stop':
      return whyNot('stop', run);
    case 'run.again':
      return whyNot('again', run);
    case 'run.faster':
    case 'run.slower':
      return whyNoSpeed(run);
    default:
      return null;
  }
}
