import { IconAlertTriangle, IconCheck } from '@tabler/icons-react';
import { useStore } from 'zustand';
import type { HealthCheckName } from '../../../src-shared/health';
import { useModel } from '../../bindings/window-context';
import { gravityOf } from '../../stores/health';
import classes from './operations-view.module.css';

const TITLES: Readonly<Record<HealthCheckName, string>> = {
  program: 'Program',
  database: 'Database',
  migrations: 'Schema',
  event_loop: 'Event loop',
  connections: 'Connections',
  disk: 'Disk',
  callbacks: 'Callbacks',
};
const WORDS = { well: 'ready', look: 'needs a look', failed: 'not ready' } as const;

/** The deck fetches the checks while the window is open. */
export function HealthSection() {
  const { health } = useModel();
  const now = useStore(health.store, (state) => state.health);
  const gravity = now === null ? null : gravityOf(now);
  return (
    <section className={classes.panel} aria-label="Health">
      <header className={classes.panelHead}>
        <h2>Health</h2>
        {gravity !== null && (
          <span className={classes.verdict} data-gravity={gravity}>
            {WORDS[gravity]}
          </span>
        )}
      </header>
      <ul className={classes.checks}>
        {(now?.checks ?? []).map(({ name, ok, reason }) => (
          <li key={name} data-ok={ok}>
            {ok ? (
              <IconCheck size={14} stroke={2} aria-label="well" />
            ) : (
              <IconAlertTriangle size={14} stroke={2} aria-label="not well" />
            )}
            <span className={classes.checkName}>{TITLES[name]}</span>
            <span className={classes.reason}>{reason}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}
