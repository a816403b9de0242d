import { appendFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openSource } from './open-source';
import { describeChange, IDENTITY_BYTES, type SourceIdentity } from './source-identity';

const LINE = '{"id":"a","accountType":"mint","tokens":1,"version":1,"callbackTimeMs":1}\n';
const LINES = Math.ceil((3 * IDENTITY_BYTES) / LINE.length);
const text = (changes: Record<number, string> = {}) =>
  Array.from({ length: LINES }, (_, index) => changes[index] ?? LINE).join('');
const OTHER = LINE.replace('"version":1', '"version":2');

let folder: string;
let path: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ingot-identity-'));
  path = join(folder, 'source.ndjson');
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function identityOf(content: string): Promise<SourceIdentity> {
  writeFileSync(path, content);
  return identify();
}

async function identify(): Promise<SourceIdentity> {
  const source = await openSource({ kind: 'file', path });
  try {
    return await source.identify();
  } finally {
    await source.close();
  }
}

it('knows a file again', async () => {
  expect(describeChange(await identityOf(text()), await identityOf(text()))).toBeNull();
  expect(describeChange(await identityOf(LINE), await identityOf(LINE))).toBeNull();
});

it.each([
  [text({ 0: OTHER }), 'its beginning changed, its size did not'],
  [text({ [LINES - 1]: OTHER }), 'its end changed, its size did not'],
  [text({ 0: OTHER, [LINES - 1]: OTHER }), 'its beginning and its end changed, its size did not'],
])('says which part changed', async (content, change) => {
  expect(describeChange(await identityOf(text()), await identityOf(content))).toBe(change);
});

it('takes a file that has grown for another', async () => {
  const was = await identityOf(text());
  appendFileSync(path, LINE);
  expect(describeChange(was, await identify())).toMatch(/^it has grown from \d+ to \d+ bytes$/);
});

it('does not disturb the reading of the same file', async () => {
  writeFileSync(path, text());
  const source = await openSource({ kind: 'file', path });
  let records = 0;
  for await (const chunk of source.chunks()) {
    await source.identify();
    records += chunk.length;
  }
  expect(records).toBe(LINES);
});

it('knows no stream again', async () => {
  const source = await openSource({
    kind: 'stream',
    stream: Readable.from([Buffer.from(LINE)]),
    name: 'stdin',
  });
  expect(await source.identify()).toEqual({ kind: 'stream' });
  await source.close();
});
