import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { toBase58 } from '@exodus/bytes/base58.js';
import { LosslessNumber, parse } from 'lossless-json';
import { describe, expect, it, onTestFinished } from 'vitest';
import { describeLeftOut, type LeftOutCounts } from '../../../src-shared/tables';
import { accountFiles, encodeArchive, encodeSnapshot } from './chain-moment';
import { countIn } from './exports';
import { writeWholeFolder } from './write-whole';

const MOST = '18446744073709551615';
const keyOf = (number: number) => toBase58(Buffer.alloc(32, number));
const OWNER = 'TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA';

/** An account's data as Ingot keeps it, with the changes as JSON. */
const dataOf = (changes: Readonly<Record<string, string>> = {}) => {
  const fields = {
    data: '["AQIDBA==", "base64"]',
    owner: `"${OWNER}"`,
    space: '4',
    lamports: '2039280',
    rentEpoch: MOST,
    executable: 'false',
    ...changes,
  };
  return `{${Object.entries(fields)
    .map(([name, json]) => `"${name}": ${json}`)
    .join(', ')}}`;
};

async function* pagesOf(...datas: readonly string[]) {
  for (const [at, data] of datas.entries()) yield [{ id: keyOf(at + 1), data }];
}

async function read(pages: AsyncIterable<readonly { id: string; data: string }[]>) {
  const leftOut: LeftOutCounts = {};
  const files = [];
  for await (const file of accountFiles(pages, countIn(leftOut))) files.push(file);
  return { files, leftOut };
}

async function makeFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'ingot-moment-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  return folder;
}

async function collect(pieces: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const all: Uint8Array[] = [];
  for await (const piece of pieces) all.push(piece);
  return Buffer.concat(all);
}

describe('a file of an account', () => {
  it('is what the command line of Solana writes, every number with all its digits', async () => {
    const { files, leftOut } = await read(pagesOf(dataOf({ lamports: MOST })));
    expect(leftOut).toEqual({});
    expect(files.map(({ name }) => name)).toEqual([`${keyOf(1)}.json`]);
    expect(parse(String(files[0]?.content))).toEqual({
      pubkey: keyOf(1),
      account: {
        lamports: new LosslessNumber(MOST),
        data: ['AQIDBA==', 'base64'],
        owner: OWNER,
        executable: false,
        rentEpoch: new LosslessNumber(MOST),
        space: new LosslessNumber('4'),
      },
    });
  });

  it('has the rent epoch that a rounded one stands for', async () => {
    const { files } = await read(pagesOf(dataOf({ rentEpoch: '18446744073709552000' })));
    expect(String(files[0]?.content)).toContain(`"rentEpoch":${MOST},`);
  });

  it.each([
    ['closed', '{"closed": true}'],
    ['closed', dataOf({ lamports: '0', space: '0', data: '["", "base64"]' })],
    ['cut', dataOf({ cut: 'true' })],
    ['cut', dataOf({ space: '165' })],
    ['cut', dataOf({ space: 'null' })],
    ['parsed', dataOf({ data: '{"program": "spl-token", "parsed": {"lamports": 5}, "space": 165}' })],
    ['parsed', dataOf({ data: `{"program": "x", "parsed": {"data": ["AQIDBA==", "base64"]}, "space": 4}` })],
    ['parsed', dataOf({ data: `{"parsed": {"text": "${'x'.repeat(70_000)}"}}` })],
    ['rentEpoch', dataOf({ rentEpoch: '18446744073709551616' })],
    ['rentEpoch', dataOf({ rentEpoch: 'null' })],
    ['other', '{}'],
    ['other', '[1]'],
    ['other', '"text"'],
    ['other', dataOf({ lamports: '18446744073709551616' })],
    ['other', dataOf({ lamports: '"5"' })],
    ['other', dataOf({ lamports: '1.5' })],
    ['other', dataOf({ owner: '"../../etc"' })],
    ['other', dataOf({ data: '["not base64!", "base64"]' })],
    ['other', dataOf({ data: '["AQ=DBA==", "base64"]' })],
    ['other', dataOf({ data: '["AQIDBA==", "base58"]' })],
    ['other', dataOf({ data: '"AQIDBA=="' })],
    ['other', dataOf({ data: `{"text": "${'x'.repeat(70_000)}"}` })],
  ] as const)('is not written for what is %s: %.60s', async (reason, data) => {
    expect(await read(pagesOf(data))).toEqual({ files: [], leftOut: { [reason]: 1 } });
  });

  it.each(['a', '../x', `${keyOf(1)}/..`, keyOf(1).slice(1), 'con', '1'.repeat(128), '0'.repeat(44)])(
    'is not written for the id %s',
    async (id) => {
      async function* page() {
        yield [{ id, data: dataOf() }];
      }
      expect(await read(page())).toEqual({ files: [], leftOut: { id: 1 } });
    },
  );

  it('holds the largest account there is', async () => {
    const bytes = Buffer.alloc(10 * 1024 * 1024, 7);
    const { files } = await read(
      pagesOf(dataOf({ data: `["${bytes.toString('base64')}", "base64"]`, space: String(bytes.length) })),
    );
    expect(JSON.parse(String(files[0]?.content)).account.data[0]).toHaveLength(13_981_016);
  });
});

