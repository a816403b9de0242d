import { expect, test } from 'vitest';
import { hexLines } from './hex-lines';

test('sixteen bytes a line, after their place', () => {
  const bytes = Array.from({ length: 18 }, (_, at) => at * 15);
  expect(hexLines(bytes, 256)).toBe(
    '00000100  00 0f 1e 2d 3c 4b 5a 69  78 87 96 a5 b4 c3 d2 e1\n00000110  f0 ff',
  );
});
