import { IngotError, toWireError } from '../../src-shared/errors';
import { type ClientMessage, clientMessageSchema, type HostMessage } from '../../src-shared/wire';
import type { Dispatch } from './dispatch';
import type { Feed } from './feed';

/** A client's socket or message channel, provided by the shell. */
export interface ClientTransport {
  send(message: HostMessage): void;
  /** Bytes sent but not yet received: the client's lag. */
  bufferedBytes(): number;
  /** The client broke the protocol; the shell closes the connection. */
  refuse(reason: IngotError): void;
}

export interface ClientConnection {
  /** Handles one message, parsed but not checked. */
  receive(message: unknown): void;
  /** Ends the feed and drops outstanding replies. Idempotent. */
  close(): void;
}

/** Limit for a client's pending calls. A window needs a handful. */
const MAX_CALLS_IN_HAND = 64;

export function createConnection(
  { dispatch, feed }: { readonly dispatch: Dispatch; readonly feed: Feed },
  transport: ClientTransport,
): ClientConnection {
  const subscription = feed.subscribe({
    send: (frame) => transport.send({ type: 'frame', frame }),
    bufferedBytes: () => transport.bufferedBytes(),
  });
  let callsInHand = 0;
  let closed = false;

  const send = (message: HostMessage) => {
    if (!closed) transport.send(message);
  };
  const answer = async ({ callId, ...call }: Extract<ClientMessage, { type: 'call' }>) => {
    if (callsInHand >= MAX_CALLS_IN_HAND) {
      const error = new IngotError('conflict', 'Too many calls at once. Wait for the answers first.');
      return send({ type: 'reply', callId, ok: false, error: toWireError(error) });
    }
    callsInHand += 1;
    try {
      send({
        type: 'reply',
        callId,
        ok: true,
        result: await dispatch(call.method, call.params, call.traceparent),
      });
    } catch (error) {
      send({ type: 'reply', callId, ok: false, error: toWireError(error) });
    } finally {
      callsInHand -= 1;
    }
  };

  return {
    receive(message) {
      if (closed) return;
      const parsed = clientMessageSchema.safeParse(message);
      if (!parsed.success) {
        transport.refuse(
          new IngotError('invalid_input', 'The message is not of the protocol.', {}, parsed.error),
        );
        return;
      }
      if (parsed.data.type === 'subscribe') {
        subscription.start(parsed.data.afterSeq, parsed.data.feedId);
      } else void answer(parsed.data);
    },
    close() {
      closed = true;
      subscription.end();
    },
  };
}
