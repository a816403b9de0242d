import { createStore, type StoreApi } from 'zustand/vanilla';
import type { RunStatus } from '../../src-shared/events';
import type { RunState } from '../../src-shared/update';
import type { Client } from '../transport/client';

/** The transport's buttons: what can be done with a run in the state that it is in. */
export type RunAction = 'pause' | 'resume' | 'step' | 'stop' | 'again';

/** Pure, so that a button, a key and the palette always agree. */
export function allowedActions(state: RunState | null): ReadonlySet<RunAction> {
  switch (state) {
    case null:
      return new Set();
    case 'running':
      return new Set(['pause', 'stop']);
    case 'paused':
      return new Set(['resume', 'step', 'stop']);
    case 'draining':
      return new Set(['stop']);
    default:
      return new Set(['again']);
  }
}

export interface RunControl {
  /** Takes up a run that has ended before its source did. */
  resumeEnded(runId: string): Promise<boolean>;
  /** What has been asked and not answered yet. */
  readonly busy: StoreApi<{ readonly action: RunAction | null }>;
  act(action: RunAction, status: RunStatus | null): Promise<void>;
}

export function createRunControl(client: Client, failed: (error: unknown) => void): RunControl {
  const busy = createStore<{ action: RunAction | null }>(() => ({ action: null }));
  return {
    busy,
    async resumeEnded(runId) {
      if (busy.getState().action !== null) return false;
      busy.setState({ action: 'resume' });
      try {
        await client.call('runs.resume', { runId });
        return true;
      } catch (error) {
        failed(error);
        return false;
      } finally {
        busy.setState({ action: null });
      }
    },
    async act(action, status) {
      if (status === null || busy.getState().action !== null || !allowedActions(status.state).has(action))
        return;
      busy.setState({ action });
      try {
        if (action === 'again') await client.call('runs.again', { runId: status.runId });
        else await client.call(`run.${action}`, {});
      } catch (error) {
        failed(error);
      } finally {
        busy.setState({ action: null });
      }
    },
  };
}
