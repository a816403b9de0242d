import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { EVALUATE_EVERY_MS, metricsOf, scaleAlert } from '../../src-main/observability/alerts/alert';
import { ALERTS } from '../../src-main/observability/alerts/definitions';
import { createEvaluator } from '../../src-main/observability/alerts/evaluator';
import { arbitrarySeries } from './testing/arbitrary-series';
import { findDisagreement, playInApp } from './testing/play-alerts';
import { NO_PROMETHEUS, programs } from './testing/promtool';
import { type InputSeries, parseSeries, readingsOf } from './testing/series-notation';

const inApp = ALERTS.filter(({ seenBy }) => seenBy !== 'prometheus');

interface RuleTest {
  readonly name: string;
  readonly input_series: readonly InputSeries[];
  readonly alert_rule_test: readonly {
    readonly alertname: string;
    readonly eval_time: string;
    readonly exp_alerts: readonly { readonly exp_labels: { readonly instance: string } }[];
  }[];
}
const { tests } = parse(readFileSync(join(import.meta.dirname, '../alerts.test.yml'), 'utf8')) as {
  tests: readonly RuleTest[];
};

/** `2m15s` as the number of the reading. */
function instantOf(time: string): number {
  const [, minutes = '0', seconds = '0'] = /^(?:(\d+)m)?(?:(\d+)s)?$/.exec(time) ?? [];
  return ((Number(minutes) * 60 + Number(seconds)) * 1000) / EVALUATE_EVERY_MS;
}

describe('the app and Prometheus', () => {
  const caught = new Set<string>();

  it.each(tests)('decide alike about $name', ({ input_series, alert_rule_test }) => {
    const instances = [...new Set(input_series.map(({ series }) => parseSeries(series).labels.instance))];
    for (const instance of instances) {
      const evaluator = createEvaluator(ALERTS);
      const own = input_series.filter(({ series }) => parseSeries(series).labels.instance === instance);
      readingsOf(own).forEach((readings, instant) => {
        evaluator.evaluate(instant * EVALUATE_EVERY_MS, readings);
        for (const { alertname, eval_time, exp_alerts } of alert_rule_test) {
          if (instantOf(eval_time) !== instant) continue;
          const status = evaluator.statuses().find(({ name }) => name === alertname);
          const should = exp_alerts.some(({ exp_labels }) => exp_labels.instance === instance);
          expect(
            { alertname, eval_time, instance, fires: status?.state.phase === 'firing' },
            JSON.stringify(status),
          ).toEqual({ alertname, eval_time, instance, fires: should });
          if (should) caught.add(alertname);
        }
      });
    }
  });

  it('have every alert among those that fire and resolve', () => {
    expect([...caught].sort()).toEqual(ALERTS.map(({ name }) => name).sort());
    const checks = tests.flatMap(({ alert_rule_test }) => alert_rule_test);
    for (const { name } of ALERTS) {
      const of = checks.filter(({ alertname }) => alertname === name);
      const fires = of.map(({ exp_alerts }) => exp_alerts.length > 0);
      expect({ name, fires }).toEqual({ name, fires: [false, true, false] });
    }
  });

  it('are played every metric that an alert looks at', () => {
    const [series = []] = fc.sample(arbitrarySeries, 1);
    const played = new Set(series.map((one) => parseSeries(one.series).metric));
    expect(metricsOf(inApp).filter((metric) => !played.has(metric))).toEqual([]);
  });

  it.skipIf(!programs)(
    `see the same alerts pending and firing at every instant of any series${NO_PROMETHEUS}`,
    () => {
      // So that no reading lies at the very beginning of a window: Prometheus 3 leaves that one out, 2 does not.
      const alerts = inApp.map((alert) => scaleAlert(alert, 0.98));
      let fired = 0;
      fc.assert(
        fc.property(arbitrarySeries, (series) => {
          const standings = playInApp(alerts, series, EVALUATE_EVERY_MS);
          fired += standings.flat().filter((text) => text.endsWith('firing')).length;
          expect(findDisagreement(alerts, series, EVALUATE_EVERY_MS, standings)).toBe('');
        }),
        { numRuns: 10 },
      );
      expect(fired).toBeGreaterThan(0);
    },
  );
});
