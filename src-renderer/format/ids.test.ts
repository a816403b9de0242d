import { expect, test } from 'vitest';
import { fileName } from './ids';

test('takes the name off a path of either kind', () => {
  expect(fileName('/data/sample.json')).toBe('sample.json');
  expect(fileName('C:\\data\\sample.json')).toBe('sample.json');
  expect(fileName('sample.json')).toBe('sample.json');
});
