import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import type { Queryable, Statement } from '../database';

export interface StallingProxy {
  /** The server's address by way of the proxy. */
  readonly url: string;
  /** Lets nothing through, no end either, on the connections so far: all, or the one that comes to the server from this port. */
  stall(clientPort?: number): void;
  /** Lets through what has come meanwhile. */
  resume(): void;
}

/** Stands between a program and a server, as a network that can go silent. It goes with the test. */
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
      // A socket that is not read does not see an end.
      for (const socket of stalled.flat()) socket.pause();
    },
    resume() {
      for (const socket of pairs.flat()) socket.resume();
    },
  };
}

/** Ends the connection of the holder that has the lock, as the server does when nobody answers there. */
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

/** So that the holder does not hear of it, while its other connections work on. */
export async function endLockUnnoticed(admin: Queryable, proxy: StallingProxy): Promise<void> {
  const { rows } = await admin.query<{ port: number }>(findLockPort);
  proxy.stall(rows[0]?.port);
  await admin.query(endLock);
}
