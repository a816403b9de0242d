import type { CheckHealth } from '../../observability/health';
import type { Metrics } from '../../observability/metrics';

/** Served by GET without a cookie, for a scraper or a watchdog. */
export const OPERATIONS_PATHS = ['/metrics', '/healthz', '/readyz'] as const;
export type OperationsPath = (typeof OPERATIONS_PATHS)[number];

export const isOperationsPath = (path: string): path is OperationsPath =>
  OPERATIONS_PATHS.some((known) => known === path);

export interface Answering {
  readonly metrics: Pick<Metrics, 'expose' | 'contentType'>;
  readonly checkHealth: CheckHealth;
}

export interface EndpointAnswer {
  readonly status: 200 | 503;
  readonly contentType: string;
  readonly body: string;
}

/**
 * - `/metrics`: all metrics, in the text format of Prometheus;
 * - `/healthz`: whether the program is alive: it answers whenever its event loop runs;
 * - `/readyz`: whether it is ready for work, 200 or 503, with every check and its reason.
 */
export async function answerOperations(
  path: OperationsPath,
  { metrics, checkHealth }: Answering,
): Promise<EndpointAnswer> {
  switch (path) {
    case '/metrics':
      return { status: 200, contentType: metrics.contentType, body: await metrics.expose() };
    case '/healthz':
      return { status: 200, contentType: JSON_TYPE, body: toLine({ status: 'alive' }) };
    case '/readyz': {
      const health = await checkHealth();
      const status = health.status === 'ready' ? 200 : 503;
      return { status, contentType: JSON_TYPE, body: toLine(health) };
    }
  }
}

const JSON_TYPE = 'application/json; charset=utf-8';

const toLine = (value: unknown) => `${JSON.stringify(value)}\n`;
