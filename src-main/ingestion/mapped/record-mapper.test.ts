import { describe, expect, it } from 'vitest';
import type { MappingInput, Reading } from '../../../src-shared/mapping';
import { mappingSchema } from '../../../src-shared/mapping';
import { openSource, previewSource } from '../open-source';
import type { SourceRecord } from '../record';
import { cutEvery, recordText, streamOf } from '../testing/reading';

const KEY = 'BjecmA3hhW8zD7ToGsosrHA8FFwpovaXDErrFL9Xjuz7';
const OTHER = 'nzHENicMc2BHfabPbMN3DJbzbqXeTA7zUZFPk6rANeL';
const SYSTEM = '11111111111111111111111111111111';
const rest = `"owner":"${SYSTEM}","executable":false`;

async function read(text: string | Uint8Array[], reading: Partial<Reading> = {}) {
  const stream = streamOf(...(typeof text === 'string' ? [text] : text));
  const source = await openSource({ kind: 'stream', name: 'a.json', stream }, reading);
  const records: SourceRecord[] = [];
  for await (const chunk of source.chunks()) records.push(...chunk);
  return { records, skipped: source.skipped, reading: source.reading };
}
const account = (fields: string, pubkey = KEY) => `{"pubkey":"${pubkey}","account":{${fields}}}`;
const rpc = (result: string) => `{"jsonrpc":"2.0","result":${result},"id":1}`;

async function dataOf(fields: string): Promise<string> {
  const [record] = (await read(account(fields))).records;
  return record?.kind === 'unnumbered' ? record.update.data : JSON.stringify(record);
}
const reasonsOf = (records: readonly SourceRecord[]) =>
  records.map((record) => (record.kind === 'reject' ? record.reason : undefined));

