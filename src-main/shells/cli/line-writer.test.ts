import { PassThrough, Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { createLineWriter, type LineWriterOptions } from './line-writer';

function open(stream: Writable, options: Partial<LineWriterOptions> = {}) {
  const told: string[] = [];
  const writer = createLineWriter(stream, {
    limit: 10,
    onReaderGone: () => told.push('reader gone'),
    onFault: (error) => told.push(error.message),
    ...options,
  });
  return { writer, told };
}

/** Whether it has resolved once everything that could run has run. */
async function isSettled(promise: Promise<void>): Promise<boolean> {
  let settled = false;
  void promise.then(() => {
    settled = true;
  });
  await new Promise((resolve) => setImmediate(resolve));
  return settled;
}

/** Takes nothing until `take` is called, and then one piece. */
function createSlowReader() {
  const taken: string[] = [];
  const held: (() => void)[] = [];
  const stream = new Writable({
    decodeStrings: false,
    highWaterMark: 1,
    write(chunk, _encoding, done) {
      held.push(() => {
        taken.push(String(chunk));
        done();
      });
    },
  });
  return { stream, taken, take: () => held.shift()?.() };
}

describe('a line writer', () => {
  it('is ready as long as little waits', async () => {
    const { writer } = open(new PassThrough());
    writer.write('a\n');
    expect(await isSettled(writer.ready())).toBe(true);
  });

  it('holds whoever asks while the reader is slow, until it has caught up', async () => {
    const reader = createSlowReader();
    const { writer } = open(reader.stream);
    writer.write('0123456789\n');
    const ready = writer.ready();
    expect(await isSettled(ready)).toBe(false);
    reader.take();
    expect(await isSettled(ready)).toBe(true);
  });

  it('holds nobody once released, and still loses nothing', async () => {
    const reader = createSlowReader();
    const { writer } = open(reader.stream);
    writer.write('0123456789\n');
    writer.release();
    expect(await isSettled(writer.ready())).toBe(true);
    const flushed = writer.flush();
    expect(await isSettled(flushed)).toBe(false);
    reader.take();
    await isSettled(flushed);
    reader.take();
    await flushed;
    expect(reader.taken.join('')).toBe('0123456789\n');
  });

  it('tells once that the reader has gone, and then throws away', async () => {
    const stream = new PassThrough();
    const { writer, told } = open(stream);
    const error = Object.assign(new Error('write EPIPE'), { code: 'EPIPE' });
    stream.destroy(error);
    await isSettled(Promise.resolve());
    writer.write('more\n');
    await writer.flush();
    expect(await isSettled(writer.ready())).toBe(true);
    expect(told).toEqual(['reader gone']);
  });

  it('tells of any other fault by its message', async () => {
    const stream = new PassThrough();
    const { told } = open(stream);
    stream.destroy(new Error('no space left'));
    await isSettled(Promise.resolve());
    expect(told).toEqual(['no space left']);
  });
});
