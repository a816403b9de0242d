import { IconAlertTriangle, IconHeartbeat, IconX } from '@tabler/icons-react';
import { useEffect } from 'react';
import { useStore } from 'zustand';
import { useModel, useWindow } from '../bindings/window-context';
import { workOn } from '../stores/database';
import { gravityOf } from '../stores/health';
import classes from './health-lamp.module.css';

const LOOKS = {
  well: { icon: IconHeartbeat, word: 'well' },
  look: { icon: IconAlertTriangle, word: 'needs a look' },
  failed: { icon: IconX, word: 'not ready' },
} as const;

/** Hidden while the host is healthy. Links to the failing checks. */
export function HealthLamp() {
  const { health, database } = useModel();
  const { run } = useWindow();
  const now = useStore(health.store, (state) => state.health);
  const busy = useStore(database.store, ({ state }) => workOn(state) !== null);
  // Opening, a reset and a restore are expected, and the deck shows them.
  useEffect(() => (busy ? undefined : health.follow()), [health, busy]);
  if (now === null || busy) return null;
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
