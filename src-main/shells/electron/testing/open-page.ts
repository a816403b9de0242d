import type { IngotBridge } from '../../../../src-shared/bridge';
import type { HostMessage } from '../../../../src-shared/wire';
import { contextBridge, type FakeWebContents } from './fake-electron';

export interface FakePage {
  readonly bridge: IngotBridge<File>;
  /** Everything that came from the host, in order. */
  readonly received: readonly HostMessage[];
  /** Resolves with the first message that fits, come already or to come. */
  until(fits: (message: HostMessage) => boolean): Promise<HostMessage>;
  /** Asks the host, and gives its reply. */
  call(method: string, params?: unknown): Promise<Extract<HostMessage, { type: 'reply' }>>;
}

let pages = 0;

/** Runs the real preload in the page that `contents` shows, and gives what the page has of it. */
export async function openPage(contents: FakeWebContents): Promise<FakePage> {
  if (contents.getURL() === '') throw new Error('the window shows no page yet');
  pages += 1;
  // With a query of its own it is a module of its own, as every load of a page has.
  await import(/* @vite-ignore */ `../preload?page=${pages}`);
  // The preload checks this very shape with `satisfies`.
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
