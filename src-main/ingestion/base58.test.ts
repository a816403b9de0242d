import fc from 'fast-check';
import { expect, it, test } from 'vitest';
import { decodeBase58, encodeBase58, isPublicKey } from './base58';

/** From the draft of base58 (draft-msporny-base58-03), section 5. */
test.each([
  ['Hello World!', '2NEpo7TZRRrLZSi2U'],
  [
    'The quick brown fox jumps over the lazy dog.',
    'USm3fpXnKG5EUBx2ndxBDMPVciP5hGey2Jh4NDv6gmeo1LkMeiKrLJUUBk6Z',
  ],
  ['\0\0(\x7f\xb4\xcd', '11233QC4'],
])('%j is %s', (bytes, text) => {
  expect(encodeBase58(Buffer.from(bytes, 'latin1'))).toBe(text);
  expect(decodeBase58(text)).toEqual(Uint8Array.from(Buffer.from(bytes, 'latin1')));
});

it('has a public key for every 32 bytes, and for no other number of bytes', () => {
  const edges = [[1, ...Array(31).fill(0)], Array(32).fill(255), Array(32).fill(0), Array(31).fill(255)];
  const bytes = fc.oneof(
    fc.constantFrom(...edges, [1, ...Array(32).fill(0)], [0, ...Array(32).fill(255)]),
    fc.array(fc.integer({ min: 0, max: 255 }), { minLength: 30, maxLength: 34 }),
  );
  fc.assert(
    fc.property(bytes, fc.nat(3), (bytes, zeros) => {
      const key = Uint8Array.from([...Array(zeros).fill(0), ...bytes]);
      expect(isPublicKey(encodeBase58(key))).toBe(key.length === 32);
    }),
    { numRuns: 2000 },
  );
});

test.each(['', '0'.repeat(44), 'l'.repeat(43), `${'2'.repeat(43)}\n`, 'é'.repeat(32), 'z'.repeat(100_000)])(
  '%j is no public key',
  (text) => {
    expect(isPublicKey(text)).toBe(false);
  },
);
