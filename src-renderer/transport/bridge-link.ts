import type { IngotBridge } from '../../src-shared/bridge';
import { IngotError } from '../../src-shared/errors';
import type { OpenLink } from './link';
import type { SendFile } from './upload';

/** The preload of the desktop shell provides it as `window.ingot`. */
export type Bridge = IngotBridge<File>;

declare global {
  interface Window {
    readonly ingot?: Bridge;
  }
}

/** The main process lives as long as the window, so this opens at once. */
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

/** On a desktop a file is not uploaded: the host reads it in place. */
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
