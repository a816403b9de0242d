import { createStore, type StoreApi } from 'zustand/vanilla';
import type { RunStatus } from '../../src-shared/events';
import { isActive } from '../../src-shared/run-actions';
import type { RunRow } from '../../src-shared/views';
import type { Client } from '../transport/client';

/** The latest runs on record, and the interrupted ones. */
export interface CutOff {
  readonly store: StoreApi<CutOffState>;
  load(): Promise<void>;
}

export interface CutOffState {
  /** Newest first. */
  readonly latest: readonly RunRow[];
  /** Left behind by their process and resumable, newest first. */
  readonly interrupted: readonly RunRow[];
}

/** Older ones are in the list of runs. */
const LOOKED_AT = 20;

export function createCutOff(client: Pick<Client, 'call'>): CutOff {
  const store = createStore<CutOffState>(() => ({ latest: [], interrupted: [] }));
  return {
    store,
    async load() {
      const { rows } = await client.call('runs.page', {
        window: { from: { edge: 'start' }, limit: LOOKED_AT },
      });
      store.setState({
        latest: rows,
        interrupted: rows.filter(({ state, resumable }) => state === 'interrupted' && resumable),
      });
    },
  };
}

/** The run that the deck shows, as stored; null while it is active. */
export function endedRun(
  { latest: [last] }: CutOffState,
  status: Pick<RunStatus, 'runId' | 'state'> | null,
): RunRow | null {
  if (last === undefined || (status !== null && isActive(status.state))) return null;
  return status === null || status.runId === last.runId ? last : null;
}

/** The same, if it can be resumed. */
export function offeredRun(...shown: Parameters<typeof endedRun>): RunRow | null {
  const run = endedRun(...shown);
  return run?.resumable === true ? run : null;
}
