import { useShallow } from 'zustand/react/shallow';
import type { RunRow } from '../../src-shared/views';
import { useLive } from './session-context';

/** A run as it stands: of the one under way the database knows only its last batch. */
export function useRunNow<Run extends RunRow>(run: Run): Run {
  const status = useLive((state) => (state.status?.runId === run.runId ? state.status : null));
  if (status === null) return run;
  const { state, counts, endedAtMs, rate, failure, fieldMap } = status;
  return { ...run, state, counts, endedAtMs, rate, failure, fieldMap: fieldMap ?? run.fieldMap };
}

/** What of the run under way, or the last one, decides what can be done with it. */
export function useControlled() {
  return useLive(useShallow(({ status }) => status && { state: status.state, simulated: status.simulated }));
}
