import { describe, expect, it } from 'vitest';
import { NO_COUNTS } from '../../src-shared/events';
import { changeRate, startClock } from '../../src-shared/run-clock';
import { NO_BINS } from '../callbacks/figures';
import { knownRun } from '../callbacks/known-run';
import { createVirtualClock } from '../time/testing/virtual-clock';
import { createPacer } from './pacer';

function openPacer(speed = 1) {
  const clock = createVirtualClock();
  const run = knownRun({
    runId: '1',
    speed,
    clock: startClock(0, speed),
    counts: NO_COUNTS,
    timeline: NO_BINS,
  });
  const pacer = createPacer(clock, run, 0);
  /** Like a run: the clock with the pacer. */
  const pause = (jumps = false) => {
    run.clock = changeRate(run.clock, clock.now(), 0);
    pacer.pause(jumps);
  };
  const resume = () => {
    run.clock = changeRate(run.clock, clock.now(), speed);
    pacer.resume();
  };
  return { clock, pacer, run, pause, resume };
}

describe('the pacer', () => {
  it('lets a record in at its instant', async () => {
    const { clock, pacer } = openPacer();
    expect(await pacer.admit(700)).toBe('record');
    expect(clock.now()).toBe(700);
  });

  it('opens only for those whose instant has come', async () => {
    const { pacer } = openPacer();
    await pacer.admit(700);
    expect(pacer.isOpenFor(700)).toBe(true);
    expect(pacer.isOpenFor(701)).toBe(false);
    expect(pacer.isOpenFor(null)).toBe(true);
  });

  it('lets nothing in while the clock stands still, and then at the same time of the clock', async () => {
    const { clock, pacer, pause, resume } = openPacer();
    clock.setAlarm(300, pause);
    const admitted = pacer.admit(1000);
    await Promise.resolve();
    await clock.breathe();
    resume();
    expect(await admitted).toBe('record');
    expect(clock.now()).toBe(1000);
    expect(pacer.arrivalOf(1000, clock.now())).toBe(1000);
  });

  it('lets records in at once where it jumps while paused, but none beyond its limit', async () => {
    const { clock, pacer, run, pause, resume } = openPacer();
    pause(true);
    expect(await pacer.admit(900)).toBe('record');
    expect(clock.now()).toBe(0);
    expect(pacer.arrivalOf(900, clock.now())).toBe(900);
    run.clock = changeRate(run.clock, clock.now(), 0, 900);
    expect(pacer.isOpenFor(1400)).toBe(true);
    run.stopsAt = 1399;
    expect(pacer.isOpenFor(1400)).toBe(false);
    expect(await pacer.admit(1400)).toBe('limit');
    run.stopsAt = null;
    pause();
    expect(pacer.isOpenFor(null)).toBe(false);
    const next = pacer.admit(1400);
    resume();
    expect(await next).toBe('record');
    expect(clock.now()).toBe(500);
    expect(pacer.arrivalOf(1400, clock.now())).toBe(1400);
  });

  it('says of a record that is in time that it arrives as planned, finer than the wall clock is', async () => {
    const { clock, pacer } = openPacer(20);
    await pacer.admit(1_234);
    expect(clock.now()).toBe(62);
    expect(pacer.arrivalOf(1_234, clock.now())).toBe(1_234);
    expect(pacer.arrivalOf(1_239, clock.now())).toBe(1_239);
    await clock.waitUntil(100);
    expect(pacer.arrivalOf(1_300, clock.now())).toBe(2_000);
    expect(pacer.lateMs(1_300)).toBe(35);
  });

  it('lets a late record still arrive by the time at which the run is to stop', async () => {
    const { clock, pacer, run } = openPacer();
    run.stopsAt = 1_000;
    await clock.waitUntil(1_200);
    expect(pacer.isOpenFor(900)).toBe(true);
    expect(pacer.arrivalOf(900, clock.now())).toBe(1_000);
    expect(pacer.isOpenFor(1_001)).toBe(false);
  });

  it('lets nothing in once stopped', async () => {
    const { pacer, pause } = openPacer();
    pause();
    const waiting = pacer.admit(10);
    pacer.stop();
    expect(await waiting).toBe('stopped');
  });
});
