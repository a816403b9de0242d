import { describe, expect, it } from 'vitest';
import { createLogger } from './logger';

/** The line of an entry, as text and taken apart. */
function write(fields: Readonly<Record<string, unknown>>, message = 'entry') {
  let line = '';
  const logger = createLogger({
    level: 'info',
    destination: {
      write: (text) => {
        line = text;
      },
    },
  });
  logger.info(fields, message);
  return { line, entry: JSON.parse(line) };
}

describe('a line of the log', () => {
  it.each([
    ['in a sentence', {}, 'cannot reach postgres://ada:hunter2@host:5432/db, giving up'],
    ['in a field', { url: 'postgres://ada:hunter2@host/db' }, 'entry'],
    ['in a parameter', { url: 'postgres://host/db?password=hunter2&sslmode=require' }, 'entry'],
    ['with an @ in it', { url: 'postgres://ada:p@hunter2@host/db' }, 'entry'],
    ['with a quote in it', { url: 'postgres://ada:"hunter2@host/db' }, 'entry'],
    ['after a user with an @', {}, 'postgres://ada@corp:hunter2@host/db does not answer'],
    ['after a user with a backslash', { url: 'postgres://corp\\ada:hunter2@host/db' }, 'entry'],
    ['of any address, after a user with an @', {}, 'https://ada@corp:hunter2@host/db does not answer'],
    ['with a space in it', { url: 'postgres://ada:s3 hunter2@host/db' }, 'entry'],
    ['with a line break in it', { url: 'postgres://ada:s3\nhunter2@host/db' }, 'entry'],
    ['with a slash in it', { url: 'postgres://ada:1234/hunter2@host/db' }, 'entry'],
    ['with a # in it', { url: 'postgres://ada:12#hunter2@host/db' }, 'entry'],
    ['in a parameter, with a space in it', { url: 'postgres://host/db?password=s3 hunter2&x=1' }, 'entry'],
    ['in a parameter, with a quote in it', { url: 'http://host/?token="hunter2' }, 'entry'],
    ['of the window', { url: 'http://127.0.0.1:1234/?token=hunter2' }, 'entry'],
    ['under its own name', { password: 'hunter2' }, 'entry'],
    ['under its own name, deeper', { headers: { cookie: 'hunter2', accept: 'text/html' } }, 'entry'],
    ['in an error', { err: new Error('postgres://ada:hunter2@host/db does not answer') }, 'entry'],
    ['in what an error came from', { err: new Error('lost', { cause: new Error('x?token=hunter2') }) }, 'e'],
  ])('holds no secret %s', (_where, fields, message) => {
    const { line } = write(fields, message);
    expect(line).not.toContain('hunter2');
    expect(line).toContain('***');
  });

  it('keeps everything else of an address, and of the entry', () => {
    const { entry } = write({
      url: 'postgres://ada:hunter2@host:5432/db?sslmode=require',
      at: 'ops@example.org',
      page: 'http://127.0.0.1:1234/x',
      other: 'b@c',
    });
    expect(entry).toMatchObject({
      url: 'postgres://ada:***@host:5432/db?sslmode=require',
      at: 'ops@example.org',
      page: 'http://127.0.0.1:1234/x',
      other: 'b@c',
    });
  });

  it('keeps the trace of an error that names an address', () => {
    const err = new Error('postgres://ada@host:5432/db does not answer');
    err.stack = `${err.name}: ${err.message}\n    at open (/app/node_modules/@scope/name/index.js:1:2)`;
    expect(write({ err }).entry.err.stack).toBe(err.stack);
  });

  it('keeps what follows the address of a page', () => {
    const message = 'http://127.0.0.1:1234/x is open, said ops@example.org';
    expect(write({}, message).entry.msg).toBe(message);
  });
});
