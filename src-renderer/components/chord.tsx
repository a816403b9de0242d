import { type CommandId, commandOf } from '../../src-shared/commands';
import { showChord } from '../stores/keys';
import classes from './chord.module.css';

const IS_MAC = /mac/i.test(navigator.platform);

export function Chord({ command }: { readonly command: CommandId }) {
  const [chord] = commandOf(command).chords;
  return chord === undefined ? null : <Keys chord={chord} />;
}

export function Keys({ chord }: { readonly chord: string }) {
  return (
    <span className={classes.keys}>
      {showChord(chord, IS_MAC).map((key) => (
        <kbd key={key} className={classes.key}>
          {key}
        </kbd>
      ))}
    </span>
  );
}
