import { createStore, type StoreApi } from 'zustand/vanilla';
import type { RunStatus } from '../../src-shared/events';
import type { RunRow } from '../../src-shared/views';
import type { Client } from '../transport/client';
import { isActive } from './progress';

/** Runs that did not come to their end, and which of them is offered to go on. */
export interface CutOff {
  readonly store: StoreApi<CutOffState>;
  load(): Promise<void>;
}

export interface CutOffState {
  /** The latest run of all, if it can be resumed. */
  readonly last: RunRow | null;
  /** Those that their process left behind and that can be resumed, the latest first. */
  readonly interrupted: readonly RunRow[];
}

/** Older ones are in the list of runs. */
const LOOKED_AT = 20;

export function createCutOff(client: Pick<Client, 'call'>): CutOff {
  const store = createStore<CutOffState>(() => ({ last: null, interrupted: [] }));
  return {
    store,
    async load() {
      const { rows } = await client.call('runs.page', {
        window: { from: { edge: 'start' }, limit: LOOKED_AT },
      });
      const [latest] = rows;
      store.setState({
        last: latest?.resumable === true ? latest : null,
        interrupted: rows.filter(({ state, resumable }) => state === 'interrupted' && resumable),
      });
    },
  };
}

/** The run that the deck's button takes up again: the one it shows, or, before any, the latest there is. */
export function offeredRun(
  { last }: CutOffState,
  status: Pick<RunStatus, 'runId' | 'state'> | null,
): RunRow | null {
  if (last === null || (status !== null && isActive(status.state))) return null;
  return status === null || status.runId === last.runId ? last : null;
}
