import type { ComponentType } from 'react';
import { useStore } from 'zustand';
import classes from './app.module.css';
import { useRoute, useSession } from './bindings/session-context';
import { useCopyButtons } from './bindings/use-copy-buttons';
import { useKeys } from './bindings/use-keys';
import { useMessages } from './bindings/use-messages';
import { Announcer } from './components/announcer';
import { ConnectionBanner } from './components/connection-banner';
import { DatabaseBanner } from './components/database-banner';
import { Deck } from './components/deck';
import { DropLayer } from './components/drop-layer';
import { MarkSprite } from './components/mark-sprite';
import { Palette } from './components/palette';
import { Rail } from './components/rail';
import { SetbackBanner } from './components/setback-banner';
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
import { TroubleView } from './views/trouble/trouble-view';

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

/** The window: everything it can do, or, without a database, what is wrong with it. */
export function App() {
  const { database } = useSession();
  const trouble = useStore(database.store, ({ state }) =>
    state?.phase === 'trouble' ? state.trouble : null,
  );
  useMessages();
  useCopyButtons();
  if (trouble === null) return <Workspace />;
  return (
    <div className={classes.window}>
      <div className={classes.banners}>
        <ConnectionBanner />
      </div>
      <TroubleView trouble={trouble} />
      <TipLayer />
    </div>
  );
}

/** Rail, one view, the inspector beside it, the deck under everything. */
function Workspace() {
  useKeys();
  const View = VIEW_COMPONENTS[useRoute((route) => route.view)];
  return (
    <div className={classes.window}>
      <MarkSprite />
      <div className={classes.banners}>
        <ConnectionBanner />
        <DatabaseBanner />
        <SetbackBanner />
      </div>
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
