import type { HelloMessage, HostMessage } from '../../src-shared/wire';
import type { ClosedWhy, OpenLink } from './link';

/**
 * To the web shell, at the address that served this page.
 * @param restarted called instead of `opened` when another process answers than before: nothing that this page knows of
 *   its host is true any more.
 */
export function webSocketLink(url: string, restarted: () => void): OpenLink {
  let instance: string | null = null;
  return (events) => {
    const socket = new WebSocket(url);
    let wasOpen = false;
    socket.addEventListener('message', (message: MessageEvent<unknown>) => {
      if (typeof message.data !== 'string') return;
      // The host is the one that served this very page, over loopback: its messages are trusted to be its contract's.
      const heard = JSON.parse(message.data) as HelloMessage | HostMessage;
      if (heard.type !== 'hello') return events.received(heard);
      wasOpen = true;
      const isOther = instance !== null && instance !== heard.instance;
      instance = heard.instance;
      if (isOther) restarted();
      else events.opened();
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
    // On this machine's own address there is no network to fail: nobody listens there any more.
    return 'ended';
  }
}

/** Where a page of the web shell finds its host. */
export function webSocketUrl(location: { readonly protocol: string; readonly host: string }): string {
  return `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/ws`;
}
