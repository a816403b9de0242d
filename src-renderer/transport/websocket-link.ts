import type { HostMessage } from '../../src-shared/wire';
import type { ClosedWhy, OpenLink } from './link';

/** To the web shell, at the address that served this page. */
export function webSocketLink(url: string): OpenLink {
  return (events) => {
    const socket = new WebSocket(url);
    let wasOpen = false;
    socket.addEventListener('open', () => {
      wasOpen = true;
      events.opened();
    });
    socket.addEventListener('message', (message: MessageEvent<unknown>) => {
      // The host is the one that served this very page, over loopback: its messages are trusted to be its contract's.
      if (typeof message.data === 'string') events.received(JSON.parse(message.data) as HostMessage);
    });
    socket.addEventListener('close', () => {
      if (wasOpen) events.closed('lost');
      else whyNotOpened().then(events.closed);
    });
    return {
      send: (message) => socket.send(JSON.stringify(message)),
      close: () => socket.close(),
    };
  };
}

/** A socket does not tell why it could not be opened; a request for the page itself is let in by the same secret. */
async function whyNotOpened(): Promise<ClosedWhy> {
  try {
    const { status } = await fetch('/', { cache: 'no-store' });
    return status === 401 || status === 403 ? 'refused' : 'lost';
  } catch {
    return 'lost';
  }
}

/** Where a page of the web shell finds its host. */
export function webSocketUrl(location: { readonly protocol: string; readonly host: string }): string {
  return `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/ws`;
}
