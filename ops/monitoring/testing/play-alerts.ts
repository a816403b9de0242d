import { stringify } from 'yaml';
import type { AlertDefinition } from '../../../src-main/observability/alerts/alert';
import { createEvaluator } from '../../../src-main/observability/alerts/evaluator';
import { renderRules } from '../rules';
import { runPromtoolOn } from './promtool';
import { type InputSeries, readingsOf } from './series-notation';

/** What is pending and what fires at one instant, as `name state`, in order. */
export type Standing = readonly string[];

/** What the app's evaluator says at each instant of one instance's series. */
export function playInApp(
  alerts: readonly AlertDefinition[],
  series: readonly InputSeries[],
  everyMs: number,
): readonly Standing[] {
  const evaluator = createEvaluator(alerts);
  return readingsOf(series).map((readings, instant) => {
    evaluator.evaluate(instant * everyMs, readings);
    return evaluator
      .statuses()
      .filter(({ state: { phase } }) => phase === 'pending' || phase === 'firing')
      .map(({ name, state: { phase } }) => `${name} ${phase}`)
      .sort();
  });
}

/** Where Prometheus sees it otherwise than `standings` say: what promtool says to it, or nothing. */
export function findDisagreement(
  alerts: readonly AlertDefinition[],
  series: readonly InputSeries[],
  everyMs: number,
  standings: readonly Standing[],
): string {
  const severities = new Map<string, string>(alerts.map(({ name, severity }) => [name, severity]));
  const test = {
    rule_files: ['alerts.yml'],
    evaluation_interval: `${everyMs}ms`,
    tests: [
      {
        interval: `${everyMs}ms`,
        input_series: series,
        promql_expr_test: standings.map((standing, instant) => ({
          expr: 'ALERTS',
          eval_time: `${instant * everyMs}ms`,
          exp_samples: standing.map((text) => {
            const [name = '', state] = text.split(' ');
            const labels = `alertname="${name}",alertstate="${state}",severity="${severities.get(name)}"`;
            return { labels: `ALERTS{${labels},job="ingot",instance="one"}`, value: 1 };
          }),
        })),
      },
    ],
  };
  const files = { 'alerts.yml': renderRules(alerts), 'test.yml': stringify(test) };
  const { ok, said } = runPromtoolOn(files, ['test', 'rules', 'test.yml']);
  return ok ? '' : said;
}
