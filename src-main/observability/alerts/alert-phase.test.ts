import { describe, expect, it } from 'vitest';
import type { AlertPhase } from '../../../src-shared/alerts';
import { stepAlert } from './alert-phase';

/** Looked at once a second, from 0. */
function play(forMs: number, looks: readonly boolean[]): readonly AlertPhase[] {
  let phase: AlertPhase = { phase: 'inactive' };
  return looks.map((holds, second) => {
    phase = stepAlert(phase, holds, second * 1000, forMs);
    return phase;
  });
}
const names = (phases: readonly AlertPhase[]) => phases.map(({ phase }) => phase);

describe('an alert', () => {
  it('is pending until its condition has held for long enough, then fires, and stays so', () => {
    expect(play(2000, [false, true, true, true, true])).toEqual([
      { phase: 'inactive' },
      { phase: 'pending', sinceMs: 1000 },
      { phase: 'pending', sinceMs: 1000 },
      { phase: 'firing', sinceMs: 1000, firedAtMs: 3000 },
      { phase: 'firing', sinceMs: 1000, firedAtMs: 3000 },
    ]);
  });

  it('begins to wait anew when its condition ceases to hold for one look', () => {
    expect(names(play(2000, [true, true, false, true, true, true]))).toEqual([
      'pending',
      'pending',
      'inactive',
      'pending',
      'pending',
      'firing',
    ]);
  });

  it('fires at once when it need not have held for any time', () => {
    expect(play(0, [true])).toEqual([{ phase: 'firing', sinceMs: 0, firedAtMs: 0 }]);
  });

  it('is resolved at the first look without its condition, remembers when, and can fire again', () => {
    const phases = play(1000, [true, true, false, false, true, true]);
    expect(names(phases)).toEqual(['pending', 'firing', 'resolved', 'resolved', 'pending', 'firing']);
    expect(phases[3]).toEqual({ phase: 'resolved', firedAtMs: 1000, resolvedAtMs: 2000 });
    expect(phases[5]).toEqual({ phase: 'firing', sinceMs: 4000, firedAtMs: 5000 });
  });
});
