import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ALERTS } from '../../src-main/observability/alerts/definitions';
import { RUNBOOK_PAGE } from '../../src-main/observability/alerts/describe-alert';
import { renderDashboard } from './dashboard';
import { renderRules } from './rules';
import { putRunbooks } from './runbooks';

export interface MadeFile {
  /** From the root of the project. */
  readonly path: string;
  readonly text: string;
}

/** Every file that is made from the definitions, as it should be. */
export function makeFiles(root: string): readonly MadeFile[] {
  return [
    { path: 'ops/alerts.yml', text: renderRules(ALERTS) },
    { path: 'ops/grafana-dashboard.json', text: renderDashboard() },
    { path: RUNBOOK_PAGE, text: putRunbooks(readFileSync(join(root, RUNBOOK_PAGE), 'utf8'), ALERTS) },
  ];
}
