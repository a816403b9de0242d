import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { ALERTS } from '../../src-main/observability/alert-definitions';
import { anchorOf, formatValue } from '../../src-main/observability/alerts';
import { createInstruments } from '../../src-main/observability/instruments';
import { NO_PROMETHEUS, programs, RULES, runPromtool, scaleRules } from './prometheus';

const fileOf = (path: string) => readFileSync(join(import.meta.dirname, '../..', path), 'utf8');

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly for: string;
  readonly labels: { readonly severity: string };
  readonly annotations: Readonly<Record<'summary' | 'description' | 'runbook_url', string>>;
}
const { groups } = parse(RULES) as { readonly groups: readonly { readonly rules: readonly Rule[] }[] };
const rules = groups.flatMap((group) => group.rules);
const rulesTests = fileOf('ops/alerts.test.yml');
const operations = fileOf('docs/operations.md');
const { panels } = JSON.parse(fileOf('ops/grafana-dashboard.json')) as {
  readonly panels: readonly {
    readonly gridPos: Readonly<Record<'x' | 'y' | 'w' | 'h', number>>;
    readonly targets?: readonly { readonly expr: string }[];
  }[];
};
const dashboardExprs = panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr)).join('\n');

const { registry } = createInstruments();
const exported = registry.getMetricsAsArray().map(({ name }) => name);
const metricsIn = (text: string) => [
  ...new Set([...text.matchAll(/\b(?:ingot|process|nodejs)_\w+/g)].map(([name]) => name)),
];
const isExported = (name: string) =>
  exported.includes(name) || exported.includes(name.replace(/_(?:bucket|sum|count)$/, ''));

/** The first comparison is the alert's own; others restrict where it applies. */
function limitOf({ expr }: Rule) {
  const [, is, threshold] = /([<>]) ([\d.]+)$/m.exec(expr) ?? [];
  return { fires: is === '>' ? 'above' : 'below', threshold: Number(threshold) };
}
const msOf = (duration: string) => Number.parseInt(duration, 10) * (duration.endsWith('m') ? 60_000 : 1000);

