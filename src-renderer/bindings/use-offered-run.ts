import { useStore } from 'zustand';
import type { RunRow } from '../../src-shared/views';
import { endedRun, offeredRun } from '../stores/cut-off';
import { useLive, useModel } from './window-context';

/** The run that the window offers to resume, if any. */
export function useOfferedRun(): RunRow | null {
  const status = useLive((state) => state.status);
  return useStore(useModel().cutOff.store, (state) => offeredRun(state, status));
}

/** The ended run that the deck shows, with why it cannot be repeated or resumed. */
export function useEndedRun(): RunRow | null {
  const status = useLive((state) => state.status);
  return useStore(useModel().cutOff.store, (state) => endedRun(state, status));
}
