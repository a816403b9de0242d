import { expect, it, onTestFinished } from 'vitest';
import { connectionSchema } from '../../../src-shared/connections';
import type { Clock } from '../../time/clock';
import { createVirtualClock } from '../../time/testing/virtual-clock';
import type { LiveMessage } from './live-source';
import { createMessageQueue } from './message-queue';
import { besideRpc, createRpcSource, LONGEST_SILENCE_MS, type RpcConnection } from './rpc';
import { type RpcServer, type ServedAccount, startRpcServer } from './testing/rpc-server';

const PROGRAM = 'TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA';
const KEYS = [
  'So11111111111111111111111111111111111111112',
  'SysvarC1ock11111111111111111111111111111111',
] as const;
const [FIRST, SECOND] = KEYS;

const holding = (lamports: number): ServedAccount => ({
  lamports,
  owner: PROGRAM,
  executable: false,
  rentEpoch: 18_446_744_073_709_551_615n,
  space: 3,
  data: ['AQID', 'base64'],
});

/** Its time is the test's; a breath lets sockets be read. */
const createClock = (): Clock => ({
  ...createVirtualClock(),
  breathe: () => new Promise((resolve) => setImmediate(resolve)),
});

const start = async (options?: Parameters<typeof startRpcServer>[0]) => {
  const server = await startRpcServer(options);
  onTestFinished(() => server.close());
  return server;
};
const connectionTo = ({ rpc, subscriptions }: RpcServer, of: object = { programs: [PROGRAM] }) =>
  connectionSchema.parse({ kind: 'rpc', rpc, subscriptions, ...of }) as RpcConnection;

/** Follows a source on one connection; what it has said so far, in words. */
function follow(server: RpcServer, of?: object, clock: Clock = createClock()) {
  const ending = new AbortController();
  const said: string[] = [];
  const messages: LiveMessage[] = [];
  let wake = () => {};
  const source = createRpcSource(connectionTo(server, of), { clock, secret: null });
  const ended = (async () => {
    for await (const chunk of source.connect(null, ending.signal)) {
      messages.push(...chunk);
      said.push(...chunk.map(inWords));
      wake();
    }
  })().catch((error: unknown) => error);
  onTestFinished(async () => {
    ending.abort();
    await ended;
  });
  const until = async (words: string) => {
    while (!said.includes(words)) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  };
  return { said, messages, until, ended, stop: () => ending.abort(), name: source.name };
}

function inWords(message: LiveMessage): string {
  switch (message.kind) {
    case 'account': {
      const { id, slot, state } = message.account;
      return `${id.slice(0, 3)} at ${slot}: ${state?.lamports ?? 'closed'}`;
    }
    case 'slot':
      return `${message.status} ${message.slot}`;
    case 'covers':
      return `covers from ${message.fromSlot}`;
    default:
      return message.kind;
  }
}

it('reads a snapshot, then what was said since it subscribed, and nothing that is older than the snapshot', async () => {
  const server = await start();
  server.slot({ [FIRST]: holding(5) });
  const { said, messages, until, name } = follow(server);
  await until('covers from 101');
  server.repeat(FIRST, holding(4), 100);
  server.repeat(FIRST, holding(5), 101);
  server.slot({ [FIRST]: holding(6), [SECOND]: holding(9) });
  server.die(99);
  server.slot({ [SECOND]: null });
  await until('Sys at 103: closed');
  await until('dead 99');
  expect(said.filter((words) => words.startsWith('covers') || words.includes(' at '))).toEqual([
    'So1 at 101: 5',
    'covers from 101',
    'So1 at 102: 6',
    'Sys at 102: 9',
    'Sys at 103: closed',
  ]);
  const [first] = messages;
  expect(first).toMatchObject({
    account: {
      writeVersion: null,
      state: { owner: PROGRAM, rentEpoch: '18446744073709551615', data: { kind: 'bytes', space: 3 } },
    },
  });
  expect(name).toBe(`${server.subscriptions} ${PROGRAM.slice(0, 8)}…`);
});

it('says of a slot that it is confirmed once the next one is, with all of its updates before', async () => {
  const server = await start();
  const { said, until } = follow(server);
  await until('covers from 100');
  server.slot({ [FIRST]: holding(1) });
  server.slot({ [FIRST]: holding(2) });
  await until('confirmed 101');
  expect(said.indexOf('confirmed 101')).toBeGreaterThan(said.indexOf('So1 at 101: 1'));
  expect(said).not.toContain('confirmed 102');
});

it('asks for single accounts: those that are not there are closed', async () => {
  const server = await start({ hasSlotsUpdates: false });
  server.slot({ [FIRST]: holding(5) });
  const { said, until } = follow(server, { accounts: [FIRST, SECOND] });
  await until('covers from 101');
  server.slot({ [SECOND]: holding(7) });
  await until('Sys at 102: 7');
  expect(said.filter((words) => words.includes(' at '))).toEqual([
    'So1 at 101: 5',
    'Sys at 101: closed',
    'Sys at 102: 7',
  ]);
  // The plain slots tell the head.
  await until('processed 102');
});

it('notices a socket that ends, and a server that is silent while its socket stays open', async () => {
  const ending = await start();
  const first = follow(ending);
  await first.until('covers from 100');
  ending.breakOff();
  expect(await first.ended).toMatchObject({ code: 'source_broken' });
  const silent = await start();
  const clock = createClock();
  const second = follow(silent, undefined, clock);
  await second.until('covers from 100');
  silent.silence();
  await clock.waitUntil(LONGEST_SILENCE_MS + 1);
  expect(await second.ended).toMatchObject({
    code: 'source_broken',
    message: expect.stringContaining('has been silent for 30 s'),
  });
});

