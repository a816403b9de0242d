import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { createClient } from '@redis/client';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { connectionSchema } from '../../../src-shared/connections';
import { readingFrom } from '../../../src-shared/mapping';
import { createRedisSource, type RedisSourceOptions } from './redis-source';
import { hasRedis, NO_REDIS, openRedisServer, type RedisServer } from './testing/redis-server';
import { createTaker, idsOf, type Taker } from './testing/taker';

const STREAM = 'updates';
const textOf = (id: string | number) =>
  `{"id":"${id}","accountType":"mint","tokens":1,"version":1,"callbackTimeMs":0}`;

describe.skipIf(!hasRedis)(`a Redis stream${NO_REDIS}`, () => {
  let server: RedisServer;
  let taker: Taker;
  beforeEach(async () => {
    server = await openRedisServer();
    taker = createTaker();
  });
  afterEach(() => server.close());

  const open = (secret: string | null = null, address = server.address) =>
    createRedisSource({
      connection: connectionSchema.parse({
        kind: 'redis',
        address,
        stream: STREAM,
      }) as RedisSourceOptions['connection'],
      secret,
      reading: readingFrom({}),
    });
  const connect = () => createClient({ url: server.address });
  const withClient = async <T>(work: (client: ReturnType<typeof connect>) => Promise<T>): Promise<T> => {
    const client = connect();
    client.on('error', () => undefined);
    await client.connect();
    try {
      return await work(client);
    } finally {
      client.destroy();
    }
  };
  const add = (...fields: Record<string, string>[]) =>
    withClient(async (client) => {
      for (const each of fields) await client.xAdd(STREAM, '*', each);
    });
  const addIds = (...ids: (string | number)[]) => add(...ids.map((id) => ({ update: textOf(id) })));
  const has = (count: number) => () => taker.records.length >= count;
  const ids = () => idsOf(taker.records);
  const pending = () => withClient(async (client) => (await client.xPending(STREAM, 'ingot')).pending);

  it('is read from its beginning and then as it grows, and its entries are acknowledged once they are stored', async () => {
    await addIds('a', 'b');
    const taking = taker.take(open(), has(3));
    await taker.until(has(2));
    await addIds('c');
    await taking;
    expect(ids()).toEqual(['a', 'b', 'c']);
    expect(await pending()).toBe(0);
    expect(taker.gaps).toEqual([]);
  });

  it('has updates as JSON in one field, or as fields; what is broken in one does not reach into the next', async () => {
    await add(
      { payload: textOf('json') },
      {
        id: 'fields',
        accountType: 'mint',
        tokens: '18446744073709551615',
        slot: '7',
        version: '1',
        callbackTimeMs: '0',
        data: '{"a":[1]}',
      },
      { payload: '{"id":"open' },
      { payload: ' ' },
      { payload: textOf('last') },
    );
    await taker.take(open(), has(4));
    expect(ids()).toEqual(['json', 'fields', 'rejected: {"id":"open', 'last']);
    expect(taker.records[1]).toMatchObject({
      update: { tokens: '18446744073709551615', version: '7:1', data: '{"a":[1]}' },
    });
    expect(taker.messages).toContainEqual({ kind: 'skipped', what: 'empty entry' });
  });

  it('delivers again what was not stored, and does not repeat what was', async () => {
    await addIds('a', 'b', 'c', 'd');
    await taker.takeAndDie(open(), 3, has(9));
    const kept = ids();
    expect(kept.length).toBeLessThan(4);
    expect(await pending()).toBe(4 - kept.length);
    await taker.take(open(), has(4));
    expect(ids()).toEqual(['a', 'b', 'c', 'd']);
    expect(await pending()).toBe(0);
  });

  it('delivers again to a database that was restored to an earlier state', async () => {
    await addIds('a', 'b');
    await taker.take(open(), has(1));
    const { position } = taker;
    await taker.take(open(), has(2));
    const restored = createTaker();
    restored.position = position;
    await restored.take(open(), () => restored.records.length >= 1);
    expect(idsOf(restored.records)).toEqual(['b']);
  });

  it('has a gap with the number of entries that were trimmed or deleted before they were read', async () => {
    await addIds('a');
    await taker.take(open(), has(1));
    await addIds('b', 'c', 'd', 'e', 'f');
    await withClient(async (client) => {
      await client.xTrim(STREAM, 'MAXLEN', 3);
      const second = (await client.xRange(STREAM, '-', '+'))?.[1];
      await client.xDel(STREAM, second?.id ?? '');
    });
    await taker.take(open(), () => taker.gaps.length >= 1 && taker.records.length >= 3);
    expect(ids()).toEqual(['a', 'd', 'f']);
    expect(countLost(taker)).toBe(3);
  });

  it('has a gap when it was deleted and created again', async () => {
    await addIds('a', 'b');
    await taker.take(open(), has(2));
    await withClient((client) => client.del(STREAM));
    await addIds('c');
    await taker.take(open(), has(3));
    expect(ids()).toEqual(['a', 'b', 'c']);
    expect(taker.gaps.map(({ reason }) => reason)).toEqual([
      expect.stringContaining('was deleted and created again'),
    ]);
  });

  it('needs the password, which is in no message', async () => {
    await server.close();
    server = await openRedisServer('a long secret');
    await expect(taker.take(open(), has(1))).rejects.toMatchObject({ code: 'source_unreadable' });
    const refused = taker.take(open('a wrong secret'), has(1));
    await expect(refused).rejects.toSatisfy(
      (error: Error) => error.message.includes('WRONGPASS') && !error.message.includes('a wrong secret'),
    );
    await taker.take(open('a long secret'), () => true);
    await server.kill();
    await expect(taker.take(open('a long secret'), has(1))).rejects.toMatchObject({ code: 'source_broken' });
  });

  it('is not waited for when the run is stopped', async () => {
    const stop = new AbortController();
    const reading = open().connect(null, stop.signal)[Symbol.asyncIterator]();
    await reading.next();
    const waiting = reading.next();
    stop.abort();
    expect(await waiting).toMatchObject({ done: true });
    const silent = createServer((socket) => socket.on('error', () => undefined)).listen(0, '127.0.0.1');
    const isAsked = once(silent, 'connection');
    await once(silent, 'listening');
    const { port } = silent.address() as AddressInfo;
    const again = new AbortController();
    const connecting = open(null, `redis://127.0.0.1:${port}`)
      .connect(null, again.signal)
      [Symbol.asyncIterator]()
      .next();
    await isAsked;
    again.abort();
    expect(await connecting).toMatchObject({ done: true });
    silent.close();
  });

  it('loses nothing and repeats nothing, the server killed a hundred times, and its gaps are what was deleted', async () => {
    const random = xoroshiro128plus(20);
    const below = (limit: number) => (random.next() >>> 0) % limit;
    let added = 0;
    const lost = new Set<string>();
    const enough = () => taker.records.length + lost.size >= added;
    // What is there when it is first connected to is its beginning.
    await taker.take(open(), () => taker.position !== null);
    for (let kills = 0; kills < 100; kills++) {
      const fresh = Array.from({ length: 1 + below(6) }, () => added++);
      await addIds(...fresh);
      if (below(4) === 0) {
        const kept = new Set(ids());
        await withClient(async (client) => {
          const before = (await client.xRange(STREAM, '-', '+')) ?? [];
          if (below(2) === 0) await client.xTrim(STREAM, 'MAXLEN', below(3));
          else await client.xDel(STREAM, before[below(before.length)]?.id ?? '');
          const after = new Set(((await client.xRange(STREAM, '-', '+')) ?? []).map(({ id }) => id));
          for (const { id, message } of before) {
            const update = JSON.parse(String(message.update)) as { id: string };
            if (!after.has(id) && !kept.has(update.id)) lost.add(update.id);
          }
        });
      }
      const before = taker.records.length;
      const dies = below(2) === 0;
      const taking = dies ? taker.takeAndDie(open(), 2 + below(3), enough) : taker.take(open(), () => false);
      const ended = taking.catch((error: { code: string }) => expect(error.code).toBe('source_broken'));
      if (!dies) await taker.until(below(2) === 0 ? enough : () => taker.records.length > before || enough());
      await server.kill();
      await ended;
      await server.start();
    }
    await taker.take(open(), () => enough() && countLost(taker) === lost.size);
    const all = Array.from({ length: added }, (_, index) => String(index));
    expect(ids()).toEqual(all.filter((id) => !lost.has(id)));
    expect(countLost(taker)).toBe(lost.size);
    expect(lost.size).toBeGreaterThan(0);
  });
});

const countLost = ({ gaps }: Taker): number =>
  gaps.reduce((sum, { reason }) => sum + Number(/^(\d+) entries/.exec(reason)?.[1] ?? Number.NaN), 0);
