import { IconAlertTriangle, IconHeartbeat, IconX } from '@tabler/icons-react';
import { useEffect } from 'react';
import { useStore } from 'zustand';
import { useSession, useWindow } from '../bindings/session-context';
import { replacementOf } from '../stores/database';
import { gravityOf } from '../stores/health';
import classes from './health-lamp.module.css';

const LOOKS = {
  well: { icon: IconHeartbeat, word: 'well' },
  look: { icon: IconAlertTriangle, word: 'needs a look' },
  failed: { icon: IconX, word: 'not ready' },
} as const;

/** Whether the host is well: quiet if it is. Leads to where it says why it is not. */
export function HealthLamp() {
  const { health, database } = useSession();
  const { run } = useWindow();
  const now = useStore(health.store, (state) => state.health);
  const replacing = useStore(database.store, ({ state }) => replacementOf(state) !== null);
  useEffect(() => health.follow(), [health]);
  // That there is nothing to read meanwhile is as it should be, and the deck says what is being done.
  if (now === null || replacing) return null;
  const gravity = gravityOf(now);
  const { icon: Icon, word } = LOOKS[gravity];
  const reasons = now.checks.filter(({ ok }) => !ok).map(({ reason }) => reason);
  return (
    <button
      type="button"
      className={classes.lamp}
      data-gravity={gravity}
      data-testid="health"
      data-tip={reasons.length === 0 ? 'Every health check is well' : reasons.join(' ')}
      onClick={() => run('view.operations')}
    >
      <Icon size={15} stroke={1.75} aria-hidden="true" />
      <span className="visually-hidden">Health: {word}</span>
      {gravity !== 'well' && (
        <span className={classes.word} aria-hidden="true">
          {word}
        </span>
      )}
    </button>
  );
}
