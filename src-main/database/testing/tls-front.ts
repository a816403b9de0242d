import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { pipeline } from 'node:stream';
import { TLSSocket } from 'node:tls';
import { CERTIFICATE, KEY } from './tls-certificate';

/** Postgres' request for TLS: its length, 8, and its code. */
const TLS_REQUEST = Buffer.from([0, 0, 0, 8, 4, 210, 22, 47]);

export interface TlsFront {
  readonly port: number;
  /** Connections with and without a request for TLS. */
  readonly asked: { tls: number; plain: number };
  close(): void;
}

/** Adds TLS in front of a Postgres server that has none. */
export async function openTlsFront(serverPort: number): Promise<TlsFront> {
  const asked = { tls: 0, plain: 0 };
  const sockets = new Set<Socket>();
  const front = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.once('data', (first) => {
      const isTls = first.equals(TLS_REQUEST);
      asked[isTls ? 'tls' : 'plain'] += 1;
      const server = connect(serverPort, '127.0.0.1');
      let inner = socket;
      if (isTls) {
        socket.write('S');
        inner = new TLSSocket(socket, { isServer: true, key: KEY, cert: CERTIFICATE });
      } else server.write(first);
      pipeline(inner, server, () => {});
      pipeline(server, inner, () => {});
    });
  }).listen(0, '127.0.0.1');
  await once(front, 'listening');
  return {
    port: (front.address() as AddressInfo).port,
    asked,
    close() {
      front.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}
