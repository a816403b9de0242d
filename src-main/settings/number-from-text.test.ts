import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { numberFromText } from './number-from-text';

it.each(['0', '7', '007', '2.5', '.5', '5.', '+2', '-1', '1e3', '2.5E-1', '.5e+1', '1e999'])(
  'reads %s as YAML does',
  (text) => {
    const read = numberFromText(text);
    expect(read).toBe(parse(text));
    expect(typeof read).toBe('number');
  },
);

it.each([
  '',
  '.',
  '-',
  'e3',
  '1e',
  '1_000',
  '0x10',
  'NaN',
  '.nan',
  'Infinity',
  ' 1',
  '1 ',
  '1,5',
  '1.2.3',
  '1n',
])('leaves what is no decimal number as it is: "%s"', (text) => {
  expect(numberFromText(text)).toBe(text);
});
