import { Modal } from '@mantine/core';
import { Spotlight } from '@mantine/spotlight';
import {
  type Icon,
  IconArchive,
  IconBaselineDensityMedium,
  IconChevronsDown,
  IconChevronsUp,
  IconClock,
  IconContrast,
  IconDownload,
  IconFileTypeJs,
  IconFlask2,
  IconFolderOpen,
  IconFolders,
  IconGauge,
  IconHelpCircle,
  IconHistory,
  IconInfoCircle,
  IconKeyboard,
  IconListNumbers,
  IconPlayerPause,
  IconPlayerPlay,
  IconPlayerStop,
  IconPlayerTrackNext,
  IconRepeat,
  IconRestore,
  IconSearch,
  IconTrash,
  IconUserSearch,
  IconWorld,
} from '@tabler/icons-react';
import { type ReactNode, useCallback, useState } from 'react';
import { countOf, groupDigits } from '../../src-shared/amounts';
import { COMMAND_GROUPS, COMMANDS, type Command, type CommandId, whyNotNow } from '../../src-shared/commands';
import { fileName, toPrintable, toPrintableText } from '../../src-shared/printable';
import { whyNot } from '../../src-shared/run-actions';
import { useOfferedRun } from '../bindings/use-offered-run';
import { useResource } from '../bindings/use-resource';
import { useBlocked, useControlled } from '../bindings/use-run-now';
import { useStored } from '../bindings/use-stored';
import { useModel, useReadOnly, useReads, useWindow } from '../bindings/window-context';
import { NO_IDS, RECENT_ACCOUNTS } from '../stores/preferences';
import { SPEEDS } from '../stores/run-control';
import { Keys } from './chord';
import { formatSpeed } from './deck-speed';
import classes from './palette.module.css';
import { VIEW_ICONS } from './rail';
import { RunStateBadge } from './run-state-badge';
import { DataText, PastTime } from './values';

interface Item {
  readonly key: string;
  readonly group: string;
  readonly icon: Icon | null;
  readonly label: ReactNode;
  /** What the typed text is compared with. */
  readonly words: string;
  /** At the end of the line: keys, or a time. */
  readonly aside?: ReactNode;
  /** Why it is not possible now; null if it is. */
  readonly whyNot: string | null;
  readonly choose: () => void;
}

const COMMAND_LIST: readonly (Command & { readonly id: CommandId })[] = COMMANDS;
const RECENT_GROUPS = ['Recent files', 'Recent accounts', 'Recent runs'] as const;
/** What is under way and what was done last come first. */
const GROUPS: readonly string[] = [
  'Run',
  ...RECENT_GROUPS,
  ...COMMAND_GROUPS.filter((group) => group !== 'Run'),
];
const SHOWN_OF_EACH = 4;
const FOUND_ACCOUNTS = 6;

const ICONS: Readonly<Partial<Record<CommandId, Icon>>> = {
  ...Object.fromEntries(Object.entries(VIEW_ICONS).map(([view, icon]) => [`view.${view}`, icon])),
  'open.file': IconFolderOpen,
  'open.folder': IconFolders,
  'open.sample': IconFlask2,
  'run.toggle': IconPlayerPause,
  'run.step': IconPlayerTrackNext,
  'run.stop': IconPlayerStop,
  'run.faster': IconChevronsUp,
  'run.slower': IconChevronsDown,
  'run.again': IconRepeat,
  'run.takeUp': IconPlayerPlay,
  'database.backup': IconArchive,
  'database.export': IconDownload,
  'database.restore': IconRestore,
  'database.reset': IconTrash,
  'window.theme': IconContrast,
  'window.density': IconBaselineDensityMedium,
  'window.timeShown': IconClock,
  'window.timeZone': IconWorld,
  'help.about': IconInfoCircle,
  'help.words': IconHelpCircle,
  'help.shortcuts': IconKeyboard,
};

/** Every command by name, what was used last, and every account by the beginning of its id. */
export function Palette() {
  const [query, setQuery] = useState('');
  return (
    <Spotlight.Root
      query={query}
      onQueryChange={setQuery}
      shortcut={null}
      clearQueryOnClose
      lockScroll={false}
      size={600}
      yOffset="12vh"
      transitionProps={{ duration: 80 }}
      overlayProps={{ className: 'veil' }}
      classNames={{ content: classes.content }}
    >
      <Modal.Title className="visually-hidden">Commands and accounts</Modal.Title>
      <Spotlight.Search
        placeholder="A command, a view, the beginning of an id, or an instant: slot:5, last@12.5s"
        aria-label="Find anything"
        leftSection={<IconSearch size={16} stroke={1.75} aria-hidden="true" />}
        classNames={{ input: classes.search, section: classes.searchIcon }}
      />
      <Results wanted={query.trim()} />
    </Spotlight.Root>
  );
}