it.each([
  ['a subscription', (server: RpcServer) => server.silence()],
  ['a snapshot', (server: RpcServer) => server.answerHttp(() => undefined)],
])('is lost when %s is never answered', async (_, hang) => {
  const server = await start();
  hang(server);
  const clock = createClock();
  const { ended } = follow(server, undefined, clock);
  await server.asked();
  server.silence();
  await clock.waitUntil(LONGEST_SILENCE_MS + 1);
  expect(await ended).toMatchObject({ code: 'source_broken' });
});

it('gives up where the server refuses, and says nothing of the secret', async () => {
  const server = await start();
  server.answerHttp((response) => response.writeHead(401).end());
  const secret = 'deep secret';
  const connection = connectionTo(server, { programs: [PROGRAM], token: 'KEY' });
  const source = createRpcSource(
    {
      ...connection,
      rpc: `${connection.rpc}/?api-key={token}`,
      subscriptions: `${connection.subscriptions}/?api-key={token}`,
    },
    { clock: createClock(), secret },
  );
  const read = async () => {
    for await (const _ of source.connect(null, new AbortController().signal));
  };
  const error: unknown = await read().catch((refusal: unknown) => refusal);
  expect(error).toMatchObject({ code: 'source_unreadable', message: expect.stringContaining('HTTP 401') });
  expect(JSON.stringify([source.name, error, String(error)])).not.toMatch(/deep|api-key/);
  server.answerHttp((response) => response.writeHead(503).end());
  await expect(read()).rejects.toMatchObject({ code: 'source_broken' });
});

it('says which accounts of a program were closed while it was not connected', async () => {
  const server = await start();
  server.slot({ [FIRST]: holding(5), [SECOND]: holding(6) });
  const source = createRpcSource(connectionTo(server), { clock: createClock(), secret: null });
  const readSnapshot = async () => {
    const said: string[] = [];
    const ending = new AbortController();
    for await (const chunk of source.connect(null, ending.signal)) {
      said.push(...chunk.map(inWords));
      if (said.some((words) => words.startsWith('covers'))) ending.abort();
    }
    return said;
  };
  await readSnapshot();
  server.slot({ [SECOND]: null });
  expect((await readSnapshot()).slice(0, 3)).toEqual([
    'So1 at 102: 5',
    'Sys at 102: closed',
    'covers from 102',
  ]);
});

it('hands on what changes while a long snapshot is read, and covers nothing before all of it has come', async () => {
  const server = await start();
  server.slot({ [FIRST]: holding(5), [SECOND]: holding(6) });
  let goOn = () => {};
  server.answerHttp((response, answer) => {
    const middle = answer.indexOf(SECOND);
    response.write(answer.slice(0, middle));
    goOn = () => response.end(answer.slice(middle));
  });
  const { said, until } = follow(server);
  await until('So1 at 101: 5');
  server.repeat(FIRST, holding(4), 100);
  server.slot({ [FIRST]: holding(7) });
  server.slot({ [SECOND]: null });
  await server.heard();
  goOn();
  await until('covers from 101');
  await until('confirmed 102');
  const ofAccounts = said.filter((words) => words.includes(' at ') || words.startsWith('covers'));
  expect(ofAccounts).toEqual([
    'So1 at 101: 5',
    'Sys at 101: 6',
    'So1 at 102: 7',
    'Sys at 103: closed',
    'covers from 101',
  ]);
});

it('is lost when a snapshot breaks off: what came is handed on, and nothing is covered or closed by it', async () => {
  const server = await start();
  server.slot({ [FIRST]: holding(5), [SECOND]: holding(6) });
  const first = follow(server);
  await first.until('covers from 101');
  server.answerHttp((response, answer) => response.end(answer.slice(0, answer.indexOf(SECOND))));
  const { said, ended } = follow(server);
  expect(await ended).toMatchObject({
    code: 'source_broken',
    message: expect.stringContaining('is not complete'),
  });
  expect(said).toEqual(['So1 at 101: 5']);
});

it('lets a bounded amount wait', async () => {
  const queue = createMessageQueue<number>(2_000);
  queue.push(1, 500);
  queue.push(2, 10_000);
  queue.push(3, 1);
  const taken: number[] = [];
  const take = async () => {
    for await (const chunk of queue.chunks()) taken.push(...chunk);
  };
  await expect(take()).rejects.toMatchObject({ code: 'source_broken' });
  expect(taken).toEqual([1]);
});

it.each([
  ['https://host/path?x=1', 'wss://host/path?x=1'],
  ['http://127.0.0.1:8899', 'ws://127.0.0.1:8900'],
  ['http://[::1]:8899/', 'ws://[::1]:8900/'],
])('finds the socket beside %s', (rpc, subscriptions) => {
  expect(besideRpc(rpc)).toBe(subscriptions);
});

it.each(['https://user:word@host/', 'https://host/?api-key=abc', 'https://host/?x=1&access_token=abc'])(
  'takes no address with a secret in it: %s',
  (rpc) => {
    expect(connectionSchema.safeParse({ kind: 'rpc', rpc }).success).toBe(false);
    expect(connectionSchema.safeParse({ kind: 'rpc', rpc: 'https://host/?api-key={token}' }).success).toBe(
      true,
    );
  },
);
