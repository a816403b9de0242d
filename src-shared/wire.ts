import { z } from 'zod';
import type { WireError } from './errors';
import type { FeedFrame } from './feed';

/** The messages between a client and its host, the same over WebSocket and IPC. */

/** Longest message that a host accepts, in bytes. */
export const MAX_CLIENT_MESSAGE_BYTES = 256 * 1024;

export const clientMessageSchema = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('call'),
    /** Chosen by the client and returned with the reply. */
    callId: z.int().min(0),
    method: z.string().max(64),
    params: z.unknown(),
    /** W3C trace context; only if the host traces calls. */
    traceparent: z
      .string()
      .regex(/^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-0[01]$/)
      .optional(),
  }),
  z.strictObject({
    type: z.literal('subscribe'),
    /** The client has seen the feed up to here; null: it has seen nothing and gets the latest events. */
    afterSeq: z.int().min(0).nullable(),
    /** The feed to which `afterSeq` belongs. */
    feedId: z.string().max(64).optional(),
  }),
]);
export type ClientMessage = z.infer<typeof clientMessageSchema>;

export type HostMessage =
  | { readonly type: 'reply'; readonly callId: number; readonly ok: true; readonly result: unknown }
  | { readonly type: 'reply'; readonly callId: number; readonly ok: false; readonly error: WireError }
  | { readonly type: 'frame'; readonly frame: FeedFrame };

/** First message on a WebSocket. A window that sees a different instance belongs to a process that has ended. */
export interface HelloMessage {
  readonly type: 'hello';
  readonly instance: string;
}
