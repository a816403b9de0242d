import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { type ClientRequest, request } from 'node:http';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { record } from '../../host/testing/connected-host';
import { ask, type OpenSocket } from './testing/browse';
import { useWebServer } from './testing/serve';

const TOKEN = 'what-a-program-presents';
const lines = (...records: readonly object[]) => records.map((each) => `${JSON.stringify(each)}\n`).join('');
const NOTHING = { indexed: 0, stale: 0, duplicate: 0, conflict: 0, rejected: 0 };

describe('POST /api/updates', () => {
  const open = useWebServer();
  let socket: OpenSocket;
  let runId: string | null = null;
  beforeAll(() => {
    process.env.INGOT_SECRET_UPDATES = TOKEN;
  });
  beforeEach(async () => {
    socket = await open().socket();
    runId = null;
  });
  afterEach(async () => {
    if (runId !== null) await socket.client.call('connections.disconnect', { runId });
    socket.socket.close();
  });

  const connect = async (settings: object = {}) => {
    const connection = { kind: 'http', token: 'UPDATES' } as const;
    ({
      run: { runId },
    } = await socket.client.call('connections.connect', { connection, settings }));
  };
  const headersOf = (headers: Record<string, string>) => ({ authorization: `Bearer ${TOKEN}`, ...headers });
  const post = async (body: string | Buffer, headers: Record<string, string> = {}) => {
    const address = `${open().origin}/api/updates`;
    const answer = await ask(address, { method: 'POST', headers: headersOf(headers) }, body);
    return { ...answer, json: JSON.parse(answer.body) as object };
  };
  /** A request whose body has not ended. */
  const begin = (body: string, headers: Record<string, string> = {}): ClientRequest => {
    const begun = request(`${open().origin}/api/updates`, { method: 'POST', headers: headersOf(headers) });
    begun.on('error', () => undefined);
    begun.write(body);
    return begun;
  };

  it('is answered once its updates are stored, with a count of each outcome, and changes nothing when it is repeated', async () => {
    await connect();
    const body = lines(
      record('a', 2),
      record('a', 1),
      record('a', 2),
      record('a', 2, { tokens: 6 }),
      record('b', 1),
    );
    expect(await post(body)).toMatchObject({
      status: 200,
      json: { records: 5, indexed: 2, stale: 1, duplicate: 1, conflict: 1, rejected: 0 },
    });
    expect(await post(gzipSync(body), { 'content-encoding': 'gzip' })).toMatchObject({
      status: 200,
      json: { records: 5, indexed: 0, duplicate: 4, conflict: 1 },
    });
    expect((await post('')).json).toEqual({ records: 0, ...NOTHING, skipped: {}, deadSlots: 0 });
  });

  it('counts what is no update in its answer and in the run, and answers once a dead slot has retracted its updates', async () => {
    await connect({ mapping: 'yellowstone-json' });
    const text = readFileSync('data/formats/yellowstone-json.ndjson', 'utf8');
    expect((await post(text)).json).toEqual({
      ...{ records: 2, ...NOTHING, indexed: 2 },
      skipped: { ping: 1, slot: 1, transaction: 1 },
      deadSlots: 0,
    });
    const slot = /"account":\{.*?"slot":"(\d+)"/.exec(text)?.[1];
    const dead = lines({ ping: {} }, { slot: { slot, status: 'SLOT_DEAD' } });
    expect((await post(dead)).json).toEqual({
      records: 0,
      ...NOTHING,
      skipped: { ping: 1, slot: 1 },
      deadSlots: 1,
    });
    const [status] = await socket.client.call('connections.list', {});
    expect(status?.skipped).toEqual({ ping: 2, slot: 2, transaction: 1 });
    const window = { from: { edge: 'start' }, limit: 10 } as const;
    const { rows } = await socket.client.call('history.page', {
      window,
      direction: 'asc',
      filter: { retracted: 'yes' },
    });
    expect(rows.length).toBeGreaterThan(0);
    expect((await post(text)).json).toMatchObject({ records: 2, duplicate: 2 });
  });

  it('stores nothing of a body with a record that is not valid, and says which', async () => {
    await connect();
    expect(await post(lines(record('c', 1), { ...record('d', 1), tokens: -1 }))).toMatchObject({
      status: 400,
      json: { record: 1, reason: expect.stringContaining('tokens') },
    });
    expect(await post(`${lines(record('c', 1))}{"id":`)).toMatchObject({ status: 400, json: { record: 1 } });
    expect((await post('no gzip', { 'content-encoding': 'gzip' })).status).toBe(400);
    expect((await post(lines(record('c', 1)))).json).toMatchObject({ records: 1, indexed: 1 });
  });

  it('is refused without a connection, and asks to be repeated', async () => {
    expect(await post(lines(record('e', 1)))).toMatchObject({ status: 503, headers: { 'retry-after': '1' } });
  });

  it('needs a secret of its own, and there is one such connection', async () => {
    const withoutToken = { connection: { kind: 'http' }, settings: {} } as const;
    await expect(socket.client.call('connections.connect', withoutToken)).rejects.toMatchObject({
      code: 'invalid_input',
    });
    await connect();
    process.env.INGOT_SECRET_OTHER = 'other';
    await expect(
      socket.client.call('connections.connect', {
        connection: { kind: 'http', token: 'OTHER' },
        settings: {},
      }),
    ).rejects.toMatchObject({ code: 'conflict' });
    expect((await post(lines(record('e', 1)))).status).toBe(200);
  });

  it.each<[string, number, Record<string, string>]>([
    ['without the token', 401, { authorization: '' }],
    ['with another token', 401, { authorization: 'Bearer guessed' }],
    ['by a page', 403, { origin: 'http://evil.example' }],
    ['by a page of another site', 403, { 'sec-fetch-site': 'cross-site' }],
    ['with another host', 403, { host: 'evil.example' }],
    ['in another compression', 415, { 'content-encoding': 'br' }],
  ])('is refused %s', async (_, status, headers) => {
    await connect();
    const address = `${open().origin}/api/updates`;
    const answer = await ask(address, { method: 'POST', headers: headersOf(headers) }, lines(record('f', 1)));
    expect(answer.status).toBe(status);
  });

  it('has a limit for its body, compressed or not', async () => {
    await connect();
    const large = lines(record('g', 1, { data: 'x'.repeat(17 * 1024 * 1024) }));
    expect((await post(gzipSync(large), { 'content-encoding': 'gzip' })).status).toBe(413);
  });

  it('is put off when too many wait, with the time to come again', async () => {
    await connect();
    const asking = { expect: '100-continue' };
    const waiting = Array.from({ length: 32 }, (_, index) => begin(lines(record(`h${index}`, 1)), asking));
    // All of them have come.
    await Promise.all(waiting.map((one) => once(one, 'continue')));
    expect(await post(lines(record('h', 1)))).toMatchObject({ status: 429, headers: { 'retry-after': '1' } });
    for (const one of waiting) one.end();
    const answers = await Promise.all(waiting.map((one) => once(one, 'response')));
    expect(answers.map(([response]) => response.statusCode)).toEqual(waiting.map(() => 200));
    expect((await post(lines(record('h', 1)))).status).toBe(200);
  });

  it('stores everything once, cut off a hundred times in mid-stream, when each is repeated until it is answered', async () => {
    await connect();
    for (let cut = 0; cut < 100; cut++) {
      const body = lines(record(`i${cut}`, 1), record(`j${cut}`, 1));
      const half = begin(body.slice(0, 1 + ((cut * 7) % body.length)));
      if (cut % 3 === 0) half.end(body.slice(1 + ((cut * 7) % body.length)));
      if (cut % 2 === 0) await once(half, 'socket');
      half.destroy();
      const { json } = await post(body);
      expect(json).toMatchObject({ records: 2, conflict: 0, rejected: 0, stale: 0 });
    }
    const { counts } = (await socket.client.call('connections.list', {}))[0]?.run ?? {};
    expect(counts?.indexed).toBeGreaterThanOrEqual(200);
    const again = await post(lines(...Array.from({ length: 100 }, (_, cut) => record(`i${cut}`, 1))));
    expect(again.json).toMatchObject({ records: 100, duplicate: 100 });
  });
});