describe('an account of the chain', () => {
  it.each(['18446744073709551615', '18446744073709552000', '1.8446744073709552e+19', '-1', '361'])(
    'keeps the digits of rentEpoch %s',
    async (epoch) => {
      expect(await dataOf(`"lamports":1,${rest},"rentEpoch":${epoch},"space":0,"data":["","base64"]`)).toBe(
        `{"lamports":1,"owner":"${SYSTEM}","executable":false,"rentEpoch":${epoch},"space":0,"data":["","base64"]}`,
      );
    },
  );

  it('whose data is a slice is marked as cut', async () => {
    expect(await dataOf(`"lamports":1,${rest},"space":165,"data":["AQID","base64"]`)).toContain(
      '"space":165,"data":["AQID","base64"],"cut":true',
    );
  });

  it.each([
    ['base58', '["Ldp","base58"]', 'AQID'],
    ['base58 alone', '"Ldp"', 'AQID'],
    ['compressed', '["KLUv/QBYGQAAAQID","base64+zstd"]', 'AQID'],
    ['a list of numbers', '{"type":"Buffer","data":[1,2,3]}', 'AQID'],
  ])('is decoded from %s', async (_, data, base64) => {
    expect(await dataOf(`"lamports":1,${rest},"data":${data}`)).toContain(`"data":["${base64}","base64"]`);
  });

  it.each([
    ['no owner', '"lamports":1', 'owner: required'],
    [
      'bytes with an escape',
      `"lamports":1,${rest},"data":["AQ\\u0000D","base64"]`,
      'data: must be ["BYTES", "ENCODING"]',
    ],
    ['lamports beyond 64 bits', `"lamports":18446744073709551616,${rest}`, /^lamports: must be an integer/],
    [
      'a space that is no length',
      `"lamports":1,${rest},"space":18446744073709551615`,
      /^space: must be an int/,
    ],
    [
      'a rentEpoch that cannot be stored',
      `"lamports":1,${rest},"rentEpoch":1e999999`,
      /^rentEpoch: holds a number/,
    ],
    [
      'parsed data whose space is no length',
      `"lamports":1,${rest},"data":{"parsed":{},"space":${'9'.repeat(400)}}`,
      'data: has a space that is no length',
    ],
    [
      'data that is no base64',
      `"lamports":1,${rest},"data":["***","base64"]`,
      /^data: must be bytes in base64/,
    ],
    ['an unknown encoding', `"lamports":1,${rest},"data":["","rot13"]`, 'data: has an unknown encoding'],
    [
      'a long text in base58',
      `"lamports":1,${rest},"data":["${'2'.repeat(5000)}","base58"]`,
      'data: too long for base58',
    ],
  ])('with %s is rejected with the reason', async (_, fields, reason) => {
    const [said] = reasonsOf((await read(account(fields))).records);
    expect(said).toMatch(reason);
  });

  it('may have 10 MiB of data, counted when decoded, and no byte more', async () => {
    const most = 10 * 1024 * 1024;
    for (const write of [
      (bytes: Buffer) => `["${bytes.toString('base64')}","base64"]`,
      (bytes: Buffer) => JSON.stringify({ type: 'Buffer', data: [...bytes] }),
    ]) {
      const fits = await read(
        cutEvery(Buffer.from(account(`"lamports":1,${rest},"data":${write(Buffer.alloc(most, 1))}`)), 65_536),
      );
      expect(fits.records.map(({ kind }) => kind)).toEqual(['unnumbered']);
    }
    const [said] = reasonsOf(
      (
        await read(
          account(`"lamports":1,${rest},"data":["${Buffer.alloc(most + 1).toString('base64')}","base64"]`),
        )
      ).records,
    );
    expect(said).toBe('data: longer than 10485760 bytes');
  });

  it('in a small text that zstd makes long is rejected without room for it', async () => {
    // One block of a frame that repeats a zero 128 KiB long, 100 times.
    const blocks = Array.from({ length: 100 }, (_, at) => [2 + (at === 99 ? 1 : 0), 0, 0x10, 0]).flat();
    const bomb = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x38, ...blocks]).toString('base64');
    const [said] = reasonsOf(
      (await read(account(`"lamports":1,${rest},"data":["${bomb}","base64+zstd"]`))).records,
    );
    expect(said).toBe('data: longer than 10485760 bytes');
  });

  it('that asks zstd for a large window is rejected without room for it', async () => {
    // The window of the first is 1 GiB; the second is one byte of 1 GiB.
    for (const header of [
      [0x00, 0xa0],
      [0xa0, 0, 0, 0, 0x40],
    ]) {
      const frame = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, ...header, 0x09, 0, 0, 7]).toString('base64');
      const [said] = reasonsOf(
        (await read(account(`"lamports":1,${rest},"data":["${frame}","base64+zstd"]`))).records,
      );
      expect(said).toBe('data: longer than 10485760 bytes');
    }
  });
});

describe('what tokens and the type mean', () => {
  const token = (mint: number, amount: bigint) => {
    const bytes = Buffer.alloc(165, 0);
    bytes.fill(mint, 0, 32);
    bytes.writeBigUInt64LE(amount, 64);
    return bytes.toString('base64');
  };
  const owned = (data: string) =>
    `"lamports":2039280,"owner":"TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA","data":["${data}","base64"]`;
  const two = `[${account(owned(token(1, 9007199254740993n)))},${account(owned(token(2, 5n)), OTHER)}]`;

  it('is chosen: an amount with every digit, by mint', async () => {
    const { records } = await read(two, { tokens: 'amount', accountType: 'mint' });
    expect(records).toMatchObject([
      { update: { tokens: '9007199254740993', accountType: '4vJ9JU1bJJE96FWSJKvHsmmFADCg4gpZQff4P3bkLKi' } },
      { update: { tokens: '5', accountType: '8qbHbw2BbbTHBW1sbeqakYXVKRQM8Ne7pLK7m6CVfeR' } },
    ]);
  });

  it('is a warning where one type would mix mints', async () => {
    const mixed = await read(two, { tokens: 'amount' });
    expect(mixed.reading?.warnings.join()).toContain('mints');
    const apart = await read(two, { tokens: 'amount', accountType: 'mint' });
    expect(apart.reading?.warnings.join()).not.toContain('mints');
  });

  it('rejects an account that has no such number, with the reason', async () => {
    const { records } = await read(account(`"lamports":1,${rest}`), { tokens: 'amount' });
    expect(reasonsOf(records)).toEqual(['tokens: the account has no amount']);
  });

  it('is one type for all, and a time for callbacks', async () => {
    const { records } = await read(two, { accountType: 'vault', callbackTimeMs: 5 });
    expect(records).toMatchObject([{ update: { accountType: 'vault', callbackTimeMs: 5 } }, {}]);
  });
});

