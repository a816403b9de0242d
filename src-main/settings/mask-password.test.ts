import { expect, it } from 'vitest';
import { maskPassword } from './mask-password';

it.each([
  ['postgres://ada:secret@host:5432/db', 'postgres://ada:***@host:5432/db'],
  ['postgres://ada@host/db', 'postgres://ada@host/db'],
  ['postgres://host:5432/db', 'postgres://host:5432/db'],
  ['postgres://ada:sec@ret@host/db', 'postgres://ada:***@host/db'],
  ['postgres://ada:se/cr?et@host/db', 'postgres://ada:***@host/db'],
  ['postgres://ada:p:q@host/db?sslmode=require', 'postgres://ada:***@host/db?sslmode=require'],
  ['postgres://host/db?user=ada&password=secret&x=1', 'postgres://host/db?user=ada&password=***&x=1'],
  ['/home/ada/data', '/home/ada/data'],
])('masks %s', (url, masked) => {
  expect(maskPassword(url)).toBe(masked);
});
