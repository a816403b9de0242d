import { crc32, gunzipSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isFailure, type Pieces, type StreamFailure } from './byte-source';
import { gunzip } from './gunzip';
import { cutEvery } from './testing/reading';
import { cutAt, cuts } from './testing/source-texts';

async function* piecesOf(pieces: readonly Uint8Array[]): Pieces {
  yield* pieces;
}

async function decompress(pieces: readonly Uint8Array[]) {
  const text: Uint8Array[] = [];
  let failure: StreamFailure['failure'] | undefined;
  const unzipped = gunzip(piecesOf(pieces));
  for await (const piece of unzipped.pieces) {
    if (isFailure(piece)) failure = piece.failure;
    else text.push(piece);
  }
  return { text: Buffer.concat(text), failure, trailing: unzipped.trailingBytes() };
}

const LINES = Array.from({ length: 3000 }, (_, at) => `{"n":${(at * 2654435761) % 4294967296}}\n`);
const TEXT = Buffer.from(LINES.join(''));
const ONE = gzipSync(TEXT);
const CUT = { finishFlush: 2 }; // Z_SYNC_FLUSH: return what there is

test('decompresses any number of members, however the bytes arrive', async () => {
  const members = Buffer.concat([gzipSync('a'), gzipSync(''), ONE, gzipSync('z')]);
  const whole = Buffer.concat([Buffer.from('a'), TEXT, Buffer.from('z')]);
  await fc.assert(
    fc.asyncProperty(cuts, async (fractions) => {
      const { text, failure } = await decompress(cutAt(members, fractions));
      expect(failure).toBeUndefined();
      expect(text.equals(whole)).toBe(true);
    }),
    { numRuns: 50 },
  );
  const small = Buffer.concat([gzipSync('a'), gzipSync('bc')]);
  expect((await decompress(cutEvery(small, 1))).text.toString()).toBe('abc');
});

test('a member that ends where a piece of input ends is followed by the next one', async () => {
  // Stored blocks have a known size, so the first member can end at any offset.
  for (const length of [16_384 - 1, 16_384, 16_384 + 1]) {
    const filler = length - gzipSync(Buffer.alloc(16_000, 'x'), { level: 0 }).length;
    const first = gzipSync(Buffer.alloc(16_000 + filler, 'x'), { level: 0 });
    expect(first.length).toBe(length);
    const { text, failure } = await decompress([Buffer.concat([first, gzipSync('end')])]);
    expect(failure).toBeUndefined();
    expect(text.length).toBe(16_000 + filler + 3);
  }
});

test('zeros after the last member are padding', async () => {
  expect(await decompress([Buffer.concat([ONE, Buffer.alloc(1000)])])).toEqual({
    text: TEXT,
    failure: undefined,
    trailing: 0,
  });
});

test('members with any number of zeros after each are read to the last, however the bytes arrive', async () => {
  const zeros = fc.oneof(
    { weight: 3, arbitrary: fc.integer({ min: 0, max: 5000 }) },
    fc.integer({ min: 0, max: 40 }).map((more) => 16_384 - 20 + more),
  );
  const members = fc.array(
    fc.tuple(fc.constantFrom('', 'a', '{"n":1}\n', TEXT.toString()), fc.constantFrom(0, 6), zeros),
    { minLength: 1, maxLength: 6 },
  );
  await fc.assert(
    fc.asyncProperty(members, cuts, async (list, fractions) => {
      const bytes = Buffer.concat(
        list.flatMap(([text, level, padding]) => [gzipSync(text, { level }), Buffer.alloc(padding)]),
      );
      const { text, failure } = await decompress(cutAt(bytes, fractions));
      expect(failure).toBeUndefined();
      expect(text.toString()).toBe(list.map(([part]) => part).join(''));
    }),
    { numRuns: 100 },
  );
});

test('a member whose zeros begin or end where a piece of input ends is followed by the next one', async () => {
  const member = gzipSync('a');
  for (const place of [16_383, 16_384, 16_385]) {
    for (const total of [place - member.length, place]) {
      const bytes = Buffer.concat([member, Buffer.alloc(total), gzipSync('b'), Buffer.alloc(total)]);
      const { text, failure } = await decompress([bytes]);
      expect(failure).toBeUndefined();
      expect(text.toString()).toBe('ab');
    }
    const first = gzipSync(Buffer.alloc(16_000, 'x'), { level: 0 });
    const filled = gzipSync(Buffer.alloc(16_000 + place - first.length, 'x'), { level: 0 });
    expect(filled.length).toBe(place);
    const { text } = await decompress([Buffer.concat([filled, Buffer.alloc(512), gzipSync('end')])]);
    expect(text.subarray(-3).toString()).toBe('end');
  }
});

test('many small members with zeros between them cost no more memory than their text', async () => {
  const member = Buffer.concat([gzipSync('a'), Buffer.alloc(1)]);
  const count = 5000;
  let length = 0;
  const memory = new Set<ArrayBufferLike>();
  const { pieces } = gunzip(piecesOf([Buffer.concat(Array.from({ length: count }, () => member))]));
  for await (const piece of pieces) {
    if (isFailure(piece)) throw new Error(piece.failure);
    length += piece.length;
    memory.add(piece.buffer);
  }
  expect(length).toBe(count);
  const kept = Array.from(memory, ({ byteLength }) => byteLength).reduce((sum, bytes) => sum + bytes, 0);
  expect(kept).toBeLessThan(1024 * 1024);
});

