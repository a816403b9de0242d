import { createStore, type StoreApi } from 'zustand/vanilla';
import type { MethodInput, MethodName, MethodResult } from '../../src-shared/contract';
import { fromWireError, IngotError } from '../../src-shared/errors';
import type { FeedFrame } from '../../src-shared/feed';
import type { HostMessage } from '../../src-shared/wire';
import type { Clock } from '../clock';
import type { ClosedWhy, Link, OpenLink } from './link';
import { createTraceparent } from './traceparent';

export type ConnectionState =
  /** For the first time, or after a loss. */
  | { readonly phase: 'connecting'; readonly attempt: number; readonly ended: boolean }
  | { readonly phase: 'open' }
  /** Retries at `retryAtMs`. `ended`: the last try found no program. */
  | { readonly phase: 'lost'; readonly attempt: number; readonly retryAtMs: number; readonly ended: boolean }
  /** The host no longer admits this window, so retrying is useless. */
  | { readonly phase: 'refused' };

/** The same for every shell: calls with one reply each, and the feed. */
export interface Client {
  /** @throws IngotError from the host, or `disconnected`. */
  call<Name extends MethodName>(method: Name, params: MethodInput<Name>): Promise<MethodResult<Name>>;
  /** Every frame of the feed in order, across reconnects: missed frames are replayed, or a reset says that they are gone. */
  subscribe(listener: (frame: FeedFrame) => void): () => void;
  readonly connection: StoreApi<ConnectionState>;
  /** Whether each call starts a trace: only for a host that traces. */
  trace(on: boolean): void;
  /** Tries now instead of waiting. */
  reconnect(): void;
  close(): void;
}

const FIRST_RETRY_MS = 250;
const LONGEST_RETRY_MS = 5_000;

/** @param attempt failed tries so far, from 1. */
export function retryDelayMs(attempt: number): number {
  return Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(attempt - 1, 10));
}

interface Waiting {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: IngotError) => void;
}

export function createClient(openLink: OpenLink, clock: Clock): Client {
  const connection = createStore<ConnectionState>(() => ({
    phase: 'connecting',
    attempt: 0,
    ended: false,
  }));
  const listeners = new Set<(frame: FeedFrame) => void>();
  const inFlight = new Map<number, Waiting>();
  /** Calls made before the first connection. */
  let queued: (() => void)[] = [];
  let link: Link | null = null;
  let nextCallId = 0;
  let failedTries = 0;
  let ended = false;
  /** The last frame seen: a reconnect asks for what follows it. */
  let seen: Pick<FeedFrame, 'feedId' | 'lastSeq'> | null = null;
  let cancelRetry: (() => void) | null = null;
  let closed = false;
  let tracing = false;

  const open = () => {
    cancelRetry?.();
    cancelRetry = null;
    connection.setState({ phase: 'connecting', attempt: failedTries, ended }, true);
    let mine: Link | null = null;
    let over = false;
    mine = openLink({
      opened: () => {
        if (over || closed) return;
        failedTries = 0;
        link?.send(
          seen === null
            ? { type: 'subscribe', afterSeq: null }
            : { type: 'subscribe', afterSeq: seen.lastSeq, feedId: seen.feedId },
        );
        connection.setState({ phase: 'open' }, true);
        const calls = queued;
        queued = [];
        for (const call of calls) call();
      },
      received: (message) => {
        if (!over && !closed) receive(message);
      },
      closed: (why) => {
        if (over) return;
        over = true;
        if (link === mine) link = null;
        if (!closed) lose(why);
      },
    });
    link = over ? null : mine;
  };

  const lose = (why: ClosedWhy) => {
    const lost = new IngotError('disconnected', 'The connection to Ingot was lost before it answered.');
    for (const waiting of inFlight.values()) waiting.reject(lost);
    inFlight.clear();
    if (why === 'refused') {
      connection.setState({ phase: 'refused' }, true);
      return;
    }
    failedTries += 1;
    ended = why === 'ended';
    const delayMs = retryDelayMs(failedTries);
    const retryAtMs = clock.nowMs() + delayMs;
    connection.setState({ phase: 'lost', attempt: failedTries, retryAtMs, ended }, true);
    cancelRetry = clock.after(delayMs, open);
  };

  const receive = (message: HostMessage) => {
    if (message.type === 'frame') {
      const { feedId, lastSeq } = message.frame;
      seen = { feedId, lastSeq };
      for (const listener of listeners) listener(message.frame);
      return;
    }
    const waiting = inFlight.get(message.callId);
    inFlight.delete(message.callId);
    if (message.ok) waiting?.resolve(message.result);
    else waiting?.reject(fromWireError(message.error));
  };

  const client: Client = {
    call<Name extends MethodName>(method: Name, params: MethodInput<Name>) {
      return new Promise<MethodResult<Name>>((resolve, reject) => {
        const send = () => {
          if (link === null || connection.getState().phase !== 'open') {
            reject(new IngotError('disconnected', 'Ingot is not connected.'));
            return;
          }
          const callId = nextCallId;
          nextCallId += 1;
          // The contract defines which result belongs to which method.
          inFlight.set(callId, { resolve: (result) => resolve(result as MethodResult<Name>), reject });
          const call = { type: 'call', callId, method, params } as const;
          link.send(tracing ? { ...call, traceparent: createTraceparent() } : call);
        };
        const state = connection.getState();
        if (state.phase === 'connecting' && state.attempt === 0) queued.push(send);
        else send();
      });
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    connection,
    trace(on) {
      tracing = on;
    },
    reconnect() {
      if (connection.getState().phase === 'lost') open();
    },
    close() {
      closed = true;
      cancelRetry?.();
      link?.close();
      link = null;
    },
  };
  open();
  return client;
}
