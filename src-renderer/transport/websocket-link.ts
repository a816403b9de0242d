import type { HelloMessage, HostMessage } from '../../src-shared/wire';
import type { ClosedWhy, OpenLink } from './link';

/**
 * To the web shell, at the address that served this page.
 * @param restarted called instead of `opened` if another process answers: all that this page knows is then void.
 */
export function webSocketLink(url: string, restarted: () => void): OpenLink {
  let instance: string | null = null;
  return (events) => {
    const socket = new WebSocket(url);
    let wasOpen = false;
    socket.addEventListener('message', (message: MessageEvent<unknown>) => {
      if (typeof message.data !== 'string') return;
      // The host that served this page answers over loopback, so its messages are trusted to match the contract.
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

/** A socket gives no reason for a failure; a request for the page needs the same cookie and does. */
async function whyNotOpened(): Promise<ClosedWhy> {
  try {
    const { status } = await fetch('/', { cache: 'no-store' });
    return status === 401 || status === 403 ? 'refused' : 'lost';
  } catch {
    // On loopback there is no network to fail: nothing listens there.
    return 'ended';
  }
}

export function webSocketUrl(location: { readonly protocol: string; readonly host: string }): string {
  return `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/ws`;
}