test.each(['garbage', 'g', '\r\n', '{"id":"b"}\n', '\x1f\0'])(
  'after a whole member %j is passed over and counted, and no text is lost',
  async (garbage) => {
    for (const zeros of [0, 1, 512, 16_384, 40_000]) {
      const bytes = Buffer.concat([ONE, Buffer.alloc(zeros), Buffer.from(garbage)]);
      for (const pieces of [[bytes], cutEvery(bytes, 1000), cutEvery(bytes, 61)]) {
        const { text, failure, trailing } = await decompress(pieces);
        expect(failure).toBeUndefined();
        expect(text.equals(TEXT)).toBe(true);
        expect(trailing).toBe(garbage.length);
      }
    }
  },
);

test('a member after such bytes is passed over too, as zcat does', async () => {
  const bytes = Buffer.concat([ONE, Buffer.from('\r\n'), gzipSync('b')]);
  const { text, failure, trailing } = await decompress(cutEvery(bytes, 7));
  expect(failure).toBeUndefined();
  expect(text.equals(TEXT)).toBe(true);
  expect(trailing).toBe(2 + gzipSync('b').length);
});

test('headers with every field are read, wherever the pieces end', async () => {
  const [member, name, extra] = [gzipSync('a'), Buffer.from('updates.json\0'), Buffer.from([3, 0, 1, 2, 3])];
  const withFields = Buffer.concat([member.subarray(0, 10), extra, name, Buffer.from('note\0')]);
  withFields[3] = 0x1e;
  const sum = Buffer.alloc(2);
  sum.writeUInt16LE(crc32(withFields) & 0xffff);
  const bytes = Buffer.concat([withFields, sum, member.subarray(10), member]);
  expect(gunzipSync(bytes).toString()).toBe('aa');
  for (const pieces of [[bytes], cutEvery(bytes, 1)]) {
    expect(await decompress(pieces)).toMatchObject({ text: Buffer.from('aa'), failure: undefined });
  }
  sum[0] = (sum[0] ?? 0) ^ 1;
  const wrong = Buffer.concat([withFields, sum, member.subarray(10)]);
  expect((await decompress([wrong])).failure).toBe('gzip-damaged');
});

test('a header that never ends is damage, and bounded', async () => {
  const endless = Buffer.concat([gzipSync('a').subarray(0, 10), Buffer.alloc(1024 * 1024, 'n')]);
  endless[3] = 0x08;
  expect((await decompress(cutEvery(endless, 10_000))).failure).toBe('gzip-damaged');
});

test('cut off in a member after zeros, it says so, from its first byte on', async () => {
  const second = gzipSync('second');
  for (let length = 1; length < second.length; length++) {
    const bytes = Buffer.concat([ONE, Buffer.alloc(512), second.subarray(0, length)]);
    expect((await decompress([bytes])).failure).toBe('gzip-cut');
  }
});

test('cut off anywhere, it gives all the text there is, then says so', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 20, max: ONE.length - 1 }), cuts, async (length, fractions) => {
      const bytes = ONE.subarray(0, length);
      const { text, failure } = await decompress(cutAt(bytes, fractions));
      expect(failure).toBe('gzip-cut');
      expect(text.equals(gunzipSync(bytes, CUT))).toBe(true);
    }),
    { numRuns: 100 },
  );
});

test('cut off in a second member, it says so too', async () => {
  const second = gzipSync('second');
  for (let length = 1; length < second.length; length++) {
    const { failure } = await decompress([Buffer.concat([ONE, second.subarray(0, length)])]);
    expect(failure).toBe('gzip-cut');
  }
});

test('damaged, it says so, and what it gives before does not depend on how the bytes arrive', async () => {
  const big = gzipSync(Buffer.concat(Array.from({ length: 8 }, () => TEXT)));
  await fc.assert(
    fc.asyncProperty(fc.nat(ONE.length * 8), cuts, async (place, fractions) => {
      const bytes = Buffer.from(big);
      const at = 10 + (place % (bytes.length - 10));
      bytes[at] = (bytes[at] ?? 0) ^ 0x55;
      const whole = await decompress([bytes]);
      expect(whole.failure).toMatch(/^gzip-(damaged|cut)$/);
      const { text, failure } = await decompress(cutAt(bytes, fractions));
      expect(failure).toBe(whole.failure);
      expect(text.equals(whole.text)).toBe(true);
    }),
    { numRuns: 60 },
  );
});

test('damaged among members with zeros after them, it gives the same however the bytes arrive', async () => {
  const padded = Buffer.concat(Array.from({ length: 6 }, () => [ONE, Buffer.alloc(700)]).flat());
  await fc.assert(
    fc.asyncProperty(fc.nat(padded.length - 11), cuts, async (place, fractions) => {
      const bytes = Buffer.from(padded);
      bytes[place + 10] = (bytes[place + 10] ?? 0) ^ 0x55;
      const whole = await decompress([bytes]);
      const { text, failure } = await decompress(cutAt(bytes, fractions));
      expect(failure).toBe(whole.failure);
      expect(text.equals(whole.text)).toBe(true);
    }),
    { numRuns: 60 },
  );
});

test('a wrong checksum is damage, also when all the text was fine', async () => {
  const bytes = Buffer.from(ONE);
  bytes[bytes.length - 6] = (bytes[bytes.length - 6] ?? 0) ^ 1;
  expect((await decompress([bytes])).failure).toBe('gzip-damaged');
});

test('a failure of the input comes after all that was decompressed before it', async () => {
  async function* failing(): Pieces {
    yield ONE.subarray(0, -1);
    yield { failure: 'unreadable', cause: undefined };
  }
  let length = 0;
  let last: unknown;
  for await (const piece of gunzip(failing()).pieces) {
    if (isFailure(piece)) last = piece.failure;
    else length += piece.length;
  }
  expect(length).toBe(TEXT.length);
  expect(last).toBe('unreadable');
});
