import {
  type Icon,
  IconActivity,
  IconBell,
  IconDatabase,
  IconFileText,
  IconGauge,
  IconHistory,
  IconListNumbers,
  IconSettings,
  IconStack2,
  IconTrophy,
} from '@tabler/icons-react';
import { memo } from 'react';
import { groupDigits } from '../../src-shared/amounts';
import { useLive, useRoute, useWindow } from '../bindings/window-context';

import { type CommandId, chordOf, VIEW_ENTRIES } from '../stores/commands';
import { showChord } from '../stores/keys';
import type { ViewName } from '../stores/route';
import classes from './rail.module.css';

const ICONS: Readonly<Record<ViewName, Icon>> = {
  live: IconActivity,
  accounts: IconStack2,
  history: IconHistory,
  callbacks: IconBell,
  report: IconTrophy,
  runs: IconListNumbers,
  logs: IconFileText,
  operations: IconGauge,
  database: IconDatabase,
  settings: IconSettings,
  shortcuts: IconSettings,
};

export const Rail = memo(function Rail() {
  const { run } = useWindow();
  const here = useRoute((route) => route.view);
  return (
    <nav className={classes.rail} aria-label="Views">
      <img className={classes.brand} src="/ingot.svg" alt="Ingot" width={28} height={28} />
      {VIEW_ENTRIES.map(({ view, title }) => {
        const Icon = ICONS[view];
        const command: CommandId = `view.${view}`;
        const keys = showChord(chordOf(command) ?? '', false).join(' then ');
        return (
          <a
            key={view}
            className={classes.entry}
            href={`#/${view}`}
            aria-current={here === view ? 'page' : undefined}
            data-low={view === 'operations' || undefined}
            data-tip={`${title} (${keys})`}
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
    </nav>
  );
});

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
