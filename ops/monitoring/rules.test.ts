import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { ALERTS } from '../../src-main/observability/alerts/definitions';
import { makeFiles } from './made-files';
import { renderDuration } from './promql';
import { renderRules } from './rules';
import { putRunbooks } from './runbooks';
import { NO_PROMETHEUS, programs, runPromtool, runPromtoolOn } from './testing/promtool';

const ROOT = join(import.meta.dirname, '../..');

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly for: string;
  readonly labels: { readonly severity: string };
  readonly annotations: {
    readonly summary: string;
    readonly description: string;
    readonly runbook_url: string;
  };
}
interface RuleFile {
  readonly groups: readonly { readonly interval: string; readonly rules: readonly Rule[] }[];
}
const rulesOf = (text: string) => (parse(text) as RuleFile).groups.flatMap(({ rules }) => rules);

/** As Markdown is shown on the web. */
function anchorsOf(page: string): readonly string[] {
  return [...page.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{Letter}\p{Number} -]/gu, '')
      .replaceAll(' ', '-'),
  );
}

describe('the files that are made from the alerts', () => {
  it.each(makeFiles(ROOT))('$path is what `npm run alerts` makes', ({ path, text }) => {
    expect(readFileSync(join(ROOT, path), 'utf8')).toBe(text);
  });

  it('lead from each rule to a heading that is there, once', () => {
    const rules = rulesOf(readFileSync(join(ROOT, 'ops/alerts.yml'), 'utf8'));
    expect(rules.map(({ alert }) => alert)).toEqual(ALERTS.map(({ name }) => name));
    for (const { annotations, labels } of rules) {
      const [page = '', anchor = ''] = annotations.runbook_url.split('#');
      const found = anchorsOf(readFileSync(join(ROOT, page), 'utf8')).filter((one) => one === anchor);
      expect(found).toEqual([anchor]);
      expect(labels.severity).toMatch(/^(warning|critical)$/);
      expect(annotations.summary).toContain('{{ $labels.instance }}');
      expect(annotations.description).not.toMatch(/\{(value|threshold|window|for)\}/);
    }
  });

  it('keep the rest of the page with the runbooks, and refuse one without a place for them', () => {
    const page =
      'before\n<!-- alerts: made by `npm run alerts` -->\nof yesterday\n<!-- end of alerts -->\nafter\n';
    const made = putRunbooks(page, ALERTS);
    expect(made.startsWith('before\n<!-- alerts')).toBe(true);
    expect(made.endsWith('<!-- end of alerts -->\nafter\n')).toBe(true);
    expect(made).not.toContain('of yesterday');
    expect(putRunbooks(made, ALERTS)).toBe(made);
    expect(() => putRunbooks('before\n', ALERTS)).toThrow('no place for runbooks');
  });

  it('have shorter windows and patience for a trial, and the same thresholds', () => {
    const [whole, trial] = [
      renderRules(ALERTS),
      renderRules(ALERTS, { timeScale: 0.02, runbooks: 'https://a.example/b' }),
    ];
    const rejects = (text: string) => rulesOf(text).find(({ alert }) => alert === 'IngotRejectRatio');
    expect(rejects(whole)).toMatchObject({ for: '1m', expr: expect.stringContaining('[5m]') });
    expect(rejects(trial)).toMatchObject({
      for: '1s200ms',
      annotations: { runbook_url: 'https://a.example/b#many-records-are-rejected' },
    });
    expect(rejects(trial)?.expr).toBe(rejects(whole)?.expr.replaceAll('[5m]', '[6s]'));
    expect((parse(trial) as RuleFile).groups[0]?.interval).toBe('300ms');
  });

  it.skipIf(!programs)(`are rules that Prometheus takes, also for a trial${NO_PROMETHEUS}`, () => {
    const files = {
      'alerts.yml': renderRules(ALERTS),
      'trial.yml': renderRules(ALERTS, { timeScale: 0.01 }),
    };
    const { ok, said } = runPromtoolOn(files, ['check', 'rules', 'alerts.yml', 'trial.yml']);
    expect({ ok, said }).toMatchObject({ ok: true });
    expect(said.match(new RegExp(`SUCCESS: ${ALERTS.length} rules found`, 'g'))).toHaveLength(2);
  });

  it.skipIf(!programs)(`pass their tests in ops/alerts.test.yml${NO_PROMETHEUS}`, () => {
    const { ok, said } = runPromtool(['test', 'rules', 'ops/alerts.test.yml'], ROOT);
    expect({ ok, said }).toMatchObject({ ok: true });
  });

  it.skipIf(!programs)(`would not pass them with another threshold${NO_PROMETHEUS}`, () => {
    const loose = renderRules(ALERTS).replace('> 0.1\n', '> 0.3\n');
    const tests = readFileSync(join(ROOT, 'ops/alerts.test.yml'), 'utf8');
    const { ok, said } = runPromtoolOn({ 'alerts.yml': loose, 'alerts.test.yml': tests }, [
      'test',
      'rules',
      'alerts.test.yml',
    ]);
    expect(ok).toBe(false);
    expect(said).toContain('IngotRejectRatio');
  });
});

describe('durations', () => {
  it.each([
    [0, '0s'],
    [250, '250ms'],
    [15_000, '15s'],
    [90_000, '1m30s'],
    [300_000, '5m'],
    [3_600_000, '1h'],
  ])('of %i ms are written as %s', (ms, text) => {
    expect(renderDuration(ms)).toBe(text);
  });
});
