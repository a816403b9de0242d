import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { findRedis } from '../../../../ops/ensure-redis.mjs';

const program = findRedis();

export const hasRedis = program !== undefined;
/** For the name of a skipped test. */
export const NO_REDIS = hasRedis
  ? ''
  : ' (skipped: no Redis on this machine, `node ops/ensure-redis.mjs` fetches one)';

export interface RedisServer {
  readonly address: string;
  start(): Promise<void>;
  /** As when the power fails; what it has acknowledged is on disk. */
  kill(): Promise<void>;
  close(): Promise<void>;
}

/** A server of its own, which keeps its port when it is killed and started again. */
export async function openRedisServer(password?: string): Promise<RedisServer> {
  if (!program) throw new Error('There is no Redis on this machine.');
  const directory = await mkdtemp(join(tmpdir(), 'ingot-redis-'));
  const port = await findFreePort();
  let server: ChildProcess | null = null;
  const kill = async () => {
    if (!server) return;
    const ended = once(server, 'exit');
    server.kill('SIGKILL');
    await ended;
    server = null;
  };
  const args = ['--port', String(port), '--bind', '127.0.0.1', '--dir', directory];
  const options = ['--save', '', '--appendonly', 'yes', '--appendfsync', 'no'];
  const redis: RedisServer = {
    address: `redis://127.0.0.1:${port}`,
    async start() {
      const started = spawn(
        program.program,
        [...args, ...options, ...(password ? ['--requirepass', password] : [])],
        {
          env: { ...process.env, LD_LIBRARY_PATH: program.libraries },
          stdio: ['ignore', 'pipe', 'inherit'],
        },
      );
      server = started;
      const said: string[] = [];
      for await (const text of createInterface({ input: started.stdout })) {
        if (text.includes('Ready to accept connections')) break;
        said.push(text);
      }
      started.stdout.resume();
      if (started.exitCode !== null) throw new Error(said.join('\n'));
    },
    kill,
    async close() {
      await kill();
      await rm(directory, { recursive: true });
    },
  };
  await redis.start();
  return redis;
}

async function findFreePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
