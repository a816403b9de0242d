import { mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { isFailure, openBytes, PIECE_BYTES } from './byte-source';
import { streamOf } from './testing/reading';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'ingot-bytes-'));
});
afterEach(async () => {
  await rm(directory, { recursive: true, force: true });
});

/** Bytes in which no stretch repeats. */
function distinctBytes(length: number): Buffer {
  const bytes = Buffer.alloc(length);
  for (let at = 0; at + 4 <= length; at += 4) bytes.writeUInt32LE(at, at);
  return bytes;
}

test('a piece of a file stays as it is until the next one is asked for, while that is read already', async () => {
  const path = join(directory, 'long');
  const content = distinctBytes(5 * PIECE_BYTES + 1000);
  await writeFile(path, content);
  const source = await openBytes({ kind: 'file', path });
  let at = 0;
  for await (const piece of source.pieces()) {
    if (isFailure(piece)) throw piece.cause;
    // Reads of the same file return after the read ahead, which was issued first.
    const other = await open(path);
    for (let times = 0; times < 3; times++) await other.read(Buffer.alloc(PIECE_BYTES), 0, PIECE_BYTES, 0);
    await other.close();
    expect(content.subarray(at, at + piece.length).equals(piece)).toBe(true);
    at += piece.length;
    expect(source.bytesRead).toBe(at);
  }
  expect(at).toBe(content.length);
  await source.close();
});

test('a stream that gives much at once is handed on in pieces', async () => {
  const content = distinctBytes(3 * PIECE_BYTES + 10);
  const source = await openBytes({ kind: 'stream', name: 'upload', stream: streamOf(content) });
  const lengths: number[] = [];
  for await (const piece of source.pieces()) if (!isFailure(piece)) lengths.push(piece.length);
  expect(lengths).toEqual([PIECE_BYTES, PIECE_BYTES, PIECE_BYTES, 10]);
});

test('a stream of something other than bytes fails', async () => {
  const stream = (async function* () {
    yield Buffer.from('[');
    yield 5;
  })() as AsyncGenerator<never>;
  const source = await openBytes({ kind: 'stream', name: 'upload', stream });
  const pieces = [];
  for await (const piece of source.pieces()) pieces.push(piece);
  expect(pieces).toMatchObject([{ length: 1 }, { failure: 'unreadable' }]);
});
