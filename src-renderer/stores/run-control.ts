import { createStore, type StoreApi } from 'zustand/vanilla';
import type { RunStatus } from '../../src-shared/events';
import type { Client } from '../transport/client';
import { isActive, RUN_UNDER_WAY } from './progress';

/** The transport's buttons: what can be done with a run in the state that it is in. */
export type RunAction = 'pause' | 'resume' | 'step' | 'stop' | 'again';

/**
 * Why the run cannot be acted on so, for a person; null if it can. Pure, so that a button, a key and the
 * palette always agree.
 */
export function whyNot(action: RunAction, run: Pick<RunStatus, 'state' | 'simulated'> | null): string | null {
  if (run === null) return 'There is no run yet';
  const { state, simulated } = run;
  const active = isActive(state);
  switch (action) {
    case 'again':
      return active ? RUN_UNDER_WAY : null;
    case 'stop':
      return active ? null : ENDED;
    case 'pause':
      if (!active) return ENDED;
      if (simulated) return NOT_PAUSED;
      return state === 'paused' ? 'The run is paused' : null;
    case 'resume':
    case 'step':
      if (state === 'paused') return null;
      if (!active) return ENDED;
      return simulated ? NOT_PAUSED : 'Pause the run first';
  }
}

const NOT_PAUSED = 'A run on a virtual clock cannot be paused';
const ENDED = 'The run has ended';

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
      if (status === null || busy.getState().action !== null || whyNot(action, status) !== null) return;
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
