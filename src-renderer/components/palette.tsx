import { Modal } from '@mantine/core';
import { Spotlight } from '@mantine/spotlight';
import { IconSearch, IconUserSearch } from '@tabler/icons-react';
import { useCallback, useMemo, useState } from 'react';
import { groupDigits } from '../../src-shared/amounts';
import { toPrintable, toPrintableText } from '../../src-shared/printable';
import { type RunAction, whyNot } from '../../src-shared/run-actions';
import type { AccountRow } from '../../src-shared/views';
import { useOfferedRun } from '../bindings/use-offered-run';
import { useResource } from '../bindings/use-resource';
import { useControlled } from '../bindings/use-run-now';
import { useModel, useReadOnly, useWindow } from '../bindings/window-context';

import { COMMANDS, type Command, type CommandId } from '../stores/commands';
import { Keys } from './chord';
import classes from './palette.module.css';
import { DataText } from './values';

const COMMAND_LIST: readonly (Command & { readonly id: CommandId })[] = COMMANDS;
const FOUND_ACCOUNTS = 6;

/** Every command by name, and every account by the beginning of its id. */
export function Palette() {
  const { client } = useModel();
  const { run, address } = useWindow();
  const controlled = useControlled();
  const offered = useOfferedRun();
  const readOnly = useReadOnly();
  const [query, setQuery] = useState('');
  const wanted = query.trim();
  const load = useCallback(
    () =>
      client.call('accounts.page', {
        window: { from: { edge: 'start' }, limit: FOUND_ACCOUNTS },
        sort: { by: 'id', direction: 'asc' },
        filter: { idPrefix: wanted },
      }),
    [client, wanted],
  );
  const { value: found, error } = useResource(wanted.length === 0 ? null : load);
  const possible = useMemo(
    () =>
      COMMAND_LIST.filter(({ id, keyOnly, changes }) => {
        const can = (action: RunAction) => whyNot(action, controlled) === null;
        if (keyOnly === true || (changes === true && readOnly !== null)) return false;
        if (id === 'run.toggle') return can('pause') || can('resume');
        if (id === 'run.step') return can('step');
        if (id === 'run.stop') return can('stop');
        if (id === 'run.takeUp') return offered !== null;
        return id !== 'run.again' || can('again');
      }),
    [controlled, offered, readOnly],
  );
  const commands = possible.filter(({ title }) => isMeant(title, wanted));
  const groups = [...new Set(commands.map(({ group }) => group))];
  const accounts: readonly AccountRow[] = found?.rows ?? [];

  return (
    <Spotlight.Root
      query={query}
      onQueryChange={setQuery}
      shortcut={null}
      clearQueryOnClose
      lockScroll={false}
      size={560}
      yOffset="12vh"
      transitionProps={{ duration: 80 }}
      overlayProps={{ className: 'veil' }}
      classNames={{ content: classes.content }}
    >
      <Modal.Title className="visually-hidden">Commands and accounts</Modal.Title>
      <Spotlight.Search
        placeholder="A command, a view, or the beginning of an account’s id"
        aria-label="Find anything"
        leftSection={<IconSearch size={16} stroke={1.75} aria-hidden="true" />}
        classNames={{ input: classes.search, section: classes.searchIcon }}
      />
      <Spotlight.ActionsList className={classes.list}>
        {groups.map((group) => (
          <Spotlight.ActionsGroup key={group} label={group} className={classes.group}>
            {commands
              .filter((command) => command.group === group)
              .map((command) => (
                <Spotlight.Action key={command.id} className={classes.action} onClick={() => run(command.id)}>
                  <span className={classes.label}>{command.title}</span>
                  {command.chords[0] !== undefined && <Keys chord={command.chords[0]} />}
                </Spotlight.Action>
              ))}
          </Spotlight.ActionsGroup>
        ))}
        {accounts.length > 0 && (
          <Spotlight.ActionsGroup label="Accounts" className={classes.group}>
            {accounts.map((account, at) => (
              <Spotlight.Action
                key={account.id}
                className={classes.action}
                // The list selects its first line only when it has one; without this, Enter would do nothing.
                data-selected={(commands.length === 0 && at === 0) || undefined}
                onClick={() => address.go({ inspect: account.id })}
              >
                <IconUserSearch size={15} stroke={1.5} aria-hidden="true" />
                <code className={classes.account}>
                  <DataText text={account.id} />
                </code>
                <span className={classes.tokens}>
                  <bdi>{toPrintable(account.accountType)}</bdi> · {groupDigits(account.tokens)}
                </span>
              </Spotlight.Action>
            ))}
          </Spotlight.ActionsGroup>
        )}
        {commands.length === 0 && found === null && (
          <Spotlight.Empty className={classes.empty}>
            {error === null ? 'Searching the accounts…' : toPrintableText(error.message)}
          </Spotlight.Empty>
        )}
        {commands.length === 0 && found !== null && accounts.length === 0 && (
          <Spotlight.Empty className={classes.empty}>
            Nothing is called “<bdi>{toPrintable(wanted)}</bdi>”, and no id begins with it.
          </Spotlight.Empty>
        )}
      </Spotlight.ActionsList>
    </Spotlight.Root>
  );
}

/** Each typed word must begin a word of the title. */
function isMeant(title: string, typed: string): boolean {
  const words = title.toLowerCase().split(/\s+/);
  return typed
    .toLowerCase()
    .split(/\s+/)
    .every((part) => words.some((word) => word.startsWith(part)));
}
