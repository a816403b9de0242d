import { createKeybindingsHandler } from 'tinykeys';
import type { KeyBinding, KeyChord } from '../stores/keys';

/** `range`: a slider or a splitter, which the arrows move. `button`: all other controls. */
export type ControlKind = 'link' | 'range' | 'button';

/** Where a key was pressed. */
export interface KeyPlace {
  /** The focus is in a text field. */
  readonly typing: boolean;
  /** The focused control, if it uses some keys itself. */
  readonly control: ControlKind | null;
  /** A dialog, a menu or the palette is open. */
  readonly covered: boolean;
}

/** How long a leader key waits for the next key. */
export const LEADER_MS = 1_200;

/** The keys that a focused control uses itself. A link does not use Space, so Space still plays and pauses there. */
const OWN_KEYS: Readonly<Record<ControlKind, RegExp>> = {
  link: /^Enter$/,
  range: /^(Home|End|Page(Up|Down)|Arrow(Up|Down|Left|Right))$/,
  button: /^( |Enter|Home|End|Page(Up|Down)|Arrow(Up|Down|Left|Right))$/,
};

/** Runs the command of a chord. `run` returns false to leave the key to the browser. */
export function createKeyListener<Command extends string>(
  bindings: readonly KeyBinding<Command>[],
  placeOf: (event: KeyboardEvent) => KeyPlace,
  run: (command: Command, event: KeyboardEvent) => boolean,
): (event: KeyboardEvent) => void {
  const pressed = bindings
    .flatMap(({ command, chords }) => chords.flatMap(withShift).map((chord) => [chord, command] as const))
    // tinykeys reports each chord that a key completes. `g c` must win over `c`, so it is asked first.
    .sort(([a], [b]) => b.split(' ').length - a.split(' ').length)
    .map(([chord, command]) => {
      const onPress = (event: KeyboardEvent) => {
        if (!event.defaultPrevented && run(command, event)) event.preventDefault();
      };
      return [chord, onPress] as const;
    });
  const hear = createKeybindingsHandler(Object.fromEntries(pressed), { timeout: LEADER_MS });
  return (event) => {
    if (event.defaultPrevented || event.isComposing) return;
    const { typing, control, covered } = placeOf(event);
    const mod = event.ctrlKey || event.metaKey;
    if (covered || (typing && !mod && !/^(Escape|F\d+)$/.test(event.key))) return;
    if (control !== null && !mod && OWN_KEYS[control].test(event.key)) return;
    hear(event);
  };
}

/** The keys that open the menu of what has the focus. Not every browser makes a `contextmenu` event of them. */
export const isMenuKey = ({ key, shiftKey }: Pick<KeyboardEvent, 'key' | 'shiftKey'>) =>
  key === 'ContextMenu' || (key === 'F10' && shiftKey);

/** On some layouts `?`, `/` or `.` needs Shift: a printed character means itself with Shift and without. */
const withShift = (chord: KeyChord) => (chord.length === 1 ? [chord, `Shift+${chord}`] : [chord]);
