import { describe, expect, it } from 'vitest';
import { NO_COUNTS } from '../../src-shared/events';
import { changeRate, startClock } from '../../src-shared/run-clock';
import { NO_BINS } from '../callbacks/figures';
import { createVirtualClock } from '../time/testing/virtual-clock';
import { createArrivalGate } from './arrival-gate';
import { knownRun } from './attempt';

function openGate(speed = 1) {
  const clock = createVirtualClock();
  const run = knownRun({
    runId: '1',
    speed,
    clock: startClock(0, speed),
    counts: NO_COUNTS,
    timeline: NO_BINS,
  });
  const gate = createArrivalGate(clock, run, 0);
  /** As a run does it: the clock with the gate. */
  const pause = () => {
    run.clock = changeRate(run.clock, clock.now(), 0);
    gate.pause();
  };
  const resume = () => {
    run.clock = changeRate(run.clock, clock.now(), speed);
    gate.resume();
  };
  return { clock, gate, run, pause, resume };
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

  it('lets nothing in while the clock stands still, and then at the same time of the clock', async () => {
    const { clock, gate, pause, resume } = openGate();
    clock.setAlarm(300, pause);
    const admitted = gate.admit(1000);
    await Promise.resolve();
    await clock.breathe();
    resume();
    expect(await admitted).toBe(true);
    expect(clock.now()).toBe(1000);
    expect(gate.arrivalOf(1000, clock.now())).toBe(1000);
  });

  it('lets exactly one record in for each step, at once, by a jump of the clock', async () => {
    const { clock, gate, pause, resume } = openGate();
    pause();
    const stepped = gate.step();
    expect(await gate.admit(900)).toBe(true);
    expect(clock.now()).toBe(0);
    expect(gate.arrivalOf(900, clock.now())).toBe(900);
    expect(gate.isOpenFor(null)).toBe(false);
    gate.passed();
    await stepped;
    const next = gate.admit(1400);
    resume();
    expect(await next).toBe(true);
    expect(clock.now()).toBe(500);
    expect(gate.arrivalOf(1400, clock.now())).toBe(1400);
  });

  it('says of a record that is in time that it arrives as planned, finer than the wall clock is', async () => {
    const { clock, gate } = openGate(20);
    await gate.admit(1_234);
    expect(clock.now()).toBe(62);
    expect(gate.arrivalOf(1_234, clock.now())).toBe(1_234);
    expect(gate.arrivalOf(1_239, clock.now())).toBe(1_239);
    await clock.waitUntil(100);
    expect(gate.arrivalOf(1_300, clock.now())).toBe(2_000);
    expect(gate.lateMs(1_300)).toBe(35);
  });

  it('lets nothing in once stopped, and lets go of who waits', async () => {
    const { gate, pause } = openGate();
    pause();
    const waiting = gate.admit(10);
    gate.stop();
    expect(await waiting).toBe(false);
    const step = gate.step();
    await step;
  });
});