describe('a source that does not say which accounts it holds', () => {
  const three = rpc(`{"context":{"slot":9},"value":[{"lamports":1,${rest}},null,{"lamports":2,${rest}}]}`);
  const keys = `${KEY} ${OTHER}, ${SYSTEM}`;

  it('is refused until it is told', async () => {
    await expect(read(three)).rejects.toMatchObject({
      code: 'invalid_input',
      details: { hint: expect.stringContaining('--answers "keys=') },
    });
    await expect(read(three, { answers: { keys: 'nonsense' } })).rejects.toMatchObject({
      message: expect.stringContaining('nonsense is not a public key'),
    });
  });

  it('takes the keys in their order, and null is a closed account', async () => {
    const { records } = await read(three, { answers: { keys } });
    expect(records).toMatchObject([
      { update: { id: KEY, slot: '9', tokens: '1' } },
      { update: { id: OTHER, slot: '9', tokens: '0', accountType: 'closed', data: '{"closed":true}' } },
      { update: { id: SYSTEM, slot: '9', tokens: '2' } },
    ]);
  });
});

describe('a value that stands after its list', () => {
  const late = (accounts: string) =>
    `{"result":{"value":[${accounts}],"context":{"slot":77}},"jsonrpc":"2.0"}`;

  it('is known to each record before it', async () => {
    const text = late(`${account(`"lamports":1,${rest}`)},${account(`"lamports":2,${rest}`, OTHER)}`);
    for (const pieces of [[Buffer.from(text)], cutEvery(Buffer.from(`${text}\n${text}`), 3)]) {
      const { records } = await read(pieces);
      for (const record of records)
        expect(record).toMatchObject({ kind: 'unnumbered', update: { slot: '77' } });
    }
  });

  it('is found by reading a file twice if the list is long, and a pipe says that it cannot be', async () => {
    const { mkdtemp, rm, writeFile } = await import('node:fs/promises');
    const { tmpdir } = await import('node:os');
    const { join } = await import('node:path');
    const one = account(`"lamports":1,${rest},"data":["${'A'.repeat(4000)}","base64"]`);
    const text = late(Array(2500).fill(one).join(','));
    const directory = await mkdtemp(join(tmpdir(), 'ingot-late-'));
    try {
      const path = join(directory, 'late.json');
      await writeFile(path, text + text);
      const source = await openSource({ kind: 'file', path });
      let records = 0;
      for await (const chunk of source.chunks()) {
        for (const record of chunk) expect(record).toMatchObject({ update: { slot: '77' } });
        records += chunk.length;
      }
      expect(records).toBe(5000);
    } finally {
      await rm(directory, { recursive: true });
    }
    await expect(read(cutEvery(Buffer.from(text), 65_536))).rejects.toMatchObject({
      code: 'source_broken',
      message: expect.stringContaining('after a list of more than 8 MiB'),
    });
  });
});

