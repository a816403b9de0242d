import { useShallow } from 'zustand/react/shallow';
import { isActive, RUN_UNDER_WAY } from '../../src-shared/run-actions';
import type { RunRow } from '../../src-shared/views';
import { useLive, useReadOnly } from './session-context';

/**
 * A run as it stands: of the one under way the database knows only its last batch. What it says of a run that has ended is
 * later than the last status, since callbacks still fire after its end.
 */
export function useRunNow<Run extends RunRow>(run: Run): Run {
  const status = useLive((state) => (state.status?.runId === run.runId ? state.status : null));
  if (status === null || !(isActive(status.state) || isActive(run.state))) return run;
  const { state, counts, endedAtMs, rate, failure, fieldMap } = status;
  return { ...run, state, counts, endedAtMs, rate, failure, fieldMap: fieldMap ?? run.fieldMap };
}

/** What of the run under way, or the last one, decides what can be done with it. */
export function useControlled() {
  return useLive(
    useShallow(
      ({ status }) =>
        status && { state: status.state, simulated: status.simulated, sourceEnded: status.sourceEnded },
    ),
  );
}

/** Why no run can be started and the content not be replaced now; null if it can. */
export function useBlocked(): string | null {
  const readOnly = useReadOnly();
  const underWay = useLive(({ status }) => status !== null && isActive(status.state));
  return readOnly ?? (underWay ? RUN_UNDER_WAY : null);
}
