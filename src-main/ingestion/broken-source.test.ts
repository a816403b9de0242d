import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { openSource } from './open-source';
import { cutEvery, readPieces, recordText } from './testing/reading';
import { arraySource, cutAt, cuts, ndjsonSource, spoiled } from './testing/source-texts';

const A = recordText({ id: '"a"' });

async function readOrRefuse(pieces: readonly Uint8Array[]) {
  try {
    const { records, error } = await readPieces(...pieces);
    return { records, code: error?.code, message: error?.message, details: error?.details };
  } catch (error) {
    return { refused: String(error) };
  }
}

test('from bytes to records, how they are cut into pieces changes nothing', async () => {
  const bytes = fc
    .tuple(
      fc.oneof(spoiled(arraySource), spoiled(ndjsonSource)),
      fc.boolean(),
      fc.constantFrom('', '\uFEFF', '\r\n '),
    )
    .map(([text, isGzip, before]) => {
      const whole = Buffer.concat([Buffer.from(before), text]);
      return isGzip ? gzipSync(whole) : whole;
    });
  await fc.assert(
    fc.asyncProperty(bytes, cuts, async (whole, fractions) => {
      const expected = await readOrRefuse([whole]);
      expect(await readOrRefuse(cutAt(whole, fractions))).toEqual(expected);
      if (whole.length < 300) expect(await readOrRefuse(cutEvery(whole, 1))).toEqual(expected);
    }),
    { numRuns: 500 },
  );
});

const arrayEnd = `[${A}`.length;
test.each([
  [`[${A},`, 'test.json breaks off, in record 1 at byte', arrayEnd + 1],
  [
    `[${A};${A}]`,
    'test.json is not valid JSON: expected "," or "]", found ";", in record 1 at byte',
    arrayEnd,
  ],
  [
    `[${A},{"id":"\t"}]`,
    'test.json is not valid JSON: expected an escape instead of a control character, found byte 0x09, in record 1 at byte',
    arrayEnd + 8,
  ],
  [
    `[${A}]${A}`,
    'test.json continues after the end of the array: found "{", in record 1 at byte',
    arrayEnd + 1,
  ],
  [
    `\uFEFF ${A}\n\uFEFF${A}`,
    'test.json has a byte order mark in the middle of its text, in record 1 at byte',
    4 + A.length + 1,
  ],
  [
    `[${A}]\uFEFF[${A}]`,
    'test.json has a byte order mark in the middle of its text, in record 1 at byte',
    arrayEnd + 1,
  ],
  [
    `${A}\n\uFF0C${A}`,
    'test.json is not valid JSON: expected a value, found byte 0xef, in record 1 at byte',
    A.length + 1,
  ],
  [Buffer.from(`[${A},"\xe9"]`, 'latin1'), 'test.json is not valid UTF-8, in record 1 at byte', arrayEnd + 2],
  [
    `\uFEFF [${A},${'['.repeat(600)}`,
    'test.json is nested deeper than 512 levels, in record 1 at byte',
    arrayEnd + 4 + 1 + 512,
  ],
])('%s says: %s %i', async (text, message, byteOffset) => {
  const { records, error } = await readPieces(text);
  expect(records.length).toBe(1);
  expect(error).toMatchObject({
    code: 'source_broken',
    message: `${message} ${byteOffset}.`,
    details: { record: 1, byteOffset, hint: expect.stringMatching(/\.$/) },
  });
});

test('a gzip stream that is cut off is broken there, after every record before that', async () => {
  const lines = Array.from({ length: 20_000 }, (_, at) =>
    recordText({ tokens: String((at * 7919) % 100_003) }),
  );
  const whole = gzipSync(`[${lines.join(',')}]`);
  const { records, error } = await readPieces(...cutEvery(whole.subarray(0, whole.length >> 1), 10_000));
  expect(records.length).toBeGreaterThan(5_000);
  const readLength = lines.slice(0, records.length).join(',').length;
  expect(error).toMatchObject({ code: 'source_broken', details: { record: records.length } });
  expect(error?.message).toMatch(
    /^test\.json breaks off inside its gzip stream, in record \d+ at byte \d+\.$/,
  );
  const beyond = (error?.details.byteOffset ?? 0) - readLength;
  expect(beyond).toBeGreaterThan(0);
  expect(beyond).toBeLessThan(200);
});

/** Peak resident memory above the start, in MiB, sampled after every piece. */
function watchMemory() {
  const before = process.memoryUsage.rss();
  let peak = before;
  return {
    look: () => {
      peak = Math.max(peak, process.memoryUsage.rss());
    },
    grownMiB: () => (peak - before) / 1024 / 1024,
  };
}

test('a record that never ends fails at the limit, and takes no more memory than that', async () => {
  const memory = watchMemory();
  let given = 0;
  async function* endless() {
    yield Buffer.from(`[${A},{"id":"`);
    const piece = Buffer.alloc(64 * 1024, 'x');
    for (;;) {
      given += piece.length;
      memory.look();
      yield piece;
    }
  }
  const source = await openSource({ kind: 'stream', name: 'endless', stream: endless() });
  const records: unknown[] = [];
  const reading = (async () => {
    for await (const chunk of source.chunks()) records.push(...chunk);
  })();
  await expect(reading).rejects.toMatchObject({
    code: 'source_broken',
    message: `endless has a record longer than 16 MiB, or one that never ends, in record 1 at byte ${arrayEnd + 1}.`,
  });
  expect(records.length).toBe(1);
  expect(given).toBeLessThan(17 * 1024 * 1024);
  expect(memory.grownMiB()).toBeLessThan(150);
});

test('a decompression bomb is read through a bounded window', async () => {
  // 256 MiB of white space inside an array: 260 KB compressed.
  const spaces = gzipSync(Buffer.alloc(256 * 1024 * 1024, ' '));
  const bomb = Buffer.concat([gzipSync(`[${A},`), spaces, gzipSync(`${A}]`)]);
  const memory = watchMemory();
  const source = await openSource({
    kind: 'stream',
    name: 'bomb',
    stream: (async function* () {
      for (const piece of cutEvery(bomb, 1000)) {
        memory.look();
        yield piece;
      }
    })(),
  });
  let records = 0;
  for await (const chunk of source.chunks()) {
    records += chunk.length;
    memory.look();
  }
  expect(records).toBe(2);
  expect(memory.grownMiB()).toBeLessThan(150);
});
