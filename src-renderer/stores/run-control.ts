import { createStore, type StoreApi } from 'zustand/vanilla';
import type { RunStatus } from '../../src-shared/events';
import { type RunAction, whyNot } from '../../src-shared/run-actions';
import type { Client } from '../transport/client';

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
