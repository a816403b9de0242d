import { describe, expect, it } from 'vitest';
import { whyItDoesNotHold } from './find-rate';
import type { LoadResult } from './run-load';
import { type BacklogSample, summarizeBacklog } from './watch';

const percentiles = { count: 1_000, p50: 10, p90: 20, p99: 30, p999: 40, max: 50 };
const held: LoadResult = {
  shell: 'cli',
  updates: 1_001,
  rateAsked: 1_000,
  rateReached: 995,
  lateAtEndMs: 5,
  answerMs: percentiles,
  latenessMs: percentiles,
  firedHeardMs: percentiles,
  backlog: { most: 50, grownBy: 1, growth: 0.001 },
  events: { heard: 2_000, leftOut: 0 },
  callbacks: { fired: 500, cancelled: 500 },
  memory: { residentPeak: 0, residentEnd: 0, heapPeak: 0, heapEnd: 0, generatorResidentPeak: 0 },
  storedRead: true,
  monitored: null,
  breaches: [],
};

describe('a rate', () => {
  it('holds if it is reached, answers are in time and the backlog stays', () => {
    expect(whyItDoesNotHold(held, 30)).toEqual([]);
  });

  it.each([
    ['less than 99 % is reached', { rateReached: 989, lateAtEndMs: 31 }, 'reached 98.9 %'],
    ['p99 is above the bound', { answerMs: { ...percentiles, p99: 31 } }, 'p99 is above 30 ms'],
    [
      'the backlog grows',
      { backlog: { most: 250, grownBy: 200, growth: 0.02 } },
      'the backlog grows by 2.0 %',
    ],
  ])('does not hold if %s', (_, changes, reason) => {
    expect(whyItDoesNotHold({ ...held, ...changes }, 30)).toEqual([reason]);
  });

  it('holds if no more is missing than what is answered within the bound after the end', () => {
    expect(whyItDoesNotHold({ ...held, rateReached: 989, lateAtEndMs: 30 }, 30)).toEqual([]);
  });

  it('holds with a few updates more in the backlog, however slow it is', () => {
    const slow = {
      ...held,
      rateAsked: 100,
      rateReached: 100,
      backlog: { most: 5, grownBy: 5, growth: 0.02 },
    };
    expect(whyItDoesNotHold(slow, 200)).toEqual([]);
    expect(whyItDoesNotHold(slow, 199)).toEqual(['the backlog grows by 2.0 %']);
  });
});

/** A sample each 10 ms of ten seconds at 1,000 updates a second. */
const sample = (waiting: (atMs: number) => number): BacklogSample[] =>
  Array.from({ length: 1_000 }, (_, index) => ({ atMs: index * 10, waiting: waiting(index * 10) }));
const schedule = { durationMs: 10_000, perSecond: 1_000 };

describe('the backlog', () => {
  it('does not grow where it goes up and down', () => {
    expect(
      summarizeBacklog(
        sample((atMs) => (atMs % 200) / 10),
        schedule,
      ),
    ).toEqual({ most: 19, grownBy: 0, growth: 0 });
  });

  it('grows by what is asked beyond what is done', () => {
    // One update in ten is not handled.
    const { growth } = summarizeBacklog(
      sample((atMs) => atMs * 0.1),
      schedule,
    );
    expect(growth).toBeCloseTo(0.1);
  });

  it('is forgiven what it has at the beginning', () => {
    const { most, growth } = summarizeBacklog(
      sample((atMs) => (atMs < 2_400 ? 800 : 5)),
      schedule,
    );
    expect({ most, growth }).toEqual({ most: 800, growth: 0 });
  });
});