/** How an instant begins, as `parseInstant` reads it. The host says what is wrong with one. */
const INSTANT = /^((slot|after|before):|(last|[1-9]\d*)[:@]|\d{4}-\d\d-\d\dT)\S/;

/** The instant that the typed text names. */
function useInstants(wanted: string): readonly Item[] {
  const { address } = useWindow();
  if (!INSTANT.test(wanted)) return [];
  const label = `Show the window as of ${wanted}`;
  const choose = () => address.go({ at: wanted });
  return [{ key: 'instant', group: 'Instant', icon: IconHistory, label, words: '', whyNot: null, choose }];
}

/** Only there while the palette is open. */
function Results({ wanted }: { readonly wanted: string }) {
  const commands = useCommands();
  const recent = useRecent();
  const { found, error } = useAccounts(wanted);
  // What is not possible is named with its reason only to those who look for it.
  const instants = useInstants(wanted);
  const known = [...commands, ...recent].filter((item) =>
    wanted === ''
      ? item.whyNot === null && !item.key.startsWith('speed ')
      : isMeant(`${item.group} ${item.words}`, wanted),
  );
  known.sort((a, b) => Number(a.whyNot !== null) - Number(b.whyNot !== null));
  const groups = GROUPS.map((name) => ({ name, items: known.filter(({ group }) => group === name) }));
  const accounts = wanted === '' ? [] : (found ?? []);
  const count = instants.length + known.length + accounts.length;
  return (
    <>
      <Spotlight.ActionsList className={classes.list}>
        {[{ name: 'Instant', items: instants }, ...groups, { name: 'Accounts', items: accounts }].map(
          ({ name, items }) =>
            items.length > 0 && (
              <Spotlight.ActionsGroup key={name} label={name} className={classes.group}>
                {items.map((item, at) => (
                  <Line
                    key={item.key}
                    item={item}
                    // The list selects its first line only when it has one; without this, Enter would do nothing.
                    selected={known.length === 0 && at === 0}
                  />
                ))}
              </Spotlight.ActionsGroup>
            ),
        )}
        {count === 0 && (
          <Spotlight.Empty className={classes.empty}>
            {found !== null ? (
              <>
                Nothing is called “<bdi>{toPrintable(wanted)}</bdi>”, and no id begins with it.
              </>
            ) : error === null ? (
              'Searching the accounts…'
            ) : (
              toPrintableText(error.message)
            )}
          </Spotlight.Empty>
        )}
      </Spotlight.ActionsList>
      <Spotlight.Footer className={classes.foot}>
        <span>
          <Keys chord="ArrowUp" /> <Keys chord="ArrowDown" /> to move
        </span>
        <span>
          <Keys chord="Enter" /> to choose
        </span>
        <span className={classes.count}>
          {wanted !== '' && found === null && error === null
            ? 'Searching the accounts…'
            : `${countOf(count, 'result')}${found?.length === FOUND_ACCOUNTS ? ', first accounts only' : ''}`}
        </span>
      </Spotlight.Footer>
    </>
  );
}

function Line({ item, selected }: { readonly item: Item; readonly selected: boolean }) {
  const { icon: LineIcon, label, aside, whyNot, choose } = item;
  return (
    <Spotlight.Action
      className={classes.action}
      data-selected={selected || undefined}
      aria-disabled={whyNot !== null}
      closeSpotlightOnTrigger={whyNot === null}
      onClick={() => whyNot === null && choose()}
    >
      {LineIcon === null ? (
        <span className={classes.noIcon} />
      ) : (
        <LineIcon size={16} stroke={1.5} aria-hidden="true" />
      )}
      <span className={classes.label}>{label}</span>
      <span className={classes.aside}>{whyNot ?? aside}</span>
    </Spotlight.Action>
  );
}

