import { status } from '@grpc/grpc-js';
import { afterEach, describe, expect, it } from 'vitest';
import { connectionSchema } from '../../../src-shared/connections';
import { createSystemClock } from '../../time/clock';
import { createTaker, type Taker } from '../live/testing/taker';
import { type GeyserServer, type GeyserServerOptions, openGeyserServer } from './testing/geyser-server';
import { createYellowstoneSource, type YellowstoneSourceOptions } from './yellowstone-source';

const OWNER = 'TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA';

describe('a Yellowstone stream', () => {
  let server: GeyserServer;
  afterEach(() => server.close());

  const serve = async (options: GeyserServerOptions = {}) => {
    server = await openGeyserServer(options);
    return createTaker();
  };
  const open = (changes: object = {}, secret: string | null = null, clock = createSystemClock()) =>
    createYellowstoneSource({
      connection: connectionSchema.parse({
        kind: 'yellowstone',
        address: server.address,
        ...changes,
      }) as YellowstoneSourceOptions['connection'],
      secret,
      clock,
    });
  const slots = ({ messages }: Taker) =>
    messages.flatMap((message) => (message.kind === 'account' ? [Number(message.account.slot)] : []));
  const of = ({ messages }: Taker, kind: string) => messages.filter((message) => message.kind === kind);
  const reached = (taker: Taker, slot: number) => () => taker.position === `{"slot":"${slot}"}`;

  it('asks for what the connection names, and covers from the first slot that is whole', async () => {
    const taker = await serve();
    const taking = taker.take(open({ owners: [OWNER], accounts: [OWNER] }), reached(taker, 2));
    await server.untilStreams(1);
    server.produce(2);
    await taking;
    expect(server.requests).toEqual([
      expect.objectContaining({
        accounts: { accounts: { account: [OWNER] }, owners: { owner: [OWNER] } },
        commitment: 'CONFIRMED',
      }),
    ]);
    expect(server.requests[0]).not.toHaveProperty('fromSlot');
    expect(of(taker, 'covers')).toEqual([{ kind: 'covers', fromSlot: '2' }]);
    expect(slots(taker)).toEqual([1, 1, 2, 2]);
    // What a slot was before it was confirmed says nothing of its updates.
    expect(of(taker, 'slot')).toEqual([
      { kind: 'slot', slot: '1', status: 'confirmed' },
      { kind: 'slot', slot: '2', status: 'confirmed' },
    ]);
  });

  it('goes on after a loss at a slot that comes again, also from the middle of a slot', async () => {
    const taker = await serve({ remembers: 100 });
    const first = taker.take(open(), reached(taker, 3));
    await server.untilStreams(1);
    server.produce(3);
    await first;
    const second = taker.take(open(), () => false);
    await server.untilStreams(2);
    server.begin();
    server.kill();
    await expect(second).rejects.toMatchObject({ code: 'source_broken' });
    await server.start();
    server.produce(2);
    await taker.take(open(), reached(taker, 5));
    expect(new Set(slots(taker))).toEqual(new Set([1, 2, 3, 4, 5]));
    expect(of(taker, 'gap')).toEqual([]);
  });

  it.each([
    ['has forgotten some of them', 2, 4, 8, 'has forgotten the slots before 9.'],
    ['does not send any again', null, 4, 11, 'does not send again what was missed.'],
  ])('has a gap if the server %s', async (_, remembers, from, to, reason) => {
    const taker = await serve({ remembers });
    const first = taker.take(open(), reached(taker, 3));
    await server.untilStreams(1);
    server.produce(3);
    await first;
    server.produce(7);
    const taking = taker.take(open(), reached(taker, 12));
    await server.untilStreams(3);
    server.produce(2);
    await taking;
    expect(of(taker, 'gap')).toEqual([
      {
        kind: 'gap',
        fromSlot: String(from),
        toSlot: String(to),
        reason: expect.stringContaining(reason),
      },
    ]);
    expect(of(taker, 'covers').at(-1)).toEqual({ kind: 'covers', fromSlot: String(to + 1) });
  });

  it('answers pings, takes messages above 4 MiB, and counts what is no update under its name', async () => {
    const taker = await serve();
    const data = Buffer.alloc(10 * 1024 * 1024, 7);
    const account = { pubkey: Buffer.alloc(32, 1), owner: Buffer.alloc(32, 2), lamports: 1, data };
    const taking = taker.take(open(), reached(taker, 2));
    await server.untilStreams(1);
    server.send({ ping: {} }, { transaction: {} }, { slot: { slot: 1, status: 6 } });
    server.send({ account: { slot: 2, account } }, { slot: { slot: 2, status: 1 } });
    await taking;
    expect(of(taker, 'skipped')).toEqual([
      { kind: 'skipped', what: 'ping' },
      { kind: 'skipped', what: 'transaction' },
    ]);
    expect(of(taker, 'slot')).toContainEqual({ kind: 'slot', slot: '1', status: 'dead' });
    expect(of(taker, 'account')).toEqual([
      expect.objectContaining({
        account: expect.objectContaining({
          state: expect.objectContaining({ data: expect.objectContaining({ space: data.length }) }),
        }),
      }),
    ]);
    await expect.poll(server.answeredPings).toBe(1);
  });

  it('takes no message of more than 16 MiB: no account is so long', async () => {
    const taker = await serve();
    const taking = taker.take(open(), () => false);
    await server.untilStreams(1);
    server.send({ account: { slot: 2, account: { data: Buffer.alloc(16 * 1024 * 1024) } } });
    await expect(taking).rejects.toThrow('sent a message of more than 16777216 bytes.');
  });

  it('is lost, with the code, when it was read too slowly', async () => {
    const taker = await serve();
    const taking = taker.take(open(), () => false);
    await server.untilStreams(1);
    server.fail(status.RESOURCE_EXHAUSTED, 'lagged to receive geyser messages');
    await expect(taking).rejects.toMatchObject({
      code: 'source_broken',
      message: expect.stringContaining(
        'ended the stream because it was read too slowly (RESOURCE_EXHAUSTED: lagged to receive geyser messages).',
      ),
    });
  });

  it('says in plain words why it was lost, and nothing of the library', async () => {
    const taker = await serve();
    const host = server.address.replace('http://', '');
    const secure = { address: server.address.replace('http:', 'https:') };
    // Of the system's own words there are several, as the version is.
    await expect(taker.take(open(secure), () => false)).rejects.toSatisfy(
      ({ message }: Error) =>
        message.startsWith(`The connection to ${host} was lost: `) &&
        !/Error:|Resolution note|No connection|[a-f0-9]{8}:/.test(message),
    );
    const broken = taker.take(open(), () => false);
    await server.untilStreams(1);
    server.fail(status.INTERNAL, 'the plugin has stopped.');
    await expect(broken).rejects.toMatchObject({
      message: `The connection to ${host} was lost: the plugin has stopped.`,
    });
    server.close();
    await expect(taker.take(open(), () => false)).rejects.toMatchObject({
      message: `The connection to ${host} was lost: nothing listens there.`,
    });
  });

  it('is lost when the server is silent', async () => {
    const taker = await serve();
    const clock = createSystemClock();
    const hurried = {
      ...clock,
      waitUntil: (at: number, signal?: AbortSignal) =>
        clock.waitUntil(clock.now() + (at - clock.now()) / 1000, signal),
    };
    const taking = taker.take(open({}, null, hurried), () => false);
    await expect(taking).rejects.toThrow('The server has been silent for 60 seconds.');
  });

  it('is refused without its token, which is in no message', async () => {
    const taker = await serve({ token: 'a long secret' });
    await expect(taker.take(open({}, 'a wrong secret'), () => false)).rejects.toSatisfy(
      (error: { code: string; message: string }) =>
        error.code === 'source_unreadable' && !error.message.includes('a wrong secret'),
    );
    const taking = taker.take(open({}, 'a long secret'), reached(taker, 2));
    await server.untilStreams(1);
    server.produce(2);
    await taking;
    expect(server.tokens).toEqual(['a wrong secret', 'a long secret']);
  });

  it('is not waited for when the run is stopped', async () => {
    await serve();
    const stop = new AbortController();
    const reading = open().connect(null, stop.signal)[Symbol.asyncIterator]().next();
    await server.untilStreams(1);
    stop.abort();
    expect(await reading).toMatchObject({ done: true });
  });
});
