import type { IngotBridge } from '../../src-shared/bridge';
import { IngotError } from '../../src-shared/errors';
import type { OpenLink } from './link';
import type { SendFile } from './upload';

/** What the desktop shell's preload puts on `window.ingot`. */
export type Bridge = IngotBridge<File>;

declare global {
  interface Window {
    readonly ingot?: Bridge;
  }
}

/** To the desktop shell's main process: it lives as long as the window does, so it opens at once. */
export function bridgeLink(bridge: Bridge): OpenLink {
  return (events) => {
    const end = bridge.receive((message) => events.received(message));
    queueMicrotask(() => events.opened());
    return {
      send: (message) => bridge.send(message),
      close: () => {
        end();
        events.closed('lost');
      },
    };
  };
}

/** On a desktop a file is not sent anywhere: the host reads it where it lies. */
export function handOverPath(bridge: Bridge): SendFile {
  return async (file) => {
    const path = bridge.pathOf(file);
    if (path === null) {
      throw new IngotError('source_unreadable', `${file.name} is not a file on this computer.`, {
        hint: 'Save it to a folder first, then open it from there.',
      });
    }
    return { source: { kind: 'path', path }, name: file.name };
  };
}
