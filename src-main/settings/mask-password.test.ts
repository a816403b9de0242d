import { expect, it } from 'vitest';
import { maskPassword } from './mask-password';

it.each([
  ['postgres://ada:secret@host:5432/db', 'postgres://ada:***@host:5432/db'],
  ['postgres://ada@host/db', 'postgres://ada@host/db'],
  ['postgres://host:5432/db', 'postgres://host:5432/db'],
  ['postgres://ada:sec@ret@host/db', 'postgres://ada:***@host/db'],
  ['postgres://ada:se/cr?et@host/db', 'postgres://ada:***@host/db'],
  ['postgres://ada:p:q@host/db?sslmode=require', 'postgres://ada:***@host/db?sslmode=require'],
  ['postgres://ada@corp:secret@host/db', 'postgres://ada@corp:***@host/db'],
  ['postgres://ada@host:5432/db', 'postgres://ada@host:5432/db'],
  ['postgres://ada@[::1]:5432/db', 'postgres://ada@[::1]:5432/db'],
  ['postgres://ada:sec ret@host/db', 'postgres://ada:***@host/db'],
  ['postgres://ada:sec\nret@host/db', 'postgres://ada:***@host/db'],
  ['postgres://ada:12/secret@127.0.0.1/db', 'postgres://ada:***@127.0.0.1/db'],
  ['postgres://ada:12#secret@host/db', 'postgres://ada:***@host/db'],
  ['postgres://:secret@host/db', 'postgres://:***@host/db'],
  ['mysql://ada@corp:secret@host/db', 'mysql://ada@corp:***@host/db'],
  ['ada:secret@host/db', 'ada:***@host/db'],
  ['postgres:/ada:secret@host/db', 'postgres:***@host/db'],
  ['postgres://host/db?user=ada&password=secret&x=1', 'postgres://host/db?user=ada&password=***&x=1'],
  ['postgres://host/db?password=sec ret&x=1', 'postgres://host/db?password=***&x=1'],
  ['postgres://host/db?password=sec#ret', 'postgres://host/db?password=***'],
  ['host=localhost user=ada password=secret', 'host=localhost user=ada password=***'],
  ['/home/ada/data', '/home/ada/data'],
])('masks %s', (url, masked) => {
  expect(maskPassword(url)).toBe(masked);
});
