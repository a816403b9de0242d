import { expect, test } from 'vitest';
import { keepParentProgram } from './stored-data';

test.each([
  ['{}', '{"parentProgram":"p"}'],
  ['{ }', '{"parentProgram":"p"}'],
  ['{ "n": 1.10 }', '{"parentProgram":"p", "n": 1.10 }'],
  ['{"__proto__":1}', '{"parentProgram":"p","__proto__":1}'],
  ['{"deep":{"parentProgram":1}}', '{"parentProgram":"p","deep":{"parentProgram":1}}'],
  ['{"parentProgram":"q"}', '{"parentProgram":"p","data":{"parentProgram":"q"}}'],
  ['{"parent\\u0050rogram":"q"}', '{"parentProgram":"p","data":{"parent\\u0050rogram":"q"}}'],
  ['null', '{"parentProgram":"p","data":null}'],
  ['[1]', '{"parentProgram":"p","data":[1]}'],
  ['"{"', '{"parentProgram":"p","data":"{"}'],
])('%s with a parent program is stored as %s', (data, stored) => {
  expect(keepParentProgram(data, '"p"')).toBe(stored);
});
