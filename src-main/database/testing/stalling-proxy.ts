import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import type { Queryable, Statement } from '../database';

export interface StallingProxy {
  /** The server's address through the proxy. */
  readonly url: string;
  /** Blocks the present connections, their ends included: all, or the one with this port on the server's side. */
  stall(clientPort?: number): void;
  /** Releases what has come meanwhile. */
  resume(): void;
}

/** A proxy before a server, as a network that can go silent. Closed after the test. */
export async function openStallingProxy(serverUrl: string): Promise<StallingProxy> {
  const target = new URL(serverUrl);
  const pairs: (readonly [Socket, Socket])[] = [];
  const proxy = createServer({ allowHalfOpen: true }, (near) => {
    const far = connect({ port: Number(target.port), host: target.hostname, allowHalfOpen: true });
    pairs.push([near, far]);
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      from.on('data', (bytes) => to.write(bytes));
      from.on('end', () => to.end());
      from.on('error', () => to.destroy());
    }
  }).listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  onTestFinished(() => {
    proxy.close();
    for (const socket of pairs.flat()) socket.destroy();
  });
  const url = new URL(serverUrl);
  url.port = String((proxy.address() as AddressInfo).port);
  return {
    url: url.href,
    stall(clientPort) {
      const stalled = pairs.filter(([, far]) => clientPort === undefined || far.localPort === clientPort);
      // A socket that is not read does not notice the end.
      for (const socket of stalled.flat()) socket.pause();
    },
    resume() {
      for (const socket of pairs.flat()) socket.resume();
    },
  };
}

/** Ends the lock holder's connection, as the server does for a silent peer. */
export const endLock: Statement = {
  name: 'end_lock',
  deadline: 'read',
  text: 'SELECT pg_terminate_backend(backend_pid, 10000) FROM ingot.holder',
};

const findLockPort: Statement = {
  name: 'find_lock_port',
  deadline: 'read',
  text: 'SELECT client_port AS port FROM ingot.holder JOIN pg_stat_activity AS a ON a.pid = backend_pid',
};

/** Without the holder noticing, while its other connections keep working. */
export async function endLockUnnoticed(admin: Queryable, proxy: StallingProxy): Promise<void> {
  const { rows } = await admin.query<{ port: number }>(findLockPort);
  proxy.stall(rows[0]?.port);
  await admin.query(endLock);
}
