import { describe, expect, it } from 'vitest';
import { createVirtualClock } from './virtual-clock';

describe('the virtual clock', () => {
  it('stands still until somebody waits, and jumps then', async () => {
    const clock = createVirtualClock(100);
    expect(clock.now()).toBe(100);
    await clock.waitUntil(5_000_000_000);
    expect(clock.now()).toBe(5_000_000_000);
  });

  it('runs alarms in order of time, those of one instant in order of setting, each to its end', async () => {
    const clock = createVirtualClock();
    const log: string[] = [];
    const note = (word: string) => async () => {
      await Promise.resolve();
      log.push(`${word}@${clock.now()}`);
    };
    clock.setAlarm(20, note('c'));
    clock.setAlarm(10, note('a'));
    clock.setAlarm(10, note('b'));
    clock.setAlarm(21, note('later'));
    await clock.waitUntil(20);
    expect(log).toEqual(['a@10', 'b@10', 'c@20']);
  });

  it('runs an alarm that another one sets on its way', async () => {
    const clock = createVirtualClock();
    const seen: number[] = [];
    clock.setAlarm(10, () => {
      clock.setAlarm(15, () => {
        seen.push(clock.now());
      });
    });
    await clock.waitUntil(20);
    expect(seen).toEqual([15]);
  });

  it('never goes back for an alarm that is overdue', async () => {
    const clock = createVirtualClock(50);
    let firedAt = 0;
    clock.setAlarm(10, () => {
      firedAt = clock.now();
    });
    await clock.waitUntil(60);
    expect(firedAt).toBe(50);
  });

  it('stands still while somebody waits for a person', async () => {
    const clock = createVirtualClock();
    let fired = false;
    clock.setAlarm(10, () => {
      fired = true;
    });
    const abort = new AbortController();
    const waited = clock.waitUntil(Number.POSITIVE_INFINITY, abort.signal);
    abort.abort();
    await waited;
    expect(fired).toBe(false);
    expect(clock.now()).toBe(0);
  });

  it('refuses a second waiter', async () => {
    const clock = createVirtualClock();
    clock.setAlarm(1, () => expect(clock.waitUntil(5)).rejects.toThrow('one waiter'));
    await clock.waitUntil(2);
  });
});