describe('a list inside one object', () => {
  it.each([
    ['of records', `{"data":[${recordText()},${recordText({ id: '"b"' })}],"next":null}`],
    ['of records, deeper', `{"reply":{"data":{"all":[${recordText()}]}}}`],
    [
      'of records by their names',
      `{"a":${recordText({ id: undefined })},"b":${recordText({ id: undefined })}}`,
    ],
    ['longer than a record may be', `{"data":[${`${recordText()},`.repeat(200_000)}${recordText()}]}`],
  ])('%s is read as what it holds', async (_, text) => {
    const { records } = await read(text);
    expect(records.length).toBeGreaterThan(0);
    expect(reasonsOf(records).filter((reason) => reason !== undefined)).toEqual([]);
    expect(records[0]).toMatchObject({ update: { id: 'a', version: '1' } });
  });

  it('keeps the parent program of its records', async () => {
    const { records } = await read(`{"data":[{"parentProgramId":"p",${recordText().slice(1)}]}`);
    expect(records).toMatchObject([{ update: { data: '{"parentProgram":"p"}' } }]);
  });

  it('that breaks off ends with everything before the fault', async () => {
    const text = `{"data":[${recordText()},${recordText()}`;
    await expect(read(text)).rejects.toMatchObject({ code: 'source_broken', details: { record: 2 } });
  });
});

describe('a mapping of a person', () => {
  const mapping = (input: Omit<MappingInput, 'name'>) => mappingSchema.parse({ name: 'ours', ...input });

  it('reads what is not known: paths, alternatives, constants, names and values around the list', async () => {
    const text =
      '{"at":{"block":12},"rows":{"x":{"kind":"a","n":{"amount":"18446744073709551615"},"v":3},"y":{"sort":"b","n":{},"v":4}}}';
    const fields = {
      id: { key: true },
      accountType: 'kind|sort',
      tokens: ['n.amount', { constant: '7' }],
      slot: { around: 'at.block' },
      version: 'v',
      callbackTimeMs: { constant: '9' },
    } as const;
    const { records } = await read(text, {
      mapping: mapping({ list: 'rows', fields: { ...fields, tokens: [...fields.tokens] } }),
    });
    expect(records).toMatchObject([
      {
        update: {
          id: 'x',
          accountType: 'a',
          tokens: '18446744073709551615',
          version: '12:3',
          callbackTimeMs: 9,
        },
      },
      { update: { id: 'y', accountType: 'b', tokens: '7', version: '12:4' } },
    ]);
  });

  it('counts what it says is no update', async () => {
    const text = '{"id":"a","type":"t","n":1,"v":1}\n{"heartbeat":1}\n{"id":"b","type":"t","n":1,"v":1}\n';
    const fields = { id: 'id', accountType: 'type', tokens: 'n', version: 'v' };
    const { records, skipped } = await read(text, {
      mapping: mapping({ fields, skip: { heartbeat: 'heartbeat' } }),
    });
    expect(records.map(({ record }) => record)).toEqual([0, 1]);
    expect(skipped).toEqual([{ name: 'heartbeat', records: 1 }]);
  });

  it('that is not there is an error', async () => {
    await expect(read('{"a":1}', { mapping: 'nothing' })).rejects.toMatchObject({ code: 'invalid_input' });
  });

  it('begins as a guess, with what was found and no secret', async () => {
    const { mkdtemp, rm, writeFile } = await import('node:fs/promises');
    const { tmpdir } = await import('node:os');
    const { join } = await import('node:path');
    const directory = await mkdtemp(join(tmpdir(), 'ingot-guess-'));
    try {
      const path = join(directory, 'odd.json');
      const row = (address: string, balance: number) => ({
        address,
        balance,
        kind: 'pool',
        seq: 4,
        a: { b: { c: { secretKey: 'abc' } } },
      });
      await writeFile(path, JSON.stringify({ page: 1, rows: [row(KEY, 5), row(OTHER, 6)] }));
      const { reading, records } = await previewSource({ kind: 'file', path }, 10);
      expect(reading).toMatchObject({
        format: null,
        mapping: {
          list: 'rows',
          fields: { id: 'address', accountType: 'kind', tokens: 'balance', version: 'seq' },
        },
        lists: ['rows'],
        around: [{ path: 'page', examples: ['1'] }],
      });
      expect(reading?.fields.find(({ path }) => path === 'a.b.c.secretKey')?.examples).toEqual([
        '[left out]',
      ]);
      expect(records).toMatchObject([{ kind: 'update', id: KEY, tokens: '5' }, {}]);
    } finally {
      await rm(directory, { recursive: true });
    }
  });
});

