import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openSource } from './open-source';
import type { SourceRecord } from './record';

const OWNER = '11111111111111111111111111111111';
const KEYS = ['BjecmA3hhW8zD7ToGsosrHA8FFwpovaXDErrFL9Xjuz7', 'nzHENicMc2BHfabPbMN3DJbzbqXeTA7zUZFPk6rANeL'];
const account = (key = KEYS[0], bytes = 3) =>
  JSON.stringify({
    pubkey: key,
    account: {
      lamports: 1,
      owner: OWNER,
      executable: false,
      data: [Buffer.alloc(bytes, 7).toString('base64'), 'base64'],
    },
  });

let directory = '';
beforeEach(async () => {
  directory = join(await mkdtemp(join(tmpdir(), 'ingot-folder-')), 'accounts');
  await mkdir(directory);
});
afterEach(() => rm(join(directory, '..'), { recursive: true }));

const write = (name: string, text: string) => writeFile(join(directory, name), text);

async function read(options = {}) {
  const source = await openSource({ kind: 'file', path: directory }, options);
  const records: SourceRecord[] = [];
  const sizes: number[] = [];
  let error: unknown;
  try {
    for await (const chunk of source.chunks()) {
      records.push(...chunk);
      sizes.push(chunk.length);
    }
  } catch (thrown) {
    error = thrown;
  }
  return { records, sizes, error, notes: source.notes.join(' '), source };
}

it('is one source, and neither a key pair nor what is no file is read', async () => {
  await write('b.json', account(KEYS[1]));
  await write('a.json', `${account()}\n`);
  await write('id.json', JSON.stringify(Array.from({ length: 64 }, (_, at) => at)));
  await write('notes.txt', 'nothing');
  await symlink('a.json', join(directory, 'link.json'));
  await symlink('nowhere', join(directory, 'dangling.json'));
  await mkdir(join(directory, 'c.json'));
  const { records, notes } = await read();
  expect(records).toMatchObject(KEYS.map((id) => ({ update: { id } })));
  expect(notes).toContain('accounts holds 1 key pair, which was not read.');
  expect(notes).toContain('accounts holds 3 links, pipes or directories named .json, which were not read.');
});

it('is another source when a file is added', async () => {
  await write('a.json', account());
  const identity = async () => (await read()).source.identify();
  const was = await identity();
  await write('b.json', '{}');
  expect(await identity()).not.toEqual(was);
});

it('is read in order, small files together, and files of any length', async () => {
  const lengths = Array.from({ length: 300 }, (_, at) =>
    at % 100 === 50 ? 400_000 : at % 70 === 9 ? 12_000 + at : at,
  );
  for (const [at, length] of lengths.entries()) {
    await write(`${String(at).padStart(4, '0')}.json`, account(KEYS[at % 2], length));
  }
  const { records, sizes } = await read();
  const bytesOf = (record: SourceRecord) => {
    if (record.kind !== 'unnumbered') throw new Error(JSON.stringify(record));
    const [text] = (JSON.parse(record.update.data) as { data: [string] }).data;
    return Buffer.from(text, 'base64').length;
  };
  expect(records.map(bytesOf)).toEqual(lengths);
  expect(sizes.length).toBeLessThan(50);
});

it.each([
  ['breaks off', account().slice(0, 50), 'accounts/b.json breaks off, in record 1 at byte 50.'],
  ['breaks off in a string', account().slice(0, 20), 'accounts/b.json breaks off, in record 1 at byte 20.'],
  [
    'is no JSON',
    '{"pubkey" 1}',
    'accounts/b.json is not valid JSON: expected ":", found "1", in record 1 at byte 10.',
  ],
])('names the file that %s', async (_, text, message) => {
  await write('a.json', account());
  await write('b.json', text);
  await write('c.json', account());
  const { records, error } = await read();
  expect(records).toHaveLength(1);
  expect(error).toMatchObject({ code: 'source_broken', message });
});

it('takes a file that breaks off for a broken line, if those are to be skipped', async () => {
  await write('a.json', account());
  await write('b.json', account().slice(0, 20));
  await write('c.json', account(KEYS[1]));
  const { records } = await read({ skipBrokenLines: true });
  expect(records.map(({ kind }) => kind)).toEqual(['unnumbered', 'reject', 'unnumbered']);
});
