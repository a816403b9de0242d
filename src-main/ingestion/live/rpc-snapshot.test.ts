import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createVirtualClock } from '../../time/testing/virtual-clock';
import type { ChainAccount } from '../chain-account';
import { BrokenAnswer, RefusedAnswer, readSnapshot } from './rpc-snapshot';

const KEY = 'SysvarC1ock11111111111111111111111111111111';
const OWNER = 'TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA';
const MOST = '18446744073709551615';
const LONGEST_SILENCE_MS = 1_000;

const accountOf = (data: string) =>
  `{"pubkey":"${KEY}","account":{"lamports":${MOST},"owner":"${OWNER}","executable":false,"rentEpoch":${MOST},"space":3,"data":["${data}","base64"]}}`;
const HEAD = '{"jsonrpc":"2.0","result":{"context":{"apiVersion":"3.0.0","slot":9007199254740993},"value":[';
const TAIL = ']},"id":1}';
const WHOLE = `${HEAD}${accountOf('AQID')},${accountOf('')}${TAIL}`;

/** Asks a server that answers so. */
async function ask(how: (response: ServerResponse) => unknown) {
  const server = createServer((request, response) => request.resume().on('end', () => how(response)));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const clock = createVirtualClock();
  const ending = new AbortController();
  const slots: bigint[] = [];
  const chunks = readSnapshot(
    { method: 'getProgramAccounts', keys: [OWNER], commitment: 'confirmed', minContextSlot: null },
    {
      address: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      clock,
      signal: ending.signal,
      longestSilenceMs: LONGEST_SILENCE_MS,
      late: () => ending.abort(new Error('late')),
    },
    (slot) => slots.push(slot),
  );
  const accounts: ChainAccount[] = [];
  const all = async () => {
    for await (const chunk of chunks) accounts.push(...chunk);
    return accounts;
  };
  return { all, chunks, slots, clock };
}

describe('a snapshot', () => {
  it.each([
    ['as it is', (response: ServerResponse) => response.end(WHOLE)],
    [
      'compressed',
      (response: ServerResponse) => response.setHeader('content-encoding', 'gzip').end(gzipSync(WHOLE)),
    ],
    [
      'in single bytes',
      async (response: ServerResponse) => {
        for (const byte of WHOLE) {
          await new Promise((resolve) => response.write(byte, resolve));
        }
        response.end();
      },
    ],
    [
      'with its slot at the end',
      (response: ServerResponse) =>
        response.end(
          `{"result":{"value":[${accountOf('AQID')},${accountOf('')}],"context":{"slot":9007199254740993}}}`,
        ),
    ],
  ])('is read %s, with every digit', async (_, how) => {
    const { all, slots } = await ask(how);
    const [first, second] = await all();
    expect(first).toEqual({
      id: KEY,
      slot: '9007199254740993',
      writeVersion: null,
      signature: null,
      state: {
        lamports: MOST,
        owner: OWNER,
        executable: false,
        rentEpoch: MOST,
        data: { kind: 'bytes', bytes: Buffer.from([1, 2, 3]), space: 3 },
      },
    });
    expect(second).toMatchObject({ state: { data: { bytes: Buffer.alloc(0) } } });
    expect(slots).toEqual([9007199254740993n]);
  });

  it('may have no accounts', async () => {
    const { all, slots } = await ask((response) => response.end(HEAD + TAIL));
    expect([await all(), slots]).toEqual([[], [9007199254740993n]]);
  });

  it('is held in a bounded part, however large it is', async () => {
    const ACCOUNTS = 1500;
    const data = Buffer.alloc(48 * 1024, 7).toString('base64');
    let sent = 0;
    const { chunks } = await ask(async (response) => {
      const send = (text: string) => {
        sent += text.length;
        return response.write(text) || new Promise((resolve) => response.once('drain', resolve));
      };
      await send(HEAD);
      for (let at = 0; at < ACCOUNTS; at += 1) await send((at > 0 ? ',' : '') + accountOf(data));
      await send(TAIL);
      response.end();
    });
    let taken = 0;
    let mostHeld = 0;
    for await (const chunk of chunks) {
      taken += chunk.length;
      mostHeld = Math.max(mostHeld, sent - taken * data.length);
      // The server is not waited for: it sends what it can.
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(taken).toBe(ACCOUNTS);
    expect(sent).toBeGreaterThan(90 * 1024 * 1024);
    expect(mostHeld).toBeLessThan(24 * 1024 * 1024);
  });

  const begins = HEAD + accountOf('AQID');
  it.each<[string, (response: ServerResponse) => unknown, object]>([
    [
      'is shorter than it said',
      (response) => {
        response.setHeader('content-length', WHOLE.length).write(begins, () => response.destroy());
      },
      TypeError,
    ],
    [
      'breaks off',
      (response) => {
        response.write(begins, () => response.destroy());
      },
      TypeError,
    ],
    ['ends too early', (response) => response.end(begins), BrokenAnswer],
    [
      'ends too early, compressed',
      (response) => response.setHeader('content-encoding', 'gzip').end(gzipSync(WHOLE).subarray(0, -30)),
      BrokenAnswer,
    ],
    ['has something behind it', (response) => response.end(`${WHOLE}${WHOLE}`), BrokenAnswer],
    ['is no answer', (response) => response.end('<html>Bad gateway</html>'), BrokenAnswer],
    ['is empty', (response) => response.end(), BrokenAnswer],
    [
      'has no list',
      (response) => response.end('{"result":{"context":{"slot":5},"value":null}}'),
      BrokenAnswer,
    ],
    ['has an account without a key', (response) => response.end(WHOLE.replaceAll(KEY, 'x')), BrokenAnswer],
    [
      'says its slot after more than is held',
      (response) =>
        response.end(
          `{"result":{"value":[${Array(4)
            .fill(accountOf('A'.repeat(3 << 20)))
            .join()}`,
        ),
      BrokenAnswer,
    ],
  ])('that %s is not complete', async (_, how, fault) => {
    const { all } = await ask(how);
    await expect(all()).rejects.toBeInstanceOf(fault);
  });

  it.each([
    ['', '{"jsonrpc":"2.0","error":{"code":-32016,"message":"Minimum context slot","data":{}},"id":1}'],
    [' after accounts', `${begins}]},"error":{"code":-32016,"message":"Timed out"},"id":1}`],
  ])('that is refused%s says why', async (_, text) => {
    const { all } = await ask((response) => response.end(text));
    const refusal = await all().catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(RefusedAnswer);
    expect(refusal).toMatchObject({ kind: 'error', code: -32016 });
  });

  it.each([
    ['begins', (_: ServerResponse) => undefined],
    ['ends', (response: ServerResponse) => response.write(begins)],
  ])('that never %s is not waited for', async (_, how) => {
    let isAsked = () => {};
    const asked = new Promise<void>((resolve) => {
      isAsked = resolve;
    });
    const { all, clock } = await ask((response) => {
      how(response);
      isAsked();
    });
    const reading = all().catch((error: unknown) => error);
    await asked;
    await clock.waitUntil(LONGEST_SILENCE_MS);
    expect(await reading).toMatchObject({ message: 'late' });
  });
});
