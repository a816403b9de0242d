import type { AlertDefinition } from '../../src-main/observability/alerts/alert';
import { formatValue } from '../../src-main/observability/alerts/describe-alert';
import { renderConditions } from './promql';

const BEGIN = '<!-- alerts: made by `npm run alerts` -->';
const END = '<!-- end of alerts -->';

/**
 * The page with what lies between its two marks made anew.
 * @throws Error if the marks are not there.
 */
export function putRunbooks(page: string, alerts: readonly AlertDefinition[]): string {
  const from = page.indexOf(BEGIN);
  const to = page.indexOf(END);
  if (from < 0 || to < from) throw new Error(`the page has no place for runbooks: ${BEGIN} … ${END}`);
  return `${page.slice(0, from)}${BEGIN}\n\n${alerts.map(renderRunbook).join('\n')}\n${page.slice(to)}`;
}

function renderRunbook(alert: AlertDefinition): string {
  const { name, title, severity, forMs, seenBy, runbook } = alert;
  const where = seenBy === 'prometheus' ? ' by Prometheus alone: the app cannot see it' : '';
  const list = (items: readonly string[]) => items.map((item) => `- ${item}`).join('\n');
  return `### ${title}

\`${name}\`, ${severity}; fires after ${formatValue(forMs / 1000, 'seconds')}${where}.

\`\`\`promql
${renderConditions(alert.conditions)}
\`\`\`

${runbook.meaning}

What to look at:

${list(runbook.look)}

What to do:

${list(runbook.act)}
`;
}
