import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createSystemClock, type TimeSources } from './clock';

const START = 1_800_000_000_000;

/** Sources that a test moves. */
function fakeSources() {
  const steady = { ms: 0 };
  const uptime = { ms: 0 };
  const sources: TimeSources = {
    wallMs: () => START,
    steadyMs: () => steady.ms,
    uptimeMs: () => uptime.ms,
  };
  return { sources, steady, uptime };
}

describe('the system clock', () => {
  beforeEach(() => {
    vi.useFakeTimers();
    vi.setSystemTime(START);
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('wakes at the instant asked for, not a millisecond before', async () => {
    const wake = vi.fn();
    createSystemClock().setAlarm(START + 500, wake);
    await vi.advanceTimersByTimeAsync(499);
    expect(wake).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    expect(wake).toHaveBeenCalledOnce();
  });

  it('has a stopwatch that shows the same in every thread', () => {
    vi.useRealTimers();
    const { monotonicMs } = createSystemClock();
    // Unlike `performance.now`, which starts at 0 in each thread.
    const threadsShareMs = () => Number(process.hrtime.bigint()) / 1e6;
    const beforeMs = threadsShareMs();
    const shownMs = monotonicMs();
    expect(shownMs).toBeGreaterThanOrEqual(beforeMs);
    expect(shownMs).toBeLessThanOrEqual(threadsShareMs());
  });

  it('goes back to sleep when the timer went off early', async () => {
    const { sources, steady } = fakeSources();
    const wake = vi.fn();
    createSystemClock(sources).setAlarm(START + 500, wake);
    // As in Node: the timer fires while the clock is a fraction of a millisecond short.
    steady.ms += 499.5;
    await vi.advanceTimersByTimeAsync(500);
    expect(wake).not.toHaveBeenCalled();
    steady.ms += 0.5;
    await vi.advanceTimersByTimeAsync(1);
    expect(wake).toHaveBeenCalledOnce();
  });

  it('sleeps through delays that overflow a timer', async () => {
    const { sources, steady } = fakeSources();
    const wake = vi.fn();
    const longMs = 2 ** 31 + 5;
    createSystemClock(sources).setAlarm(START + longMs, wake);
    await vi.advanceTimersByTimeAsync(60_000);
    steady.ms += longMs - 1;
    await vi.advanceTimersByTimeAsync(60_000);
    expect(wake).not.toHaveBeenCalled();
    steady.ms += 1;
    await vi.advanceTimersByTimeAsync(5_000);
    expect(wake).toHaveBeenCalledOnce();
  });

  it('is not hastened when the wall clock is put forward', async () => {
    const wake = vi.fn();
    const clock = createSystemClock();
    clock.setAlarm(START + 3_600_000, wake);
    vi.setSystemTime(START + 86_400_000);
    await vi.advanceTimersByTimeAsync(3_599_999);
    expect(wake).not.toHaveBeenCalled();
    expect(clock.now()).toBe(START + 3_599_999);
    await vi.advanceTimersByTimeAsync(1);
    expect(wake).toHaveBeenCalledOnce();
  });

  it('is not delayed when the wall clock is put back', async () => {
    const wake = vi.fn();
    createSystemClock().setAlarm(START + 60_000, wake);
    vi.setSystemTime(START - 86_400_000);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(wake).toHaveBeenCalledOnce();
  });

  it('counts what the machine slept, and wakes for it within seconds', async () => {
    const { sources, steady, uptime } = fakeSources();
    const wake = vi.fn();
    const clock = createSystemClock(sources);
    clock.setAlarm(START + 3_600_000, wake);
    steady.ms += 1_000;
    // Asleep for two hours: the steady clock and the timers stand still.
    uptime.ms += 1_000 + 7_200_000;
    await vi.advanceTimersByTimeAsync(5_000);
    expect(wake).toHaveBeenCalledOnce();
    expect(clock.now()).toBe(START + 1_000 + 7_200_000);
  });

  it('takes no coarseness of its sources for sleep, and never goes back', () => {
    const { sources, steady, uptime } = fakeSources();
    const clock = createSystemClock(sources);
    let before = clock.now();
    for (let step = 1; step <= 500; step += 1) {
      steady.ms = step * 130.5;
      uptime.ms = Math.floor(steady.ms / 10) * 10 + (step % 3) * 300;
      expect(clock.now()).toBe(START + Math.floor(steady.ms));
      expect(clock.now()).toBeGreaterThanOrEqual(before);
      before = clock.now();
    }
  });

  it('does not wake once cleared', async () => {
    const wake = vi.fn();
    createSystemClock()
      .setAlarm(START + 100, wake)
      .clear();
    await vi.advanceTimersByTimeAsync(1000);
    expect(wake).not.toHaveBeenCalled();
    expect(vi.getTimerCount()).toBe(0);
  });

  it('ends a wait at once when it is aborted, and leaves no timer behind', async () => {
    const abort = new AbortController();
    const waited = createSystemClock().waitUntil(START + 1_000_000, abort.signal);
    abort.abort();
    await waited;
    expect(vi.getTimerCount()).toBe(0);
  });

  it('does not wait for an instant that has passed', async () => {
    await createSystemClock().waitUntil(START - 1);
    expect(vi.getTimerCount()).toBe(0);
  });
});
