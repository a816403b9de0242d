import { Notifications, notifications } from '@mantine/notifications';
import { useEffect, useState } from 'react';
import { useStore } from 'zustand';
import type { OpeningTrouble } from '../src-shared/database-state';
import { toPrintableText } from '../src-shared/printable';
import classes from './app.module.css';
import { useCopyButtons } from './bindings/use-copy-buttons';
import { useKeys } from './bindings/use-keys';
import { type Part, usePart } from './bindings/use-part';
import { useModel, useOpening, useRoute, useWindow } from './bindings/window-context';
import { Announcer } from './components/announcer';
import { ConnectionBanner } from './components/connection-banner';
import { ConnectionsBanner } from './components/connections-banner';
import { DatabaseBanner } from './components/database-banner';
import { Deck } from './components/deck';
import { DropLayer } from './components/drop-layer';
import { Guarded } from './components/guarded';
import { MarkSprite } from './components/mark-badge';
import { Rail } from './components/rail';
import { SetbackBanner } from './components/setback-banner';
import { TipLayer } from './components/tip-layer';
import { HELP, INSPECTOR, loadRemainingParts, PALETTE, PREVIEW_DRAWER, TROUBLE, VIEW_PARTS } from './parts';
import { Opening, showsContent } from './views/opening';

const STAYS_MS = { info: 5_000, success: 2_500, warning: 9_000, error: 12_000 } as const;

/** The remaining parts are fetched this long after the first view is shown, when they delay nothing. */
const REST_AFTER_MS = 300;

/** The window, or what is wrong if there is no database. */
export function App() {
  const { database } = useModel();
  const trouble = useStore(database.store, ({ state }) =>
    state?.phase === 'trouble' ? state.trouble : null,
  );
  useCopyButtons();
  if (trouble === null) return <Workspace />;
  return <InTrouble trouble={trouble} />;
}

function InTrouble({ trouble }: { readonly trouble: OpeningTrouble }) {
  const Trouble = usePart(TROUBLE);
  return (
    <div className={classes.window}>
      <div className={classes.banners}>
        <ConnectionBanner />
      </div>
      {Trouble && <Trouble trouble={trouble} />}
      <Messages />
      <TipLayer />
    </div>
  );
}

function Workspace() {
  useKeys();
  const view = useRoute((route) => route.view);
  const View = usePart(VIEW_PARTS[view]);
  const waits = useOpening() && showsContent(view);
  const isThere = View !== null;
  const hasInspected = useOnce(useRoute((route) => route.inspect !== null));
  const { clock } = useModel();
  const wasCovered = useOnce(
    useStore(useWindow().overlay, ({ shown }) => shown === 'help' || shown === 'shortcuts'),
  );
  const [rested, setRested] = useState(false);
  useEffect(() => {
    if (!isThere) return;
    return clock.after(REST_AFTER_MS, () => {
      setRested(true);
      void loadRemainingParts();
    });
  }, [isThere, clock]);
  return (
    <div className={classes.window}>
      <MarkSprite />
      <div className={classes.banners}>
        <ConnectionBanner />
        <DatabaseBanner />
        <SetbackBanner />
        <ConnectionsBanner />
      </div>
      <Rail />
      <div className={classes.view}>
        <Guarded shown>{waits ? <Opening view={view} /> : View && <View />}</Guarded>
      </div>
      {(rested || hasInspected) && <Beside part={INSPECTOR} />}
      <Guarded>
        <Deck />
      </Guarded>
      {rested && <Beside part={PREVIEW_DRAWER} />}
      {rested && <Beside part={PALETTE} />}
      {(rested || wasCovered) && <Beside part={HELP} />}
      <Messages />
      <DropLayer />
      <TipLayer />
      <Announcer />
    </div>
  );
}

function useMessages(): void {
  const { messages } = useModel();
  useEffect(
    () =>
      messages.listen(({ level, text, hint }) => {
        notifications.show({
          // It may contain file names and ids from a source.
          message: toPrintableText(hint === undefined ? text : `${text} ${hint}`),
          autoClose: STAYS_MS[level],
          withBorder: false,
          closeButtonProps: { 'aria-label': 'Dismiss message' },
          'data-level': level,
          role: level === 'error' || level === 'warning' ? 'alert' : 'status',
        });
      }),
    [messages],
  );
}

/** At the bottom of the view, above the deck, where messages cover no title, no filter and no close button. */
function Messages() {
  useMessages();
  return (
    <div className={classes.messages}>
      <Notifications
        position="bottom-center"
        limit={4}
        containerWidth={360}
        transitionDuration={120}
        withinPortal={false}
      />
    </div>
  );
}

/** True from the first time on: what closes gives the focus back a moment later, so it must still be there. */
function useOnce(now: boolean): boolean {
  const [was, setWas] = useState(now);
  if (now && !was) setWas(true);
  return was || now;
}

function Beside({ part }: { readonly part: Part }) {
  const Component = usePart(part);
  return (
    Component && (
      <Guarded>
        <Component />
      </Guarded>
    )
  );
}
