import { createStore, type StoreApi } from 'zustand/vanilla';
import type { RunStatus } from '../../src-shared/events';
import { isActive } from '../../src-shared/run-actions';
import type { RunRow } from '../../src-shared/views';
import type { Client } from '../transport/client';

/** The latest run as it is on record, and runs that were cut off. */
export interface CutOff {
  readonly store: StoreApi<CutOffState>;
  load(): Promise<void>;
}

export interface CutOffState {
  /** The latest runs of all, the last one first. */
  readonly latest: readonly RunRow[];
  /** Those that their process left behind and that can be resumed, the latest first. */
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

/** The run that the deck shows, as the host has it on record; null while it is under way. */
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