describe('the rules for Prometheus', () => {
  it('are the alerts of the app, and one for a program that is gone', () => {
    expect(rules.map(({ alert }) => alert)).toEqual(['IngotDown', ...ALERTS.map(({ name }) => name)]);
  });

  it.each(ALERTS)('have the limit, patience, severity and words of $name', (alert) => {
    const rule = rules.find((one) => one.alert === alert.name) as Rule;
    const { title, severity, fires, threshold, forMs, describe: describeWith } = alert;
    expect({
      ...limitOf(rule),
      forMs: msOf(rule.for),
      severity: rule.labels.severity,
      summary: rule.annotations.summary,
      description: rule.annotations.description.replace(/\{\{[^}]+\}\}B?/, 'VALUE'),
      page: rule.annotations.runbook_url,
    }).toEqual({
      fires,
      threshold,
      forMs,
      severity,
      summary: `${title} ({{ $labels.instance }})`,
      description: describeWith('VALUE'),
      page: `docs/operations.md#${anchorOf(alert)}`,
    });
  });

  it.each(rules)('lead from $alert to its runbook, which says what the app says', (rule) => {
    const { alert, expr, annotations, labels } = rule;
    const title = annotations.summary.replace(/ \(.*/, '');
    const sections = operations.split(/^### /m).filter((section) => section.startsWith(`${title}\n`));
    expect(sections).toHaveLength(1);
    const [section = ''] = sections;
    expect(annotations.runbook_url).toBe(`docs/operations.md#${anchorOf({ title })}`);
    const patience = formatValue(msOf(rule.for) / 1000, 'seconds');
    expect(section).toContain(`\`${alert}\`, ${labels.severity}; fires after ${patience}`);
    expect(section).toContain(`\`\`\`promql\n${expr}\n\`\`\``);
    const runbook = ALERTS.find(({ name }) => name === alert)?.runbook;
    if (!runbook) return;
    const lists = [...section.matchAll(/^(?:- .+\n)+/gm)].map(([list]) => list.trim().slice(2).split('\n- '));
    expect(lists).toEqual([runbook.look, runbook.act]);
    expect(section).toContain(`\n\n${runbook.meaning}\n\n`);
  });

  it('compare quantiles with a bound of their buckets, between which nothing is known', async () => {
    const quantiles = rules.filter(({ expr }) => expr.startsWith('histogram_quantile'));
    expect(quantiles.length).toBeGreaterThan(0);
    for (const rule of quantiles) {
      const [, histogram = ''] = /(\w+)_bucket/.exec(rule.expr) ?? [];
      const metric = await registry.getSingleMetric(histogram)?.get();
      const bounds = metric?.values.map(({ labels }) => (labels as { le?: number }).le);
      expect(bounds).toContain(limitOf(rule).threshold);
    }
  });

  it('each fire in their fault and not outside it, in ops/alerts.test.yml', () => {
    const { tests } = parse(rulesTests) as {
      readonly tests: readonly {
        readonly alert_rule_test: readonly { readonly alertname: string; readonly exp_alerts: unknown[] }[];
      }[];
    };
    const checks = tests.flatMap(({ alert_rule_test }) => alert_rule_test);
    for (const { alert } of rules) {
      const fires = checks.filter(({ alertname }) => alertname === alert).map((one) => one.exp_alerts.length);
      expect({ alert, fires }).toEqual({ alert, fires: [0, 1, 0] });
    }
  });

  it.skipIf(!programs)(`are rules that Prometheus takes, also for a trial${NO_PROMETHEUS}`, () => {
    const files = { 'alerts.yml': RULES, 'trial.yml': scaleRules(0.02) };
    const { ok, said } = runPromtool(files, ['check', 'rules', 'alerts.yml', 'trial.yml']);
    expect({ ok, said }).toMatchObject({ ok: true });
    expect(said.match(new RegExp(`SUCCESS: ${rules.length} rules found`, 'g'))).toHaveLength(2);
  });

  it.skipIf(!programs)(`pass their tests in ops/alerts.test.yml${NO_PROMETHEUS}`, () => {
    const files = { 'alerts.yml': RULES, 'alerts.test.yml': rulesTests };
    const { ok, said } = runPromtool(files, ['test', 'rules', 'alerts.test.yml']);
    expect({ ok, said }).toMatchObject({ ok: true });
  });

  it.skipIf(!programs)(`would not pass them with another limit${NO_PROMETHEUS}`, () => {
    const files = { 'alerts.yml': RULES.replace('> 0.1\n', '> 0.3\n'), 'alerts.test.yml': rulesTests };
    const { ok, said } = runPromtool(files, ['test', 'rules', 'alerts.test.yml']);
    expect(ok).toBe(false);
    expect(said).toContain('IngotRejectRatio');
  });

  it('have shorter windows, patience and interval for a trial, and the same limits', () => {
    const trial = scaleRules(0.02);
    expect(trial).toContain('interval: 300ms');
    expect(trial).toContain('increase(ingot_updates_total[6000ms])) > 0.1');
    expect(trial.match(/for: 1200ms/g)).toHaveLength(RULES.match(/for: 1m/g)?.length ?? 0);
    expect(trial).not.toMatch(/(?:\[|for: |interval: )\d+[ms]\b/);
  });
});

describe('the rules and the dashboard', () => {
  it('name only metrics that are exported', () => {
    for (const text of [RULES, dashboardExprs]) {
      expect(metricsIn(text).length).toBeGreaterThan(5);
      expect(metricsIn(text).filter((name) => !isExported(name))).toEqual([]);
    }
  });
});

describe('the dashboard', () => {
  it('shows every metric of Ingot', () => {
    const ours = exported.filter((name) => name.startsWith('ingot_'));
    expect(ours.filter((name) => !dashboardExprs.includes(name))).toEqual([]);
  });

  it('has its panels side by side, none over another', () => {
    const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, index) => `${x + (index % w)},${y + Math.floor(index / w)}`),
    );
    expect(new Set(cells).size).toBe(cells.length);
    expect(Math.max(...panels.map(({ gridPos: { x, w } }) => x + w))).toBe(24);
  });
});
