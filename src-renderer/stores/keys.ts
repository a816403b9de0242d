/** `range`: a slider or a splitter, which the arrows move. `button`: all other controls. */
export type ControlKind = 'link' | 'range' | 'button';

export interface KeyPress {
  /** As `KeyboardEvent.key`. */
  readonly key: string;
  /** Control, or Command on a Mac. */
  readonly mod: boolean;
  readonly alt: boolean;
  readonly shift: boolean;
  readonly timeMs: number;
  /** The focus is in a text field. */
  readonly typing: boolean;
  /** The focused control if it uses some keys itself; otherwise null. */
  readonly control: ControlKind | null;
  /** A dialog, a menu or the palette is open. */
  readonly covered: boolean;
}

/** `'mod+o'`, `'g a'` (one after the other), `'space'`, `'?'`. */
export type KeyChord = string;

export interface KeyBinding {
  readonly command: string;
  readonly chords: readonly KeyChord[];
  /** Works in text fields too: for chords with a modifier. */
  readonly whileTyping?: boolean;
}

export interface KeyState {
  /** The first half of a two-key chord, and when it was pressed. */
  readonly leader: string | null;
  readonly leaderAtMs: number;
}

export const NO_KEYS: KeyState = { leader: null, leaderAtMs: 0 };

/** How long a leader key waits for the next key. */
export const LEADER_MS = 1_200;

export interface KeyOutcome {
  readonly state: KeyState;
  readonly command: string | null;
  /** The browser must not act on this press. */
  readonly handled: boolean;
}

const NAMES: Readonly<Record<string, string>> = { ' ': 'space', Escape: 'escape', Enter: 'enter' };

/** The keys that a focused control uses itself. A link does not use Space, so Space still plays and pauses there. */
const OWN_KEYS: Readonly<Record<ControlKind, RegExp>> = {
  link: /^enter$/,
  range: /^(Home|End|Page(Up|Down)|Arrow(Up|Down|Left|Right))$/,
  button: /^(space|enter|Home|End|Page(Up|Down)|Arrow(Up|Down|Left|Right))$/,
};

/** A printed character stands for itself, with or without Shift: `?` is `?` on every layout. */
function nameOf(press: KeyPress): string {
  const key = NAMES[press.key] ?? (press.key.length === 1 ? press.key.toLowerCase() : press.key);
  const parts = [];
  if (press.mod) parts.push('mod');
  if (press.alt) parts.push('alt');
  if (press.shift && (press.mod || press.key.length > 1)) parts.push('shift');
  return [...parts, key].join('+');
}

export function pressKey(state: KeyState, press: KeyPress, bindings: readonly KeyBinding[]): KeyOutcome {
  const nothing: KeyOutcome = { state: NO_KEYS, command: null, handled: false };
  if (press.covered) return nothing;
  const name = nameOf(press);
  if (press.control !== null && OWN_KEYS[press.control].test(name)) return nothing;
  const heard = press.typing ? bindings.filter((binding) => binding.whileTyping === true) : bindings;
  const waiting = state.leader !== null && press.timeMs - state.leaderAtMs <= LEADER_MS;
  const chord = waiting ? `${state.leader} ${name}` : name;
  const found =
    heard.find((binding) => binding.chords.includes(chord)) ??
    (waiting ? heard.find((binding) => binding.chords.includes(name)) : undefined);
  if (found) return { state: NO_KEYS, command: found.command, handled: true };
  if (heard.some((binding) => binding.chords.some((wanted) => wanted.startsWith(`${name} `)))) {
    return { state: { leader: name, leaderAtMs: press.timeMs }, command: null, handled: true };
  }
  return nothing;
}

/** `Ctrl+K`, `G then A`. */
export function showChord(chord: KeyChord, mac: boolean): readonly string[] {
  return chord.split(' ').map((part) =>
    part
      .split('+')
      .map((key) => SHOWN[key === 'mod' && mac ? 'cmd' : key] ?? (key.length === 1 ? key.toUpperCase() : key))
      .join(mac ? '' : '+'),
  );
}

const SHOWN: Readonly<Record<string, string>> = {
  mod: 'Ctrl',
  cmd: '\u2318',
  alt: 'Alt',
  shift: 'Shift',
  space: 'Space',
  escape: 'Esc',
  enter: 'Enter',
  ArrowUp: '\u2191',
  ArrowDown: '\u2193',
  ArrowLeft: '\u2190',
  ArrowRight: '\u2192',
};
