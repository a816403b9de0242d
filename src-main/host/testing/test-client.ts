import type { MethodInput, MethodName, MethodResult } from '../../../src-shared/contract';
import { fromWireError } from '../../../src-shared/errors';
import type { FeedEvent, FeedFrame } from '../../../src-shared/feed';
import type { ClientMessage, HostMessage } from '../../../src-shared/wire';

/** A client of the host over any transport, with its frames. */
export interface TestClient {
  call<Name extends MethodName>(method: Name, params: MethodInput<Name>): Promise<MethodResult<Name>>;
  /** For calls that our page would never make. */
  callAnything(method: string, params: unknown): Promise<unknown>;
  subscribe(afterSeq: number | null): void;
  readonly frames: readonly FeedFrame[];
  events(): readonly FeedEvent[];
  /** Resolves with the first matching frame, past or future, after the first `skip` ones. */
  untilFrame(fits: (frame: FeedFrame) => boolean, skip?: number): Promise<FeedFrame>;
  /** No frame so far is a past one any more. */
  forget(): void;
  /** Pass it every message of the host. */
  receive(message: HostMessage): void;
}

export function createTestClient(send: (message: ClientMessage) => void): TestClient {
  const frames: FeedFrame[] = [];
  const calls = new Map<number, { resolve: (result: unknown) => void; reject: (error: unknown) => void }>();
  const waiting = new Set<{ fits: (frame: FeedFrame) => boolean; resolve: (frame: FeedFrame) => void }>();
  let nextCallId = 0;

  const callAnything = (method: string, params: unknown) =>
    new Promise<unknown>((resolve, reject) => {
      const callId = nextCallId++;
      calls.set(callId, { resolve, reject });
      send({ type: 'call', callId, method, params });
    });

  return {
    frames,
    callAnything,
    // The host answers by the contract, as these tests show.
    call: async <Name extends MethodName>(method: Name, params: MethodInput<Name>) =>
      (await callAnything(method, params)) as MethodResult<Name>,
    subscribe: (afterSeq) => send({ type: 'subscribe', afterSeq }),
    events: () => frames.flatMap((frame) => (frame.kind === 'events' ? frame.events : [])),
    untilFrame: (fits, skip = 0) =>
      new Promise((resolve) => {
        const found = frames.slice(skip).find(fits);
        if (found) resolve(found);
        else waiting.add({ fits, resolve });
      }),
    forget: () => void frames.splice(0),
    receive(message) {
      if (message.type === 'reply') {
        const call = calls.get(message.callId);
        calls.delete(message.callId);
        if (message.ok) call?.resolve(message.result);
        else call?.reject(fromWireError(message.error));
        return;
      }
      frames.push(message.frame);
      for (const one of waiting) {
        if (!one.fits(message.frame)) continue;
        waiting.delete(one);
        one.resolve(message.frame);
      }
    },
  };
}
