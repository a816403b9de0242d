import { beforeEach, describe, expect, it } from 'vitest';
import { KEPT_SAMPLES } from '../../src-shared/operations';
import { runEvent } from '../../src-shared/testing/events';
import { createVirtualClock } from '../time/testing/virtual-clock';
import { type Figures, keepFigures } from './figures';
import { countingMetrics } from './testing/counting-metrics';

const stale = runEvent('stale');
const fired = (latenessMs: number) => runEvent('fired', { latenessMs });

describe('the figures of the last quarter of an hour', () => {
  const clock = createVirtualClock(1_000_000);
  let metrics: ReturnType<typeof countingMetrics>;
  let figures: Figures;
  let delayMs: number;
  const pass = (ms: number) => clock.waitUntil(clock.now() + ms);
  beforeEach(async () => {
    delayMs = 0;
    metrics = countingMetrics({
      clock,
      vitals: {
        read: async () => ({
          atMs: 0,
          database: { answers: false, reason: 'There is none.' },
          disk: null,
        }),
      },
    });
    figures = keepFigures({ clock, metrics, loopDelay: { takeMs: () => delayMs, close: () => undefined } });
    // The first reading, which the first sample is compared with.
    await new Promise((resolve) => setImmediate(resolve));
  });

  it('say of each second what happened in it, and what was so at its end', async () => {
    metrics.setPending(5);
    metrics.hear([stale, stale, fired(30), fired(40)]);
    await metrics.observer.around('batch', { runId: '1', records: 2, lateMs: 7 }, async () => undefined);
    delayMs = 12;
    await pass(1000);
    metrics.hear([stale]);
    await pass(1000);
    const { samples } = await figures.read(null);
    expect(samples).toMatchObject([
      {
        updates: { stale: 2, indexed: 0 },
        callbacks: { fired: 2 },
        pending: 3,
        batches: 1,
        batchRecords: 2,
        loopDelayMs: 12,
      },
      {
        updates: { stale: 1, indexed: 0 },
        callbacks: { fired: 0 },
        pending: 3,
        batches: 0,
        latenessMs: null,
      },
    ]);
    const [first, second] = samples;
    expect(first?.seconds).toBe(1);
    expect(first?.ingestLagMs).toBe(7);
    expect(first?.stepMs).toMatchObject({ total: 0, store: null });
    expect(first?.latenessMs?.p50).toBeGreaterThan(20);
    expect(first?.latenessMs?.p99).toBeLessThanOrEqual(50);
    expect(second?.residentBytes).toBeGreaterThan(0);
    figures.close();
  });

  it('are kept for a quarter of an hour, and told from a time on', async () => {
    await pass((KEPT_SAMPLES + 10) * 1000);
    const { samples, timeMs } = await figures.read(null);
    expect(samples).toHaveLength(KEPT_SAMPLES);
    expect((await figures.read(timeMs - 3000)).samples).toHaveLength(3);
    expect((await figures.read(timeMs)).samples).toEqual([]);
    figures.close();
  });

  it('have every kind of statement with its calls, the dearest first', async () => {
    const statement = (name: string, ms: number) =>
      metrics.observer.around('statement', { statement: name }, () => pass(ms));
    await statement('cheap', 2);
    await statement('dear', 300);
    await statement('dear', 100);
    const { statements } = await figures.read(null);
    expect(statements).toMatchObject([
      { statement: 'dear', calls: 2, totalMs: 400, meanMs: 200 },
      { statement: 'cheap', calls: 1, totalMs: 2, meanMs: 2 },
    ]);
    expect(statements[0]?.p99Ms).toBeGreaterThan(250);
    figures.close();
  });

  it('know the longest delay of the event loop over the last seconds', async () => {
    delayMs = 900;
    await pass(1000);
    delayMs = 3;
    await pass(5000);
    expect(figures.loopDelayMs(5)).toBe(3);
    expect(figures.loopDelayMs(6)).toBe(900);
    figures.close();
  });
});
