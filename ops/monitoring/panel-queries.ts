import type { PanelSpec } from './panel-spec';

/** The instances that are chosen at the top of the dashboard. */
export const AT = 'job=~"$job",instance=~"$instance"';
export const of = (metric: string, labels = '') => `${metric}{${AT}${labels && `,${labels}`}}`;
export const rate = (metric: string, by: string, labels = '') =>
  `sum by (${by}) (rate(${of(metric, labels)}[$__rate_interval]))`;
export const quantile = (q: number, histogram: string, by = '', labels = '') =>
  `histogram_quantile(${q}, sum by (${['le', by].filter(Boolean).join(', ')}) (rate(${of(`${histogram}_bucket`, labels)}[$__rate_interval])))`;
export const mean = (histogram: string, by: string) =>
  `${rate(`${histogram}_sum`, by)} / ${rate(`${histogram}_count`, by)}`;
export const quantiles = (histogram: string): PanelSpec['queries'] => [
  [quantile(0.5, histogram), 'median'],
  [quantile(0.99, histogram), '99 of 100'],
];
