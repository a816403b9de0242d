import { z } from 'zod';
import type { WireError } from './errors';
import type { FeedFrame } from './feed';

/** The messages between a client and its host, the same over WebSocket and IPC. */

/** The longest message that a host accepts from a client, in bytes. */
export const MAX_CLIENT_MESSAGE_BYTES = 256 * 1024;

export const clientMessageSchema = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('call'),
    /** Chosen by the client; comes back with the reply. */
    callId: z.int().min(0),
    method: z.string().max(64),
    params: z.unknown(),
    /** The trace that the call belongs to, as W3C has it; only where the host says that it keeps traces. */
    traceparent: z
      .string()
      .regex(/^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-0[01]$/)
      .optional(),
  }),
  z.strictObject({
    type: z.literal('subscribe'),
    /** Feed position that the client has seen up to; null: it has seen nothing, and gets the latest of the past. */
    afterSeq: z.int().min(0).nullable(),
    /** The feed that `afterSeq` is a position of, as its frames named it. */
    feedId: z.string().max(64).optional(),
  }),
]);
export type ClientMessage = z.infer<typeof clientMessageSchema>;

export type HostMessage =
  | { readonly type: 'reply'; readonly callId: number; readonly ok: true; readonly result: unknown }
  | { readonly type: 'reply'; readonly callId: number; readonly ok: false; readonly error: WireError }
  | { readonly type: 'frame'; readonly frame: FeedFrame };

/** The first message on a WebSocket. A window that meets another instance than before belongs to a process that has ended. */
export interface HelloMessage {
  readonly type: 'hello';
  readonly instance: string;
}
