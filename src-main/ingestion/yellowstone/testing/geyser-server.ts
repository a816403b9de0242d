import { readFileSync } from 'node:fs';
import { Server, ServerCredentials, type ServerDuplexStream, status } from '@grpc/grpc-js';
import protobuf from 'protobufjs';

const { root } = protobuf.parse(readFileSync(new URL('../geyser.proto', import.meta.url), 'utf8'));
const SubscribeUpdate = root.lookupType('geyser.SubscribeUpdate');
const SubscribeRequest = root.lookupType('geyser.SubscribeRequest');

/** As `fromObject` of the protocol takes it. */
export type WireUpdate = Readonly<Record<string, unknown>>;
export interface WireRequest {
  readonly accounts?: Readonly<Record<string, { readonly account?: string[]; readonly owner?: string[] }>>;
  readonly commitment?: string;
  readonly fromSlot?: string;
  readonly ping?: object;
}
type Stream = ServerDuplexStream<WireRequest, WireUpdate>;

export interface GeyserServer {
  readonly address: string;
  /** The first of each stream, and how many pings were answered. */
  readonly requests: WireRequest[];
  readonly tokens: string[];
  readonly answeredPings: () => number;
  /** The highest slot that is confirmed. */
  readonly head: () => number;
  /** Confirms the next slots, each with two account updates, and sends them to all streams. */
  produce(slots: number): void;
  /** Sends the first update of the next slot. */
  begin(): void;
  send(...updates: WireUpdate[]): void;
  /** Ends all streams with this status. */
  fail(code: status, details: string): void;
  /** The end of the process: sockets break. It comes again at the same address. */
  kill(): void;
  start(): Promise<void>;
  /** Resolves once so many streams have begun since it was opened. */
  untilStreams(count: number): Promise<void>;
  /** Resolves once it sends to somebody. */
  untilConnected(): Promise<void>;
  close(): void;
}

export interface GeyserServerOptions {
  /** How many slots back it can send again; what is older is forgotten. Null: it sends nothing again. */
  readonly remembers?: number | null;
  readonly token?: string;
}

const accountUpdate = (slot: number, index: number): WireUpdate => ({
  account: {
    slot,
    account: {
      pubkey: new Uint8Array(32).fill(index + 1),
      lamports: 1_000_000 + slot,
      owner: new Uint8Array(32).fill(9),
      data: new Uint8Array([slot % 256, index]),
      rentEpoch: '18446744073709551615',
      writeVersion: slot * 10 + index,
    },
  },
});
const slotUpdate = (slot: number, reached: number): WireUpdate => ({ slot: { slot, status: reached } });
const updatesOf = (slot: number): WireUpdate[] => [
  slotUpdate(slot, 3),
  slotUpdate(slot, 0),
  accountUpdate(slot, 0),
  accountUpdate(slot, 1),
  slotUpdate(slot, 1),
];

/** Speaks the published protocol on a real socket, and drops, forgets and repeats when it is told to. */
export async function openGeyserServer({
  remembers = null,
  token,
}: GeyserServerOptions = {}): Promise<GeyserServer> {
  let port = 0;
  let server: Server;
  let head = 0;
  let begun = 0;
  let pings = 0;
  const streams = new Set<Stream>();
  const requests: WireRequest[] = [];
  const tokens: string[] = [];
  let wake = (): void => undefined;

  const subscribe = (stream: Stream) => {
    const given = String(stream.metadata.get('x-token')[0] ?? '');
    tokens.push(given);
    if (token !== undefined && given !== token) {
      stream.emit('error', { code: status.UNAUTHENTICATED, details: 'Missing or invalid authentication' });
      return;
    }
    stream.on('error', () => streams.delete(stream));
    stream.on('cancelled', () => streams.delete(stream));
    let isFirst = true;
    stream.on('data', (request: WireRequest) => {
      if (request.ping) pings++;
      if (!isFirst) return;
      isFirst = false;
      requests.push(request);
      begun++;
      if (request.fromSlot !== undefined) {
        const from = Number(request.fromSlot);
        const oldest = Math.max(1, head + 1 - (remembers ?? 0));
        const details =
          remembers === null
            ? 'from_slot is not supported'
            : `broadcast from ${from} is not available, last available: ${oldest}`;
        if (remembers === null || from < oldest) {
          stream.emit('error', { code: status.OUT_OF_RANGE, details });
          wake();
          return;
        }
        for (let slot = from; slot <= head; slot++)
          for (const update of updatesOf(slot)) stream.write(update);
      }
      streams.add(stream);
      wake();
    });
  };

  const send = (...updates: WireUpdate[]) => {
    for (const stream of streams) for (const update of updates) stream.write(update);
  };
  const start = async () => {
    server = new Server({ 'grpc.max_send_message_length': -1 });
    server.addService(
      {
        subscribe: {
          path: '/geyser.Geyser/Subscribe',
          requestStream: true,
          responseStream: true,
          requestSerialize: () => Buffer.alloc(0),
          requestDeserialize: (bytes: Buffer) =>
            SubscribeRequest.toObject(SubscribeRequest.decode(bytes), { longs: String, enums: String }),
          responseSerialize: (update: WireUpdate) =>
            Buffer.from(SubscribeUpdate.encode(SubscribeUpdate.fromObject(update)).finish()),
          responseDeserialize: () => ({}),
        },
      },
      { subscribe },
    );
    port = await new Promise<number>((resolve, reject) =>
      server.bindAsync(`127.0.0.1:${port}`, ServerCredentials.createInsecure(), (error, bound) =>
        error ? reject(error) : resolve(bound),
      ),
    );
  };
  const kill = () => {
    server.forceShutdown();
    streams.clear();
  };
  const until = async (isSo: () => boolean) => {
    while (!isSo()) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  };
  await start();
  return {
    address: `http://127.0.0.1:${port}`,
    requests,
    tokens,
    answeredPings: () => pings,
    head: () => head,
    produce(slots) {
      for (let count = 0; count < slots; count++) send(...updatesOf(++head));
    },
    begin: () => send(slotUpdate(head + 1, 0), accountUpdate(head + 1, 0)),
    send,
    fail(code, details) {
      for (const stream of streams) stream.emit('error', { code, details });
      streams.clear();
    },
    kill,
    start,
    untilStreams: (count) => until(() => begun >= count),
    untilConnected: () => until(() => streams.size > 0),
    close: kill,
  };
}
