import { createPart, type Part } from './bindings/use-part';
import type { ViewName } from './stores/route';

/** Only what the first view needs is loaded at once: most windows show one thing. */
export const VIEW_PARTS: Readonly<Record<ViewName, Part>> = {
  live: createPart(() => import('./views/live-view').then(({ LiveView }) => LiveView)),
  accounts: createPart(() => import('./views/accounts-view').then(({ AccountsView }) => AccountsView)),
  history: createPart(() => import('./views/history-view').then(({ HistoryView }) => HistoryView)),
  callbacks: createPart(() => import('./views/callbacks-view').then(({ CallbacksView }) => CallbacksView)),
  targets: createPart(() => import('./views/targets/targets-view').then(({ TargetsView }) => TargetsView)),
  report: createPart(() => import('./views/report-view').then(({ ReportView }) => ReportView)),
  runs: createPart(() => import('./views/runs-view').then(({ RunsView }) => RunsView)),
  connections: createPart(() =>
    import('./views/connections/connections-view').then(({ ConnectionsView }) => ConnectionsView),
  ),
  compare: createPart(() => import('./views/compare-view').then(({ CompareView }) => CompareView)),
  sql: createPart(() => import('./views/sql/sql-view').then(({ SqlView }) => SqlView)),
  operations: createPart(() =>
    import('./views/operations/operations-view').then(({ OperationsView }) => OperationsView),
  ),
  logs: createPart(() => import('./views/logs/logs-view').then(({ LogsView }) => LogsView)),
  database: createPart(() =>
    import('./views/database/database-view').then(({ DatabaseView }) => DatabaseView),
  ),
  settings: createPart(() => import('./views/settings-view').then(({ SettingsView }) => SettingsView)),
  about: createPart(() => import('./views/about-view').then(({ AboutView }) => AboutView)),
};

export const INSPECTOR = createPart(() =>
  import('./views/inspector/inspector').then(({ Inspector }) => Inspector),
);
export const PREVIEW_DRAWER = createPart(() =>
  import('./views/preview-drawer').then(({ PreviewDrawer }) => PreviewDrawer),
);
export const DECK_GOALS = createPart<{ readonly onDone: () => void }>(() =>
  import('./components/deck-goals').then(({ DeckGoals }) => DeckGoals),
);
export const TROUBLE = createPart(() =>
  import('./views/trouble/trouble-view').then(({ TroubleView }) => TroubleView),
);
export const HELP = createPart(() => import('./views/help/help').then(({ Help }) => Help));
export const PALETTE = createPart(() => import('./components/palette').then(({ Palette }) => Palette));

/** Fetches the remaining parts one by one. A failure is ignored here, and reported when the part is needed. */
export async function loadRemainingParts(): Promise<void> {
  for (const part of [
    PREVIEW_DRAWER,
    DECK_GOALS,
    PALETTE,
    HELP,
    INSPECTOR,
    TROUBLE,
    ...Object.values(VIEW_PARTS),
  ]) {
    await part.load().catch(() => undefined);
  }
}