it.each([
  ['base64', 'hex'],
  ['hex', 'base64'],
] as const)('Yellowstone JSON is read with keys in %s and data in %s', async (keys, encoding) => {
  const bytes = Buffer.from('0123456789abcdef0123456789abcdef0123456789abcdef', 'hex');
  const key = Buffer.alloc(32, 7).toString(keys);
  const info = {
    pubkey: key,
    lamports: '18446744073709551615',
    owner: key,
    write_version: '9',
    data: bytes.toString(encoding),
  };
  const { records } = await read(JSON.stringify({ account: { account: info, slot: '5' } }));
  expect(records).toMatchObject([
    {
      kind: 'update',
      update: {
        id: 'US517G5965aydkZ46HS38QLi7UQiSojurfbQfKCELFx',
        tokens: '18446744073709551615',
        version: '5:9',
        data: expect.stringContaining(bytes.toString('base64')),
      },
    },
  ]);
});

it('a stream of nothing but pings is a source without updates, not one of rejects', async () => {
  const ping = '{"filters":[],"ping":{},"createdAt":"2026-01-01T00:00:00Z"}\n';
  const { records, skipped } = await read(ping.repeat(3));
  expect(records).toEqual([]);
  expect(skipped).toEqual([{ name: 'ping', records: 3 }]);
});

it('of a name that comes twice the last counts, with nothing of the first', async () => {
  const first = `"account":{"lamports":1,"owner":"${OTHER}","executable":true,"rentEpoch":9,"data":["AQID","base64"]}`;
  const { records } = await read(
    `{"pubkey":"${OTHER}",${first},"pubkey":"${KEY}","account":{"lamports":2,${rest}}}`,
  );
  const data = `{"lamports":2,"owner":"${SYSTEM}","executable":false,"space":0,"data":["","base64"]}`;
  expect(records).toMatchObject([{ update: { id: KEY, tokens: '2', data } }]);
});

it('says the limit that a record of an account exceeds', async () => {
  const pieces = [Buffer.from(`{"pubkey":"${KEY}","account":{"lamports":1,${rest},"data":["`)];
  for (let sent = 0; sent <= 50; sent += 1) pieces.push(Buffer.alloc(1024 * 1024, 'A'));
  await expect(read(pieces)).rejects.toMatchObject({
    message: 'a.json has a record longer than 48 MiB, or one that never ends, in record 0 at byte 0.',
  });
});

describe('CSV', () => {
  const header =
    'pubkey,owner,lamports,slot,executable,rent_epoch,data,write_version,updated_on,txn_signature\n';
  const row = (data: string, version: number, updated: string) =>
    `\\x${'09'.repeat(32)},\\x${'08'.repeat(32)},5,10,f,0,\\x${data},${version},${updated},\n`;

  it('is recognised by its header if its first row is long, with quotes, commas and lines within a value', async () => {
    const said = `"2020, ""x"" \n${'y'.repeat(300_000)}\nz"`;
    const text = Buffer.from(`${header}${row('01'.repeat(200_000), 1, said)}${row('02', 2, said)}`);
    const { records, reading } = await read(cutEvery(text, 10_007));
    expect(reading?.format?.name).toBe('geyser-postgres');
    expect(records).toMatchObject([{ update: { version: '10:1' } }, { update: { version: '10:2' } }]);
  });

  it.each([
    ['"never closed', 'a quote is not closed'],
    ['no"w', 'a quote stands inside a value that does not begin with one'],
    ['"now"x', 'something other than a comma or a line end follows a quote'],
  ])('with the value %s is broken, and says how', async (value, what) => {
    const text = `${header}${row('01', 1, 'now')}${row('01', 2, value)}`;
    await expect(read(text)).rejects.toMatchObject({
      message: expect.stringMatching(new RegExp(`^a\\.json is not valid CSV: ${what}, in record 1 at byte`)),
    });
  });
});
