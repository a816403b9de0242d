import { Drawer, Modal } from '@mantine/core';
import { IconInfoCircle, IconKeyboard, IconSearch, IconX } from '@tabler/icons-react';
import { Fragment, useState } from 'react';
import { useStore } from 'zustand';
import { COMMAND_GROUPS, COMMANDS, type Command } from '../../../src-shared/commands';
import { findTerms, TERM_GROUPS } from '../../../src-shared/glossary';
import { toPrintable } from '../../../src-shared/printable';
import { useOpened } from '../../bindings/use-part';
import { type Overlay, useWindow } from '../../bindings/window-context';
import { ActionButton } from '../../components/action-button';
import { Keys } from '../../components/chord';
import classes from './help.module.css';

/** What lies over the view: the words of Ingot, or its keys. Closing it gives the focus back. */
export function Help() {
  const { overlay } = useWindow();
  const now = useStore(overlay);
  const close = () => overlay.setState({ shown: null }, true);
  const keysOpened = useOpened(now.shown === 'shortcuts');
  return (
    <>
      <Words now={now} onClose={close} />
      <Modal
        opened={keysOpened}
        onClose={close}
        title="Keyboard shortcuts"
        size={1040}
        centered
        closeButtonProps={{ 'aria-label': 'Close' }}
      >
        <Shortcuts />
      </Modal>
    </>
  );
}

function Words({ now, onClose }: { readonly now: Overlay; readonly onClose: () => void }) {
  const { run } = useWindow();
  const opened = useOpened(now.shown === 'help');
  const [given, setGiven] = useState<Overlay | null>(null);
  const [typed, setTyped] = useState('');
  if (now !== given) {
    setGiven(now);
    if (now.shown === 'help') setTyped(now.word);
  }
  const found = findTerms(typed);
  // What was asked for stands first: by groups only while nothing is typed.
  const groups =
    typed.trim() === ''
      ? TERM_GROUPS.map((name) => ({ name, terms: found.filter(({ group }) => group === name) }))
      : [{ name: null, terms: found }];
  return (
    <Drawer.Root
      opened={opened}
      onClose={onClose}
      position="right"
      size={480}
      transitionProps={{ duration: 120 }}
      classNames={{ content: classes.content }}
    >
      <Drawer.Overlay className="veil" />
      <Drawer.Content>
        <header className={classes.head}>
          <Drawer.Title className={classes.title}>Help</Drawer.Title>
          <ActionButton tone="quiet" icon={IconX} aria-label="Close" onClick={onClose} />
        </header>
        <div className={classes.search}>
          <IconSearch size={14} stroke={1.75} aria-hidden="true" />
          <input
            data-autofocus
            type="text"
            aria-label="Find a word"
            placeholder="Find a word, such as stale or checkpoint"
            value={typed}
            spellCheck={false}
            autoComplete="off"
            onChange={(event) => setTyped(event.currentTarget.value)}
          />
        </div>
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so it can be reached by the keyboard. */}
        <section className={classes.words} aria-label="Words" tabIndex={0}>
          {groups.map(({ name, terms }) => (
            <Fragment key={name}>
              {name !== null && <h3>{name}</h3>}
              <dl>
                {terms.map(({ word, meaning }) => (
                  <div key={word}>
                    <dt>{word}</dt>
                    <dd>{meaning}.</dd>
                  </div>
                ))}
              </dl>
            </Fragment>
          ))}
          {found.length === 0 && (
            <p className={classes.none} role="status">
              No word matches “<bdi>{toPrintable(typed.trim())}</bdi>”.
            </p>
          )}
        </section>
        <footer className={classes.foot}>
          <ActionButton icon={IconKeyboard} command="help.shortcuts" onClick={() => run('help.shortcuts')}>
            Keyboard shortcuts
          </ActionButton>
          <ActionButton
            icon={IconInfoCircle}
            onClick={() => {
              onClose();
              run('help.about');
            }}
          >
            About Ingot
          </ActionButton>
          <p>
            The folder <code>docs</code> of Ingot has more: <code>architecture.md</code>,{' '}
            <code>sources.md</code>, <code>command-line.md</code>, <code>operations.md</code>.
          </p>
        </footer>
      </Drawer.Content>
    </Drawer.Root>
  );
}

const list: readonly Command[] = COMMANDS;

function Shortcuts() {
  return (
    <div className={classes.groups}>
      {COMMAND_GROUPS.map((group) => {
        const commands = list.filter((command) => command.group === group && command.chords.length > 0);
        if (commands.length === 0) return null;
        return (
          <section key={group} className={classes.group} aria-label={`Keys: ${group}`}>
            <h3>{group}</h3>
            <ul>
              {commands.map((command) => (
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
        );
      })}
    </div>
  );
}
