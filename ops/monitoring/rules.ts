import { stringify } from 'yaml';
import {
  type AlertDefinition,
  EVALUATE_EVERY_MS,
  scaleAlert,
} from '../../src-main/observability/alerts/alert';
import { anchorOf, fillIn, RUNBOOK_PAGE } from '../../src-main/observability/alerts/describe-alert';
import type { AlertUnit } from '../../src-shared/alerts';
import { renderConditions, renderDuration } from './promql';

export interface RuleOptions {
  /** What windows, patience and the interval of evaluation are multiplied with: below 1 for a trial. */
  readonly timeScale?: number;
  /** Address of the page with the runbooks: links go to its headings. */
  readonly runbooks?: string;
}

const HEAD = `# Made by \`npm run alerts\` from src-main/observability/alerts/definitions.ts: change that, not this.
# The app evaluates the same definitions by itself.
`;

const HUMANIZE: Readonly<Record<AlertUnit, string>> = {
  ratio: '{{ $value | humanizePercentage }}',
  seconds: '{{ $value | humanizeDuration }}',
  bytes: '{{ $value | humanize1024 }}B',
  switch: '{{ $value }}',
};

/** A file of rules for Prometheus. */
export function renderRules(
  alerts: readonly AlertDefinition[],
  { timeScale = 1, runbooks = RUNBOOK_PAGE }: RuleOptions = {},
): string {
  const rules = alerts
    .map((alert) => scaleAlert(alert, timeScale))
    .map((alert) => ({
      alert: alert.name,
      expr: renderConditions(alert.conditions),
      for: renderDuration(alert.forMs),
      labels: { severity: alert.severity },
      annotations: {
        summary: `${alert.title} ({{ $labels.instance }})`,
        description: fillIn(alert, HUMANIZE[alert.unit]),
        runbook_url: `${runbooks}#${anchorOf(alert)}`,
      },
    }));
  const interval = renderDuration(EVALUATE_EVERY_MS * timeScale);
  return HEAD + stringify({ groups: [{ name: 'ingot', interval, rules }] }, { lineWidth: 0 });
}
