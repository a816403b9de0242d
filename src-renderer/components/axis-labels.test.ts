import { expect, test } from 'vitest';
import { placeLabels } from './axis-labels';

const label = (text: string, at: number, width: number) => ({ text, at, width });
const placed = (labels: ReturnType<typeof label>[]) =>
  placeLabels(labels, { left: 50, right: 400 }).map(({ text, left }) => [text, left]);

test('labels stand under the middle of what they name', () => {
  expect(placed([label('1', 100, 10), label('2', 200, 10)])).toEqual([
    ['1', 95],
    ['2', 195],
  ]);
});

test('the first and the last stay within the frame', () => {
  expect(placed([label('9,007,…740,991', 50, 88), label('9,007,…740,993', 386, 88)])).toEqual([
    ['9,007,…740,991', 50],
    ['9,007,…740,993', 312],
  ]);
});

test('one that would touch another gives way, the last one to none', () => {
  expect(placed([label('first', 50, 88), label('second', 130, 88), label('third', 240, 88)])).toEqual([
    ['first', 50],
    ['third', 196],
  ]);
  expect(placed([label('first', 50, 88), label('second', 200, 88), label('third', 280, 88)])).toEqual([
    ['first', 50],
    ['third', 236],
  ]);
  expect(placed([label('first', 50, 88), label('last', 100, 88)])).toEqual([['last', 56]]);
});

test('where there is nothing to say there is no label', () => {
  expect(placed([label('', 50, 0), label('1', 200, 10)])).toEqual([['1', 195]]);
});
