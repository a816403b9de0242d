import { once } from 'node:events';
import WebSocket from 'ws';
import { openSession } from '../../src-main/shells/web/testing/browse';
import type { MethodInput, MethodName, MethodResult } from '../../src-shared/contract';
import { fromWireError } from '../../src-shared/errors';
import type { FeedFrame } from '../../src-shared/feed';
import type { ClientMessage, HostMessage } from '../../src-shared/wire';

/** A client of the web shell as its window is one, that keeps nothing of what it gets. */
export interface WebClient {
  readonly cookie: string;
  call<Name extends MethodName>(method: Name, params: MethodInput<Name>): Promise<MethodResult<Name>>;
  close(): void;
}

/** Redeems the address that the program printed, opens the socket, and follows the feed from now on. */
export async function connectToWeb(address: string, onFrame: (frame: FeedFrame) => void): Promise<WebClient> {
  const { origin, host } = new URL(address);
  const cookie = await openSession(address);
  const socket = new WebSocket(`ws://${host}/ws`, { headers: { cookie, origin } });
  const calls = new Map<number, { resolve: (result: unknown) => void; reject: (error: unknown) => void }>();
  let nextCallId = 0;
  const send = (message: ClientMessage) => socket.send(JSON.stringify(message));
  socket.on('message', (data) => {
    const message = JSON.parse(String(data)) as HostMessage;
    if (message.type === 'frame') return onFrame(message.frame);
    const call = calls.get(message.callId);
    calls.delete(message.callId);
    if (message.ok) call?.resolve(message.result);
    else call?.reject(fromWireError(message.error));
  });
  socket.on('close', () => {
    for (const call of calls.values()) call.reject(new Error('the web shell closed the connection'));
    calls.clear();
  });
  await once(socket, 'open');
  send({ type: 'subscribe', afterSeq: null });
  return {
    cookie,
    // The host answers by the contract; its own tests are what shows it.
    call: async <Name extends MethodName>(method: Name, params: MethodInput<Name>) => {
      const callId = nextCallId++;
      const result = await new Promise<unknown>((resolve, reject) => {
        calls.set(callId, { resolve, reject });
        send({ type: 'call', callId, method, params });
      });
      return result as MethodResult<Name>;
    },
    close: () => socket.close(),
  };
}
