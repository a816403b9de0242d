import type { ComponentType } from 'react';
import classes from './app.module.css';
import { useRoute } from './bindings/session-context';
import { useCopyButtons } from './bindings/use-copy-buttons';
import { useKeys } from './bindings/use-keys';
import { useMessages } from './bindings/use-messages';
import { Announcer } from './components/announcer';
import { ConnectionBanner } from './components/connection-banner';
import { Deck } from './components/deck';
import { DropLayer } from './components/drop-layer';
import { MarkSprite } from './components/mark-sprite';
import { Palette } from './components/palette';
import { Rail } from './components/rail';
import { TipLayer } from './components/tip-layer';
import type { ViewName } from './stores/route';
import { AccountsView } from './views/accounts-view';
import { CallbacksView } from './views/callbacks-view';
import { DatabaseView } from './views/database/database-view';
import { HistoryView } from './views/history-view';
import { Inspector } from './views/inspector/inspector';
import { LiveView } from './views/live-view';
import { PreviewDrawer } from './views/preview-drawer';
import { ReportView } from './views/report-view';
import { RunsView } from './views/runs-view';
import { SettingsView } from './views/settings-view';
import { ShortcutsView } from './views/shortcuts-view';

const VIEW_COMPONENTS: Readonly<Record<ViewName, ComponentType>> = {
  live: LiveView,
  accounts: AccountsView,
  history: HistoryView,
  callbacks: CallbacksView,
  report: ReportView,
  runs: RunsView,
  database: DatabaseView,
  settings: SettingsView,
  shortcuts: ShortcutsView,
};

/** The window: rail, one view, the inspector beside it, the deck under everything. */
export function App() {
  useKeys();
  useMessages();
  useCopyButtons();
  const View = VIEW_COMPONENTS[useRoute((route) => route.view)];
  return (
    <div className={classes.window}>
      <MarkSprite />
      <ConnectionBanner />
      <Rail />
      <div className={classes.view}>
        <View />
      </div>
      <Inspector />
      <Deck />
      <PreviewDrawer />
      <Palette />
      <DropLayer />
      <TipLayer />
      <Announcer />
    </div>
  );
}
