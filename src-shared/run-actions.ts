import type { RunStatus } from './events';
import type { RunState } from './update';

export type RunAction = 'pause' | 'resume' | 'step' | 'stop' | 'again';

const ACTIVE: ReadonlySet<RunState> = new Set(['running', 'paused', 'draining']);
export const isActive = (state: RunState): boolean => ACTIVE.has(state);

/** Shown on disabled buttons. */
export const RUN_UNDER_WAY = 'A run is under way: stop it first';

/** The fields that decide what can be done with a run. */
export type ControlledRun = Pick<RunStatus, 'state' | 'simulated' | 'sourceEnded'>;

/**
 * Why the action is not possible, for a person; null if it is. Pure, so that buttons, keys, the palette and the desktop menu
 * always agree.
 */
export function whyNot(action: RunAction, run: ControlledRun | null): string | null {
  if (run === null) return NO_RUN;
  const { state, sourceEnded } = run;
  const active = isActive(state);
  switch (action) {
    case 'again':
      return active ? RUN_UNDER_WAY : null;
    case 'stop':
      return active ? null : ENDED;
    case 'pause':
      if (!active) return ENDED;
      return state === 'paused' ? 'The run is paused' : null;
    case 'resume':
      if (!active) return ENDED;
      return state === 'paused' ? null : 'Pause the run first';
    case 'step':
      if (!active) return ENDED;
      return sourceEnded ? 'All records are in: the run waits for its callbacks' : null;
  }
}

/** Why the run cannot go on to its next callback or to a time, for a person; null if it can. */
export function whyNotOn(run: ControlledRun | null): string | null {
  if (run === null) return NO_RUN;
  return isActive(run.state) ? null : ENDED;
}

/** Why the speed of the run cannot be changed, for a person; null if it can. */
export function whyNoSpeed(run: ControlledRun | null): string | null {
  if (run === null) return NO_RUN;
  if (!isActive(run.state)) return ENDED;
  return run.simulated ? 'A run on a virtual clock has no speed' : null;
}

const NO_RUN = 'There is no run yet';
const ENDED = 'The run has ended';
