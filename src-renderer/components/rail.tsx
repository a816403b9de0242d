import {
  type Icon,
  IconActivity,
  IconArrowsDiff,
  IconBell,
  IconDatabase,
  IconFileText,
  IconGauge,
  IconHelpCircle,
  IconHistory,
  IconInfoCircle,
  IconListNumbers,
  IconPlug,
  IconSend,
  IconSettings,
  IconStack2,
  IconTerminal2,
  IconTrophy,
} from '@tabler/icons-react';
import { memo } from 'react';
import { groupDigits } from '../../src-shared/amounts';
import { type CommandId, commandOf } from '../../src-shared/commands';
import { useLive, useRoute, useWindow } from '../bindings/window-context';

import { showChord } from '../stores/keys';
import { VIEWS, type ViewName } from '../stores/route';
import classes from './rail.module.css';

export const VIEW_ICONS: Readonly<Record<ViewName, Icon>> = {
  live: IconActivity,
  accounts: IconStack2,
  history: IconHistory,
  callbacks: IconBell,
  targets: IconSend,
  report: IconTrophy,
  runs: IconListNumbers,
  connections: IconPlug,
  compare: IconArrowsDiff,
  sql: IconTerminal2,
  logs: IconFileText,
  operations: IconGauge,
  database: IconDatabase,
  settings: IconSettings,
  about: IconInfoCircle,
};

export const Rail = memo(function Rail() {
  const { run } = useWindow();
  const here = useRoute((route) => route.view);
  return (
    <nav className={classes.rail} aria-label="Views">
      <img className={classes.brand} src="/ingot.svg" alt="Ingot" width={28} height={28} />
      {VIEWS.filter((view) => view !== 'about').map((view) => {
        const Icon = VIEW_ICONS[view];
        const command: CommandId = `view.${view}`;
        const { title } = commandOf(command);
        return (
          <a
            key={view}
            className={classes.entry}
            href={`#/${view}`}
            aria-current={here === view ? 'page' : undefined}
            data-low={view === 'operations' || undefined}
            data-tip={tipOf(command)}
            data-tip-side="right"
            onClick={(event) => {
              event.preventDefault();
              run(command);
            }}
          >
            <span className={classes.icon}>
              <Icon size={19} stroke={1.5} aria-hidden="true" />
              {view === 'callbacks' && <PendingCount />}
            </span>
            <span className={classes.title}>{title}</span>
          </a>
        );
      })}
      <button
        type="button"
        className={classes.entry}
        data-tip={tipOf('help.words')}
        data-tip-side="right"
        onClick={() => run('help.words')}
      >
        <span className={classes.icon}>
          <IconHelpCircle size={19} stroke={1.5} aria-hidden="true" />
        </span>
        <span className={classes.title}>Help</span>
      </button>
    </nav>
  );
});

function tipOf(command: CommandId): string {
  const { title, chords } = commandOf(command);
  return `${title} (${showChord(chords[0] ?? '', false).join(' then ')})`;
}

function PendingCount() {
  const pending = useLive((state) => state.pending);
  if (pending === 0) return null;
  return (
    <span className={classes.badge}>
      <span aria-hidden="true">{pending > 999 ? '999+' : pending}</span>
      <span className="visually-hidden">{groupDigits(pending)} pending</span>
    </span>
  );
}
