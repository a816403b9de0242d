import { useShallow } from 'zustand/react/shallow';
import { isActive, RUN_UNDER_WAY } from '../../src-shared/run-actions';
import type { RunRow } from '../../src-shared/views';
import { useLive, useReadOnly } from './window-context';

/**
 * A run with its latest figures. The database has only the last batch of an active run; for an ended run it is newer than the
 * last status, because callbacks still fire.
 */
export function useRunNow<Run extends RunRow>(run: Run): Run {
  const status = useLive((state) => (state.status?.runId === run.runId ? state.status : null));
  if (status === null || !(isActive(status.state) || isActive(run.state))) return run;
  const { state, counts, endedAtMs, awayMs, rate, failure, fieldMap } = status;
  return { ...run, state, counts, endedAtMs, awayMs, rate, failure, fieldMap: fieldMap ?? run.fieldMap };
}

/** The fields of the current or last run that decide what can be done with it. */
export function useControlled() {
  return useLive(
    useShallow(
      ({ status }) =>
        status && { state: status.state, simulated: status.simulated, sourceEnded: status.sourceEnded },
    ),
  );
}

/** Why no run can be started and the content cannot be replaced; null if both can. */
export function useBlocked(): string | null {
  const readOnly = useReadOnly();
  const underWay = useLive(({ status }) => status !== null && isActive(status.state));
  return readOnly ?? (underWay ? RUN_UNDER_WAY : null);
}
