import { createTeller, windowTitle } from '../src-shared/outside-window';
import type { Address } from './stores/address';
import type { WindowModel } from './window-model';

/** The page's title, which is also that of the tab or the desktop window. */
export function keepTitle({ live, client, database }: WindowModel): void {
  const write = () => {
    const connection = client.connection.getState();
    const isLost =
      connection.phase !== 'open' && !(connection.phase === 'connecting' && connection.attempt === 0);
    const isTrouble = database.store.getState().state?.phase === 'trouble';
    // A percentage that stands still would mislead.
    const title = isLost ? 'disconnected – Ingot' : windowTitle(isTrouble ? null : live.getState().status);
    if (document.title !== title) document.title = title;
  };
  for (const store of [live, client.connection, database.store]) store.subscribe(write);
}

/** Notifications of the browser, if a person allowed them. The desktop app's main process shows its own. */
export function notifyInBrowser(model: WindowModel, address: Address): void {
  const tellingsIn = createTeller();
  model.client.subscribe((frame) => {
    const tellings = tellingsIn(frame);
    const { notifications } = model.preferences.store.getState().preferences;
    if (!notifications || document.hasFocus() || Notification.permission !== 'granted') return;
    for (const { title, body, tag, view } of tellings) {
      const shown = new Notification(title, { body, tag, icon: './ingot.svg' });
      shown.onclick = () => {
        window.focus();
        address.go({ view, detail: null });
        shown.close();
      };
    }
  });
}
