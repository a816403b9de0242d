import { describe, expect, it } from 'vitest';
import { createSystemClock } from '../../time/clock';
import { createInstruments } from '../instruments';
import { createMetrics } from '../metrics';
import { readExposition } from '../testing/read-exposition';
import { metricsOf } from './alert';
import { ALERTS } from './definitions';
import { readSeries } from './read-series';

const watched = metricsOf(ALERTS.filter(({ seenBy }) => seenBy !== 'prometheus'));

describe('what the alerts read', () => {
  it('is what a scrape of the same moment has of these metrics', async () => {
    const metrics = createMetrics({
      clock: createSystemClock(),
      vitals: {
        read: async () => ({
          atMs: 0,
          database: { answers: true, afterMs: 1, schemaVersion: 3, earliestDueMs: null },
          disk: { freeBytes: 1000, sizeBytes: 2000 },
        }),
      },
      isHeld: () => false,
      build: { version: '1.2.3', shell: 'web' },
    });
    await metrics.observer.around('statement', { statement: 'one' }, async () => undefined);
    metrics.noteLoopDelay(40);
    const scraped = readExposition(await metrics.expose());
    const read = await readSeries(metrics.instruments.registry, watched);
    const lineOf = (metric: string, labels: Readonly<Record<string, string>>, value: number) =>
      `${metric} ${JSON.stringify(Object.entries(labels).sort())} ${value}`;
    expect(read.map(({ metric, labels, value }) => lineOf(metric, labels, value)).sort()).toEqual(
      scraped
        .filter(({ name }) => watched.includes(name))
        .map(({ name, labels, value }) => lineOf(name, labels, value))
        .sort(),
    );
    expect([...new Set(read.map(({ metric }) => metric))].sort()).toEqual([...watched].sort());
  });

  it('has nothing of a metric that is not there', async () => {
    expect(await readSeries(createInstruments().registry, ['ingot_nothing_total'])).toEqual([]);
  });
});
