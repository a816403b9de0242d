/** As tinykeys writes it: `'$mod+o'`, `'g a'` (one after the other), `'Space'`, `'?'`. */
export type KeyChord = string;

export interface KeyBinding<Command extends string = string> {
  readonly command: Command;
  readonly chords: readonly KeyChord[];
}

/** For people: `Ctrl+K`, `G then A`. */
export function showChord(chord: KeyChord, mac: boolean): readonly string[] {
  return chord.split(' ').map((part) =>
    part
      .split('+')
      .map(
        (key) => SHOWN[key === '$mod' && mac ? 'cmd' : key] ?? (key.length === 1 ? key.toUpperCase() : key),
      )
      .join(mac ? '' : '+'),
  );
}

const SHOWN: Readonly<Record<string, string>> = {
  $mod: 'Ctrl',
  cmd: '\u2318',
  Escape: 'Esc',
  ArrowUp: '\u2191',
  ArrowDown: '\u2193',
  ArrowLeft: '\u2190',
  ArrowRight: '\u2192',
};
