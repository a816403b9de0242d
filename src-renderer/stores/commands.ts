import type { KeyBinding, KeyChord } from './keys';
import type { ViewName } from './route';

/** All commands. Keys, palette and the page of shortcuts come from this list. */
export interface Command {
  readonly id: string;
  readonly title: string;
  readonly group: 'Go to' | 'Open' | 'Run' | 'Tables' | 'Window';
  readonly chords: readonly KeyChord[];
  /** Not in the palette: it needs a row or a field. */
  readonly keyOnly?: boolean;
  /** Changes the database: refused in a read-only window. */
  readonly changes?: boolean;
}

export interface ViewEntry {
  readonly view: ViewName;
  readonly title: string;
  readonly key: string;
}

export const VIEW_ENTRIES: readonly ViewEntry[] = [
  { view: 'live', title: 'Live', key: 'l' },
  { view: 'accounts', title: 'Accounts', key: 'a' },
  { view: 'history', title: 'History', key: 'h' },
  { view: 'callbacks', title: 'Callbacks', key: 'c' },
  { view: 'report', title: 'Report', key: 'r' },
  { view: 'runs', title: 'Runs', key: 'u' },
  { view: 'operations', title: 'Operations', key: 'o' },
  { view: 'logs', title: 'Logs', key: 't' },
  { view: 'database', title: 'Database', key: 'd' },
  { view: 'settings', title: 'Settings', key: 's' },
];

export const COMMANDS = [
  { id: 'view.live', title: 'Live', group: 'Go to', chords: ['g l'] },
  { id: 'view.accounts', title: 'Accounts', group: 'Go to', chords: ['g a'] },
  { id: 'view.history', title: 'History', group: 'Go to', chords: ['g h'] },
  { id: 'view.callbacks', title: 'Callbacks', group: 'Go to', chords: ['g c'] },
  { id: 'view.report', title: 'Report', group: 'Go to', chords: ['g r'] },
  { id: 'view.runs', title: 'Runs', group: 'Go to', chords: ['g u'] },
  { id: 'view.operations', title: 'Operations', group: 'Go to', chords: ['g o'] },
  { id: 'view.logs', title: 'Logs', group: 'Go to', chords: ['g t'] },
  { id: 'view.database', title: 'Database', group: 'Go to', chords: ['g d'] },
  { id: 'view.settings', title: 'Settings', group: 'Go to', chords: ['g s'] },
  { id: 'view.shortcuts', title: 'Keyboard shortcuts', group: 'Go to', chords: ['?'] },
  {
    id: 'open.file',
    title: 'Open file…',
    group: 'Open',
    chords: ['$mod+o'],
    changes: true,
  },
  { id: 'open.sample', title: 'Try the sample', group: 'Open', chords: [], changes: true },
  {
    id: 'run.toggle',
    title: 'Pause or resume the run and its callbacks',
    group: 'Run',
    chords: ['Space'],
    changes: true,
  },
  { id: 'run.step', title: 'Step one record', group: 'Run', chords: ['.'], changes: true },
  {
    id: 'run.stop',
    title: 'Stop the run',
    group: 'Run',
    chords: ['$mod+.'],
    changes: true,
  },
  { id: 'run.again', title: 'Run again', group: 'Run', chords: ['g g'], changes: true },
  { id: 'run.takeUp', title: 'Resume the last run', group: 'Run', chords: ['g p'], changes: true },
  { id: 'table.down', title: 'Next row', group: 'Tables', chords: ['j', 'ArrowDown'], keyOnly: true },
  { id: 'table.up', title: 'Previous row', group: 'Tables', chords: ['k', 'ArrowUp'], keyOnly: true },
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
  {
    id: 'window.palette',
    title: 'Find anything',
    group: 'Window',
    chords: ['$mod+k'],
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
  },
  { id: 'window.density', title: 'Switch between dense and comfortable', group: 'Window', chords: [] },
  { id: 'window.timeZone', title: 'Switch between UTC and local time', group: 'Window', chords: [] },
] as const satisfies readonly Command[];

export type CommandId = (typeof COMMANDS)[number]['id'];

const list: readonly Command[] = COMMANDS;
export const changesDatabase = (id: CommandId): boolean =>
  list.some((command) => command.id === id && command.changes === true);

export const KEY_BINDINGS: readonly KeyBinding<CommandId>[] = COMMANDS.map(({ id, chords }) => ({
  command: id,
  chords,
}));

export function chordOf(id: CommandId): KeyChord | null {
  return list.find((command) => command.id === id)?.chords[0] ?? null;
}
