import type { IngotBridge } from '../../../../src-shared/bridge';
import type { HostMessage } from '../../../../src-shared/wire';
import { contextBridge, type FakeWebContents } from './fake-electron';

export interface FakePage {
  readonly bridge: IngotBridge<File>;
  /** Everything received from the host, in order. */
  readonly received: readonly HostMessage[];
  /** Resolves with the first matching message, past or future. */
  until(fits: (message: HostMessage) => boolean): Promise<HostMessage>;
  /** Calls the host and returns its reply. */
  call(method: string, params?: unknown): Promise<Extract<HostMessage, { type: 'reply' }>>;
}

let pages = 0;

/** Runs the real preload in the page that `contents` shows, and returns what the page gets from it. */
export async function openPage(contents: FakeWebContents): Promise<FakePage> {
  if (contents.getURL() === '') throw new Error('the window shows no page yet');
  pages += 1;
  // The query makes it a new module for every page load.
  await import(/* @vite-ignore */ `../preload?page=${pages}`);
  // The preload checks this shape with `satisfies`.
  const bridge = contextBridge.world.get('ingot') as IngotBridge<File> | undefined;
  if (!bridge) throw new Error('the preload exposed nothing');

  const received: HostMessage[] = [];
  const waiting = new Set<() => void>();
  bridge.receive((message) => {
    received.push(message);
    for (const look of waiting) look();
  });
  let lastCallId = -1;

  const until = (fits: (message: HostMessage) => boolean) =>
    new Promise<HostMessage>((resolve) => {
      const look = () => {
        const found = received.find(fits);
        if (!found) return;
        waiting.delete(look);
        resolve(found);
      };
      waiting.add(look);
      look();
    });

  return {
    bridge,
    received,
    until,
    async call(method, params = {}) {
      lastCallId += 1;
      const callId = lastCallId;
      bridge.send({ type: 'call', callId, method, params });
      const reply = await until((message) => message.type === 'reply' && message.callId === callId);
      if (reply.type !== 'reply') throw new Error('not a reply');
      return reply;
    },
  };
}
