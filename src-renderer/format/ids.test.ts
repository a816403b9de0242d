import { expect, test } from 'vitest';
import { cutId, fileName } from './ids';

test('cuts a long id in the middle and leaves a short one whole', () => {
  expect(cutId('6BhkGCMVMyrjEEkrASJcLxfAvoW43g6BubxjpeUyZFoz')).toBe('6BhkGC…yZFoz');
  expect(cutId('short-id')).toBe('short-id');
});

test('never cuts a character in two', () => {
  expect(cutId('😀'.repeat(20))).toBe(`${'😀'.repeat(6)}…${'😀'.repeat(5)}`);
});

test('takes the name off a path of either kind', () => {
  expect(fileName('/data/sample.json')).toBe('sample.json');
  expect(fileName('C:\\data\\sample.json')).toBe('sample.json');
  expect(fileName('sample.json')).toBe('sample.json');
});
