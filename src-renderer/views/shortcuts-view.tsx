import { Fragment } from 'react';
import { Keys } from '../components/chord';
import { ViewFrame } from '../components/view-frame';
import { COMMANDS, type Command } from '../stores/commands';
import classes from './settings-view.module.css';

const GROUPS: readonly Command['group'][] = ['Go to', 'Run', 'Open', 'Tables', 'Window'];
const list: readonly Command[] = COMMANDS;

export function ShortcutsView() {
  return (
    <ViewFrame title="Keyboard shortcuts">
      <div className={classes.page}>
        <div className={classes.groups}>
          {GROUPS.map((group) => (
            <section key={group} className={classes.group} aria-label={`Keys: ${group}`}>
              <h2>{group}</h2>
              <ul>
                {list
                  .filter((command) => command.group === group && command.chords.length > 0)
                  .map((command) => (
                    <li key={command.id} className={classes.shortcut}>
                      {command.title}
                      <span className={classes.chords}>
                        {command.chords.map((chord, at) => (
                          <Fragment key={chord}>
                            {at > 0 && 'or'}
                            <Keys chord={chord} />
                          </Fragment>
                        ))}
                      </span>
                    </li>
                  ))}
              </ul>
            </section>
          ))}
        </div>
      </div>
    </ViewFrame>
  );
}
