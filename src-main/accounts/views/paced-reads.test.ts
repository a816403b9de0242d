import { beforeEach, describe, expect, it } from 'vitest';
import type { Clock } from '../../time/clock';
import { createVirtualClock } from '../../time/testing/virtual-clock';
import { createPacedReads, type PacedReads } from './paced-reads';

describe('reads of whole tables', () => {
  let clock: Clock;
  let generation: number;
  let reads: PacedReads;
  let begun: number[];
  /** Takes 100 ms of virtual time, and returns how many ran before it. */
  const work = () =>
    new Promise<number>((resolve) => {
      begun.push(clock.now());
      const answer = begun.length;
      clock.setAlarm(clock.now() + 100, () => resolve(answer));
    });
  let passing: (ms: number) => Promise<void>;

  beforeEach(() => {
    const virtual = createVirtualClock();
    // Rests are alarms here, because the virtual clock has one waiter, the test.
    clock = {
      ...virtual,
      waitUntil: (at) => new Promise((resolve) => virtual.setAlarm(at, () => resolve())),
    };
    generation = 0;
    begun = [];
    reads = createPacedReads({ clock, generation: () => generation });
    passing = (ms) => virtual.waitUntil(virtual.now() + ms);
  });
  const settle = async () => {
    for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
  };
  const elapse = async (ms: number) => {
    for (let passed = 0; passed < ms; passed += 50) {
      await passing(50);
      await settle();
    }
  };

  it('are done once for all who ask while nothing changes', async () => {
    const answers = Promise.all([reads.read('a', work), reads.read('a', work)]);
    await elapse(100);
    expect(await answers).toEqual([1, 1]);
    expect(await reads.read('a', work)).toBe(1);
    expect(begun).toEqual([0]);
  });

  it('rest nine times as long as they take while something changes', async () => {
    void reads.read('a', work);
    await elapse(100);
    generation += 1;
    const second = reads.read('a', work);
    await elapse(1100);
    expect(await second).toBe(2);
    expect(begun).toEqual([0, 1000]);
  });

  it('never answer with what was out of date when they were asked', async () => {
    void reads.read('a', work);
    generation += 1;
    const asked = Promise.all([reads.read('a', work), reads.read('a', work)]);
    await elapse(1200);
    expect(await asked).toEqual([2, 2]);
  });

  it('give the last answer for nineteen times as long as they take to a caller who accepts that', async () => {
    void reads.recent('a', work);
    generation += 1;
    const during = reads.recent('a', work);
    await elapse(1950);
    expect(await during).toBe(1);
    expect(await reads.recent('a', work)).toBe(1);
    await elapse(50);
    const later = reads.recent('a', work);
    await elapse(100);
    expect(await later).toBe(2);
    expect(begun).toEqual([0, 2000]);
  });

  it('are known once they are done and until something changes', async () => {
    void reads.read('a', work);
    expect(reads.known('a')).toBeUndefined();
    await elapse(100);
    expect(reads.known('a')).toBe(1);
    generation += 1;
    expect(reads.known('a')).toBeUndefined();
  });

  it('are apart by what is asked', async () => {
    void reads.read('a', work);
    const other = reads.read('b', work);
    await elapse(100);
    expect(await other).toBe(2);
  });

  it('are tried again after a failure', async () => {
    await expect(reads.read('a', () => Promise.reject(new Error('gone')))).rejects.toThrow('gone');
    await settle();
    const again = reads.read('a', work);
    await elapse(100);
    expect(await again).toBe(1);
  });
});
