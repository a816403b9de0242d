import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';

/** An account as the protocol writes it, but for its key. */
export interface ServedAccount {
  readonly lamports: number;
  readonly owner: string;
  readonly executable: boolean;
  readonly rentEpoch: bigint;
  readonly space: number;
  readonly data: readonly [string, 'base64'];
}

export interface RpcServer {
  readonly rpc: string;
  readonly subscriptions: string;
  /** The next slot: these accounts change in it, null: closed. It is confirmed at once. */
  slot(changes: Readonly<Record<string, ServedAccount | null>>): number;
  /** Says once more what was said of an account's slot; `slot` may be older than what was said since. */
  repeat(key: string, account: ServedAccount, slot: number): void;
  die(slot: number): void;
  /** Resolves once what was said has come to all. */
  heard(): Promise<void>;
  /** Ends all sockets as a crash does. */
  breakOff(): void;
  /** Sockets stay open, and nothing comes any more. */
  silence(): void;
  /** Resolves once HTTP was asked, or a silent socket. */
  asked(): Promise<void>;
  /** How HTTP requests are answered from now on, given the right answer; null: with it. */
  answerHttp(how: AnswerHttp | null): void;
  /** Sockets that have subscribed to slots. */
  subscribers(): number;
  snapshots(): number;
  close(): Promise<void>;
}

export type AnswerHttp = (response: ServerResponse, answer: string) => void;

interface Subscription {
  readonly id: number;
  readonly method: string;
  readonly key: string;
}

const OWNER_OF_CLOSED = '11111111111111111111111111111111';
/** Written by hand: JSON has numbers of any size. */
const toJson = (value: unknown): string =>
  JSON.stringify(value, (_, each) => (typeof each === 'bigint' ? `#${each}#` : each)).replaceAll(
    /"#(\d+)#"/g,
    '$1',
  );