function useCommands(): readonly Item[] {
  const { client, fail } = useModel();
  const { run } = useWindow();
  const controlled = useControlled();
  const offered = useOfferedRun();
  const readOnly = useReadOnly();
  const blocked = useBlocked();
  const whyNotOf = ({ id, changes }: (typeof COMMAND_LIST)[number]): string | null => {
    if (changes === true && readOnly !== null) return readOnly;
    if (id === 'run.takeUp') return offered === null ? 'No run can be resumed' : null;
    // A server gives a copy also to a window that only reads.
    if (id === 'database.backup') return readOnly === null ? blocked : null;
    if (id === 'database.restore' || id === 'database.reset') return blocked;
    return whyNotNow(id, controlled);
  };
  const isPaused = whyNot('resume', controlled) === null;
  const listed = COMMAND_LIST.filter(({ keyOnly }) => keyOnly !== true).map((command): Item => {
    const [chord] = command.chords;
    const reason = whyNotOf(command);
    const toggles = command.id === 'run.toggle' && reason === null;
    return {
      key: command.id,
      group: command.group,
      icon: toggles && isPaused ? IconPlayerPlay : (ICONS[command.id] ?? null),
      label: toggles ? (isPaused ? 'Resume the run' : 'Pause the run') : command.title,
      words: command.title,
      aside: chord !== undefined && <Keys chord={chord} />,
      whyNot: reason,
      choose: () => run(command.id),
    };
  });
  const changesSpeed = readOnly === null && whyNotNow('run.faster', controlled) === null;
  const speeds = (changesSpeed ? SPEEDS : []).map(
    (speed): Item => ({
      key: `speed ${speed}`,
      group: 'Run',
      icon: IconGauge,
      label: `Speed ${formatSpeed(speed)}`,
      words: `speed ${formatSpeed(speed)} ${speed}`,
      whyNot: null,
      choose: () => void client.call('run.setSpeed', { speed }).catch(fail),
    }),
  );
  return [...listed, ...speeds];
}

/** Files, accounts and runs, the latest first. */
function useRecent(): readonly Item[] {
  const { client, staging } = useModel();
  const { address } = useWindow();
  const readOnly = useReadOnly();
  const [ids] = useStored<string[]>(RECENT_ACCOUNTS, NO_IDS);
  const loadFiles = useCallback(() => client.call('source.recent', {}), [client]);
  const loadRuns = useCallback(
    () => client.call('runs.page', { window: { from: { edge: 'start' }, limit: SHOWN_OF_EACH } }),
    [client],
  );
  const { value: files } = useResource(loadFiles, []);
  const { value: runs } = useResource(loadRuns, []);
  return [
    ...(files ?? []).slice(0, SHOWN_OF_EACH).map(
      (file): Item => ({
        key: `file ${file.name} ${file.openedAtMs}`,
        group: 'Recent files',
        icon: IconFileTypeJs,
        label: <DataText text={file.name} />,
        words: file.name,
        aside: <PastTime timeMs={file.openedAtMs} />,
        whyNot: readOnly,
        choose: () => {
          address.go({ view: 'live', detail: null });
          void staging.openSource({ source: file.source, name: file.name });
        },
      }),
    ),
    ...ids.slice(0, SHOWN_OF_EACH).map(
      (id): Item => ({
        key: `account ${id}`,
        group: 'Recent accounts',
        icon: IconUserSearch,
        label: <AccountLabel id={id} />,
        words: id,
        whyNot: null,
        choose: () => address.go({ inspect: id }),
      }),
    ),
    ...(runs?.rows ?? []).map(
      (row): Item => ({
        key: `run ${row.runId}`,
        group: 'Recent runs',
        icon: IconListNumbers,
        label: (
          <>
            Run {row.runId} · <DataText text={fileName(row.source)} />
          </>
        ),
        words: `${row.runId} ${fileName(row.source)}`,
        aside: (
          <>
            <RunStateBadge state={row.state} />
            <PastTime timeMs={row.startedAtMs} />
          </>
        ),
        whyNot: null,
        choose: () => address.go({ view: 'runs', detail: row.runId }),
      }),
    ),
  ];
}

/** `found` is null while it searches. */
function useAccounts(wanted: string) {
  const reads = useReads();
  const { address } = useWindow();
  const load = useCallback(
    () =>
      reads.call('accounts.page', {
        window: { from: { edge: 'start' }, limit: FOUND_ACCOUNTS },
        sort: { by: 'id', direction: 'asc' },
        filter: { idPrefix: wanted },
      }),
    [reads, wanted],
  );
  const { value, error } = useResource(wanted === '' ? null : load);
  const found =
    value?.rows.map(
      ({ id, accountType, tokens }): Item => ({
        key: `found ${id}`,
        group: 'Accounts',
        icon: IconUserSearch,
        label: <AccountLabel id={id} />,
        words: id,
        aside: (
          <>
            <bdi>{toPrintable(accountType)}</bdi> · {groupDigits(tokens)}
          </>
        ),
        whyNot: null,
        choose: () => address.go({ inspect: id }),
      }),
    ) ?? null;
  return { found, error };
}

function AccountLabel({ id }: { readonly id: string }) {
  return (
    <code>
      <DataText text={id} />
    </code>
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
