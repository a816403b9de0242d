import type { AlertDefinition } from './alert';
import { PROGRAM_ALERTS } from './program-alerts';
import { RUN_ALERTS } from './run-alerts';
import { STORAGE_ALERTS } from './storage-alerts';

/**
 * Every alert there is. `npm run alerts` makes `ops/alerts.yml` and the runbooks in docs/operations.md from it.
 * Each threshold says why it is where it is.
 */
export const ALERTS: readonly AlertDefinition[] = [...PROGRAM_ALERTS, ...STORAGE_ALERTS, ...RUN_ALERTS];
