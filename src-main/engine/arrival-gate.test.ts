import { describe, expect, it } from 'vitest';
import { createArrivalGate } from './arrival-gate';
import { createRunClock } from './run-clock';
import { createVirtualClock } from './virtual-clock';

function openGate() {
  const clock = createVirtualClock();
  return { clock, gate: createArrivalGate(clock, createRunClock(0, 1)) };
}

describe('the arrival gate', () => {
  it('lets a record in at its instant', async () => {
    const { clock, gate } = openGate();
    expect(await gate.admit(700)).toBe(true);
    expect(clock.now()).toBe(700);
  });

  it('opens only for those whose instant has come', async () => {
    const { gate } = openGate();
    await gate.admit(700);
    expect(gate.isOpenFor(700)).toBe(true);
    expect(gate.isOpenFor(701)).toBe(false);
    expect(gate.isOpenFor(null)).toBe(true);
  });

  it('goes on with the wait that was left when it was paused', async () => {
    const { clock, gate } = openGate();
    clock.setAlarm(300, () => gate.pause());
    const admitted = gate.admit(1000);
    // In virtual time a pause lasts until a hand ends it: nothing else can wait meanwhile.
    await Promise.resolve();
    await clock.breathe();
    gate.resume();
    expect(await admitted).toBe(true);
    expect(clock.now()).toBe(1000);
  });

  it('lets exactly one record in for each step, at once', async () => {
    const { clock, gate } = openGate();
    gate.pause();
    const stepped = gate.step();
    expect(await gate.admit(900)).toBe(true);
    expect(clock.now()).toBe(0);
    expect(gate.isOpenFor(null)).toBe(false);
    gate.passed();
    await stepped;
    const next = gate.admit(1400);
    gate.resume();
    expect(await next).toBe(true);
    expect(clock.now()).toBe(500);
  });

  it('lets nothing in once stopped, and lets go of who waits', async () => {
    const { gate } = openGate();
    gate.pause();
    const waiting = gate.admit(10);
    gate.stop();
    expect(await waiting).toBe(false);
    const step = gate.step();
    await step;
  });
});
