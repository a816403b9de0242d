import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createTextCache } from './text-cache';

test('gives the text of the bytes, whatever it was asked for before', () => {
  const cache = createTextCache();
  fc.assert(
    fc.property(
      fc.array(fc.oneof(fc.string({ maxLength: 3 }), fc.string({ maxLength: 30 }), fc.nat().map(String))),
      (texts) => {
        const bytes = Buffer.from(texts.join(''));
        let start = 0;
        for (const text of texts) {
          expect(cache.read(bytes, start, start + text.length)).toBe(text);
          start += text.length;
        }
      },
    ),
    { numRuns: 2000 },
  );
});
