import { createStore, type StoreApi } from 'zustand/vanilla';
import { formatRoute, parseRoute, type Route } from './route';

/** The window's address. The URL hash is the only source, so Back, Forward and links work. */
export interface Address {
  readonly store: StoreApi<Route>;
  /** `replace` adds no step for Back. */
  go(change: Partial<Route>, how?: 'push' | 'replace'): void;
}

export function createAddress(browser: Window): Address {
  const read = () => parseRoute(browser.location.hash);
  const store = createStore<Route>(read);
  browser.addEventListener('hashchange', () => store.setState(read(), true));
  browser.addEventListener('popstate', () => store.setState(read(), true));
  return {
    store,
    go(change, how = 'push') {
      const now = store.getState();
      // The versions are those of the account before.
      const another = change.inspect !== undefined && change.inspect !== now.inspect;
      // So is the filter that of the view before.
      const elsewhere = change.view !== undefined && change.view !== now.view;
      const route = {
        ...now,
        ...(another && { shown: null, against: null }),
        ...(elsewhere && { where: null }),
        ...change,
      };
      const hash = formatRoute(route);
      if (hash === browser.location.hash) return;
      if (how === 'push') browser.history.pushState(null, '', hash);
      else browser.history.replaceState(null, '', hash);
      store.setState(route, true);
    },
  };
}
