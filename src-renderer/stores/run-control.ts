import { createStore, type StoreApi } from 'zustand/vanilla';
import type { RunStatus } from '../../src-shared/events';
import { type RunAction, whyNot, whyNotOn } from '../../src-shared/run-actions';
import { needsRecord, type RunGoal } from '../../src-shared/run-goal';
import type { Client } from '../transport/client';

/** Another run is begun in the preview. */
type ControlAction = Exclude<RunAction, 'again' | 'step'>;

export interface RunControl {
  resumeEnded(runId: string): Promise<boolean>;
  /** The action that is not answered yet. */
  readonly busy: StoreApi<{ readonly action: ControlAction | null }>;
  /**
   * Does nothing if the action is not possible. One action may wait for the answer to another: the state that allows it may be
   * shown before that answer.
   */
  act(action: ControlAction, status: () => RunStatus | null): Promise<void>;
  /** A step may take long: it keeps no action waiting, and another goal replaces it. */
  step(goal: RunGoal, status: () => RunStatus | null): Promise<void>;
}

/** Offered while a run in real time is active. */
export const SPEEDS = [0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000];

/** The next faster or slower one of those offered; null at the end. */
export function nextSpeed(speed: number, by: 1 | -1): number | null {
  const further = SPEEDS.filter((offered) => (offered - speed) * by > 0);
  return (by === 1 ? further[0] : further.at(-1)) ?? null;
}

export function createRunControl(client: Client, failed: (error: unknown) => void): RunControl {
  const busy = createStore<{ action: ControlAction | null }>(() => ({ action: null }));
  let answered: Promise<unknown> = Promise.resolve();
  /** The waiting action. */
  let next: ControlAction | 'step' | null = null;
  /** The step that is not answered yet, and how many records were in before it. */
  let inHand: { readonly goal: RunGoal; readonly records: number } | null = null;
  /** Not once the records are in: they may be shown before the answer. */
  const isOnItsWay = (run: RunStatus | null) =>
    inHand?.goal.kind === 'record' && (run?.counts.records ?? 0) <= (inHand.goal.record ?? inHand.records);
  /** Whether it may be asked for, at once or after the answer to another action. Not if it is under way, or one waits already. */
  const turnOf = (action: ControlAction | 'step'): boolean | Promise<true> => {
    const { action: asked } = busy.getState();
    if (asked === null) return true;
    if (asked === action || next !== null) return false;
    next = action;
    return answered.then(() => {
      next = null;
      return true;
    });
  };
  return {
    busy,
    async resumeEnded(runId) {
      if (busy.getState().action !== null) return false;
      busy.setState({ action: 'resume' });
      const resumed = client
        .call('runs.resume', { runId })
        .then(
          () => true,
          (error: unknown) => {
            failed(error);
            return false;
          },
        )
        .finally(() => busy.setState({ action: null }));
      answered = resumed;
      return resumed;
    },
    async act(action, status) {
      const turn = turnOf(action);
      if (turn !== true && !(await turn)) return;
      const run = status();
      if (run === null || whyNot(action, run) !== null) return;
      busy.setState({ action });
      answered = (async () => {
        try {
          await client.call(`run.${action}`, {});
        } catch (error) {
          failed(error);
        } finally {
          busy.setState({ action: null });
        }
      })();
      await answered;
    },
    async step(goal, status) {
      if (goal.kind === 'record' && isOnItsWay(status())) return;
      const turn = turnOf('step');
      if (turn !== true && !(await turn)) return;
      const run = status();
      if ((needsRecord(goal) ? whyNot('step', run) : whyNotOn(run)) !== null) return;
      const mine = { goal, records: run?.counts.records ?? 0 };
      inHand = mine;
      await client.call('run.step', { to: goal }).catch(failed);
      if (inHand === mine) inHand = null;
    },
  };
}
