import { describe, expect, it } from 'vitest';
import { LEAST_FREE_BYTES, LONGEST_OVERDUE_MS } from '../health';
import { createInstruments } from '../instruments';
import { EVALUATE_EVERY_MS } from './alert';
import { ALERTS } from './definitions';

const thresholdOf = (name: string) => ALERTS.find((alert) => alert.name === name)?.conditions[0].threshold;

describe('the alerts', () => {
  it('begin where health does, or earlier where there is time to act', () => {
    expect(thresholdOf('IngotCallbacksOverdue')).toBe(LONGEST_OVERDUE_MS / 1000);
    expect(thresholdOf('IngotDiskAlmostFull')).toBe(2 * LEAST_FREE_BYTES);
    expect(thresholdOf('IngotDiskSpaceLow')).toBeGreaterThan(thresholdOf('IngotDiskAlmostFull') ?? 0);
  });

  it('compare quantiles with a bound of their buckets, between which nothing is known', async () => {
    const { registry } = createInstruments();
    for (const { conditions } of ALERTS) {
      for (const { figure, threshold } of conditions) {
        if (figure.kind !== 'quantile') continue;
        const metric = await registry.getSingleMetric(figure.histogram)?.get();
        expect(metric?.values.map(({ labels }) => (labels as { le?: number }).le)).toContain(threshold);
      }
    }
  });

  it('are looked at often enough to see what has to hold for a time', () => {
    for (const { forMs } of ALERTS) {
      expect(forMs).toBeGreaterThanOrEqual(EVALUATE_EVERY_MS);
      expect(forMs % EVALUATE_EVERY_MS).toBe(0);
    }
  });
});