describe('a folder of accounts', () => {
  it('is there only when it is whole', async () => {
    const path = join(await makeFolder(), 'accounts');
    async function* pages() {
      for (let page = 0; page < 3; page += 1) {
        yield Array.from({ length: 50 }, (_, at) => ({ id: keyOf(50 * page + at + 1), data: dataOf() }));
      }
      throw new Error('the database was lost');
    }
    const files = accountFiles(pages(), () => {});
    await expect(writeWholeFolder(path, files)).rejects.toThrow('the database was lost');
    expect(await readdir(join(path, '..'))).toEqual([]);

    let bytes = 0;
    await writeWholeFolder(
      path,
      accountFiles(pagesOf(dataOf(), dataOf(), '{}'), () => {}),
      (more) => {
        bytes += more;
      },
    );
    const names = await readdir(path);
    expect(names.sort()).toEqual([`${keyOf(1)}.json`, `${keyOf(2)}.json`].sort());
    const texts = await Promise.all(names.map((name) => readFile(join(path, name))));
    expect(texts.reduce((sum, { length }) => sum + length, 0)).toBe(bytes);
    expect(await readdir(join(path, '..'))).toEqual(['accounts']);
  });

  it('takes the place of nothing', async () => {
    const path = join(await makeFolder(), 'accounts');
    await mkdir(path);
    await writeFile(join(path, 'mine.txt'), 'mine');
    await expect(
      writeWholeFolder(
        path,
        accountFiles(pagesOf(dataOf()), () => {}),
      ),
    ).rejects.toMatchObject({ code: 'invalid_input', message: expect.stringContaining('is there already') });
    expect(await readdir(path)).toEqual(['mine.txt']);
  });

  it('is the same as an archive, which cannot be unpacked if it was cut off', async () => {
    const folder = await makeFolder();
    const archive = await collect(
      encodeArchive(pagesOf(dataOf(), '{}', dataOf({ lamports: '7' })), () => {}),
    );
    const run = promisify(execFile);
    const unpack = async (name: string, bytes: Buffer) => {
      await writeFile(join(folder, name), bytes);
      await run('tar', ['-xzf', name], { cwd: folder });
    };
    await unpack('whole.tar.gz', archive);
    const { files } = await read(pagesOf(dataOf(), '{}', dataOf({ lamports: '7' })));
    for (const { name, content } of files) {
      expect(await readFile(join(folder, 'accounts', name))).toEqual(content);
    }
    expect(await readdir(join(folder, 'accounts'))).toHaveLength(2);
    await expect(unpack('cut.tar.gz', archive.subarray(0, -9))).rejects.toThrow();
  });

  it('as an archive ends with what it is read from', async () => {
    async function* pages() {
      yield [{ id: keyOf(1), data: dataOf() }];
      throw new Error('the database was lost');
    }
    await expect(collect(encodeArchive(pages(), () => {}))).rejects.toThrow('the database was lost');
  });
});

describe('a snapshot for surfpool', () => {
  it('has each account by its key, and none that is closed', async () => {
    const leftOut: LeftOutCounts = {};
    const pages = pagesOf(dataOf(), '{"closed": true}', dataOf({ lamports: MOST }));
    const text = String(await collect(encodeSnapshot(pages, countIn(leftOut))));
    const account = {
      owner: OWNER,
      executable: false,
      rentEpoch: new LosslessNumber(MOST),
      data: 'AQIDBA==',
      parsedData: null,
    };
    expect(parse(text)).toEqual({
      [keyOf(1)]: { ...account, lamports: new LosslessNumber('2039280') },
      [keyOf(3)]: { ...account, lamports: new LosslessNumber(MOST) },
    });
    expect(describeLeftOut(leftOut)).toBe('1 left out: 1 closed');
  });

  it('is an object also without an account', async () => {
    expect(JSON.parse(String(await collect(encodeSnapshot(pagesOf(), () => {}))))).toEqual({});
  });
});
