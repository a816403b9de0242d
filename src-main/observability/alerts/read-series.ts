import type { Registry } from 'prom-client';
import type { Reading } from './series-store';

/** A histogram is one metric of a registry, and three of a scrape. */
const PART_OF_HISTOGRAM = /_(?:bucket|sum|count)$/;

/** The series of these metrics as a scrape of the registry would have them. A metric that is not there has none. */
export async function readSeries(
  registry: Registry,
  metrics: readonly string[],
): Promise<readonly Reading[]> {
  const readings = await Promise.all(
    metrics.map(async (metric) => {
      const found =
        registry.getSingleMetric(metric) ?? registry.getSingleMetric(metric.replace(PART_OF_HISTOGRAM, ''));
      const { values } = (await found?.get()) ?? { values: [] };
      return values
        .filter((value) => nameOf(value, metric) === metric)
        .map(({ labels, value }): Reading => ({ metric, labels: textsOf(labels), value }));
    }),
  );
  return readings.flat();
}

/** Only parts of histograms have a name of their own. */
function nameOf(value: object, metric: string): string {
  return 'metricName' in value && typeof value.metricName === 'string' ? value.metricName : metric;
}

function textsOf(labels: Partial<Record<string, string | number>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(labels).map(([name, value]) => [name, String(value)]));
}
