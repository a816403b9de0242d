import { createStore, type StoreApi } from 'zustand/vanilla';
import type { AlertStatus } from '../../src-shared/alerts';
import type { Health } from '../../src-shared/health';
import type { Clock } from '../clock';
import type { Client } from '../transport/client';

const ASK_HEALTH_EVERY_MS = 5_000;

/** Null until the first answer, and while the host cannot be reached. */
export interface HealthStore {
  readonly store: StoreApi<{ readonly health: Health | null }>;
  /** Asks now, then repeatedly until the returned function is called. */
  follow(): () => void;
}

export function createHealth(client: Pick<Client, 'call' | 'connection'>, clock: Clock): HealthStore {
  const store = createStore<{ health: Health | null }>(() => ({ health: null }));
  const ask = () => {
    if (client.connection.getState().phase !== 'open') return store.setState({ health: null });
    client.call('health.get', {}).then(
      (health) => store.setState({ health }),
      // The connection reports its loss itself.
      () => store.setState({ health: null }),
    );
  };
  return {
    store,
    follow() {
      ask();
      const unwatch = client.connection.subscribe(ask);
      const end = clock.every(ASK_HEALTH_EVERY_MS, ask);
      return () => {
        unwatch();
        end();
      };
    },
  };
}

export type Gravity = 'well' | 'look' | 'failed';

/** Without a database it is critical, otherwise a warning. */
export function gravityOf({ checks }: Health): Gravity {
  const bad = checks.filter(({ ok }) => !ok);
  if (bad.length === 0) return 'well';
  return bad.some(({ name }) => name === 'database') ? 'failed' : 'look';
}

type AlertPhase = Pick<AlertStatus, 'severity' | 'state'>;

/** Counts every alert that is not inactive, like the list of them. */
export function summariseAlerts(raised: readonly AlertPhase[]): string {
  const counts = (['firing', 'pending', 'resolved'] as const).map((phase) => {
    const count = raised.filter(({ state }) => state.phase === phase).length;
    return count === 0 ? null : `${count} ${SUMMARY_WORDS[phase]}`;
  });
  return counts.filter((text) => text !== null).join(', ') || 'no alerts';
}

const SUMMARY_WORDS = { firing: 'firing', pending: 'about to fire', resolved: 'resolved' } as const;

/** Red only for a critical alert. */
export function gravityOfAlerts(raised: readonly AlertPhase[]): Gravity {
  const firing = raised.filter(({ state }) => state.phase === 'firing');
  if (firing.some(({ severity }) => severity === 'critical')) return 'failed';
  return raised.some(({ state }) => state.phase !== 'resolved') ? 'look' : 'well';
}