/** A validator's JSON-RPC over HTTP and WebSocket, as https://solana.com/docs/rpc describes it, on real sockets. */
export async function startRpcServer({ hasSlotsUpdates = true } = {}): Promise<RpcServer> {
  const accounts = new Map<string, ServedAccount>();
  const clients = new Map<WebSocket, Subscription[]>();
  let head = 100;
  let nextId = 1;
  let isSilent = false;
  let onAsked = () => {};
  const asked = new Promise<void>((resolve) => {
    onAsked = resolve;
  });
  let answerOtherwise: AnswerHttp | null = null;
  let snapshots = 0;

  const answer = (response: ServerResponse, id: unknown, content: object) => {
    const text = toJson({ jsonrpc: '2.0', id, ...content });
    response.setHeader('content-type', 'application/json');
    if (answerOtherwise === null) response.end(text);
    else answerOtherwise(response, text);
    onAsked();
  };
  const http = createServer((request, response) => {
    let text = '';
    request.on('data', (piece) => {
      text += piece;
    });
    request.on('end', () => {
      const { id, method, params } = JSON.parse(text) as { id: unknown; method: string; params: unknown[] };
      const [first, config] = params as [unknown, { minContextSlot?: number }];
      if ((config.minContextSlot ?? 0) > head) {
        const message = 'Minimum context slot has not been reached';
        answer(response, id, { error: { code: -32016, message, data: { contextSlot: head } } });
        return;
      }
      const context = { apiVersion: '2.2.0', slot: head };
      snapshots += 1;
      if (method === 'getProgramAccounts') {
        const value = [...accounts]
          .filter(([, { owner }]) => owner === first)
          .map(([pubkey, account]) => ({ pubkey, account }));
        answer(response, id, { result: { context, value } });
      } else {
        const value = (first as string[]).map((key) => accounts.get(key) ?? null);
        answer(response, id, { result: { context, value } });
      }
    });
  });
  const sockets = new WebSocketServer({ server: http });
  sockets.on('connection', (socket) => {
    const mine: Subscription[] = [];
    clients.set(socket, mine);
    socket.on('close', () => clients.delete(socket));
    socket.on('message', (raw) => {
      const { id, method, params } = JSON.parse(String(raw)) as {
        id: unknown;
        method: string;
        params?: [string];
      };
      if (isSilent) onAsked();
      if (method === 'ping' || isSilent) return;
      if (method === 'slotsUpdatesSubscribe' && !hasSlotsUpdates) {
        socket.send(toJson({ jsonrpc: '2.0', id, error: { code: -32601, message: 'Method not found' } }));
        return;
      }
      if (method.endsWith('Unsubscribe')) {
        socket.send(toJson({ jsonrpc: '2.0', id, result: true }));
        return;
      }
      const subscription = { id: nextId++, method: method.replace('Subscribe', ''), key: params?.[0] ?? '' };
      mine.push(subscription);
      socket.send(toJson({ jsonrpc: '2.0', id, result: subscription.id }));
    });
  });
  const send = (socket: WebSocket, { id, method }: Subscription, result: unknown) => {
    if (isSilent) return;
    socket.send(
      toJson({ jsonrpc: '2.0', method: `${method}Notification`, params: { result, subscription: id } }),
    );
  };
  const sayHead = (socket: WebSocket, subscription: Subscription) =>
    send(
      socket,
      subscription,
      subscription.method === 'slot'
        ? { parent: head - 1, root: head - 32, slot: head }
        : { slot: head, parent: head - 1, timestamp: 0, type: 'createdBank' },
    );
  // As a real one says the next slot again and again.
  const saying = setInterval(() => {
    for (const [socket, subscriptions] of clients) {
      for (const each of subscriptions) if (each.method.startsWith('slot')) sayHead(socket, each);
    }
  }, 10);
  const toAll = (method: string, tell: (subscription: Subscription) => unknown) => {
    for (const [socket, subscriptions] of clients) {
      for (const subscription of subscriptions) {
        if (subscription.method !== method) continue;
        const result = tell(subscription);
        if (result !== undefined) send(socket, subscription, result);
      }
    }
  };
  const sayAccount = (pubkey: string, account: ServedAccount, slot: number, owner: string) => {
    const context = { slot };
    toAll('program', ({ key }) => (key === owner ? { context, value: { pubkey, account } } : undefined));
    toAll('account', ({ key }) => (key === pubkey ? { context, value: account } : undefined));
  };

  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  const { port } = http.address() as AddressInfo;
  return {
    rpc: `http://127.0.0.1:${port}`,
    subscriptions: `ws://127.0.0.1:${port}`,
    slot(changes) {
      head += 1;
      const before = new Map(accounts);
      for (const [key, account] of Object.entries(changes)) {
        if (account === null) accounts.delete(key);
        else accounts.set(key, account);
      }
      toAll('slot', () => ({ parent: head - 1, root: head - 32, slot: head }));
      toAll('slotsUpdates', () => ({ slot: head, parent: head - 1, timestamp: 0, type: 'createdBank' }));
      for (const [key, account] of Object.entries(changes)) {
        const owner = account?.owner ?? before.get(key)?.owner ?? '';
        const closed: ServedAccount = {
          lamports: 0,
          owner: OWNER_OF_CLOSED,
          executable: false,
          rentEpoch: 0n,
          space: 0,
          data: ['', 'base64'],
        };
        sayAccount(key, account ?? closed, head, owner);
      }
      toAll('slotsUpdates', () => ({ slot: head, timestamp: 0, type: 'optimisticConfirmation' }));
      return head;
    },
    repeat: (key, account, slot) => sayAccount(key, account, slot, account.owner),
    die: (slot) => toAll('slotsUpdates', () => ({ slot, timestamp: 0, err: 'unconfirmed', type: 'dead' })),
    async heard() {
      for (const socket of clients.keys()) {
        socket.ping();
        await once(socket, 'pong');
      }
    },
    breakOff() {
      for (const socket of clients.keys()) socket.terminate();
    },
    silence() {
      isSilent = true;
    },
    asked: () => asked,
    answerHttp(how) {
      answerOtherwise = how;
    },
    subscribers: () =>
      [...clients.values()].filter((all) => all.some(({ method }) => method.startsWith('slot'))).length,
    snapshots: () => snapshots,
    async close() {
      clearInterval(saying);
      for (const socket of clients.keys()) socket.terminate();
      http.closeAllConnections();
      await new Promise((resolve) => sockets.close(resolve));
      await new Promise((resolve) => http.close(resolve));
    },
  };
}
