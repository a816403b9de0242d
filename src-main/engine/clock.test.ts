import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createSystemClock } from './clock';

const START = 1_800_000_000_000;

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

  it('goes back to sleep when the timer went off early', async () => {
    const wake = vi.fn();
    createSystemClock().setAlarm(START + 500, wake);
    // What Node does: the timer runs, and the wall clock is still a millisecond short.
    vi.setSystemTime(START - 1);
    await vi.advanceTimersByTimeAsync(500);
    expect(wake).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    expect(wake).toHaveBeenCalledOnce();
  });

  it('sleeps through delays that overflow a timer', async () => {
    const wake = vi.fn();
    const longMs = 2 ** 31 + 5;
    createSystemClock().setAlarm(START + longMs, wake);
    await vi.advanceTimersByTimeAsync(longMs - 1);
    expect(wake).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    expect(wake).toHaveBeenCalledOnce();
  });

  it('sees within a minute that the wall clock was put forward', async () => {
    const wake = vi.fn();
    createSystemClock().setAlarm(START + 3_600_000, wake);
    vi.setSystemTime(START + 3_600_000);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(wake).toHaveBeenCalledOnce();
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
