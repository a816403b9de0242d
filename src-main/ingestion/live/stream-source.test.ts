import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { readingFrom } from '../../../src-shared/mapping';
import { createStreamSource } from './stream-source';
import { createTaker, idsOf } from './testing/taker';

const line = (id: string) =>
  `{"id":"${id}","accountType":"mint","tokens":1,"version":1,"callbackTimeMs":0}\n`;

describe('lines that come by standard input', () => {
  const open = (mapping: string | null = null) => {
    const stream = new PassThrough();
    return {
      stream,
      source: createStreamSource({ kind: 'stream', stream, name: 'stdin' }, readingFrom({ mapping })),
      taker: createTaker(),
    };
  };

  it('are taken as they come, also the last one without its end', async () => {
    const { stream, source, taker } = open();
    const taking = taker.take(source, () => false);
    stream.write(line('a') + line('b').slice(0, 9));
    await taker.until(() => taker.records.length === 1);
    stream.end(line('b').slice(9) + line('c').trimEnd());
    await taking;
    expect(idsOf(taker.records)).toEqual(['a', 'b', 'c']);
    expect(taker.gaps).toEqual([]);
  });

  it('say which slots are dead, between the updates', async () => {
    const { stream, source, taker } = open('recorded-updates');
    const update =
      '{"arrivalMs":5,"update":{"id":"a","accountType":"mint","tokens":1,"slot":7,"version":1}}\n';
    const dead = '{"arrivalMs":5,"slot":{"slot":"7","status":"dead"}}\n';
    stream.end(`${update}${dead}${update}${update}${dead}`);
    await taker.take(source, () => false);
    expect(
      taker.messages.map((message) => (message.kind === 'slot' ? message.status : message.kind)),
    ).toEqual([
      'position',
      ...['record', 'dead', 'record', 'record', 'dead', 'skipped', 'skipped', 'position'],
    ]);
  });

  it('begin with a gap if some came before', async () => {
    const first = open();
    first.stream.write(line('a'));
    await first.taker.take(first.source, () => first.taker.records.length === 1);
    const { stream, source, taker } = open();
    taker.position = first.taker.position;
    stream.end(line('b'));
    await taker.take(source, () => false);
    expect(idsOf(taker.records)).toEqual(['b']);
    expect(taker.gaps.map(({ reason }) => reason)).toEqual([
      `What stdin gave the last time after its byte ${line('a').length - 1} is lost: it cannot be read again.`,
    ]);
  });

  it('are not waited for when the run is stopped', async () => {
    const { stream, source } = open();
    const stop = new AbortController();
    const reading = source.connect(null, stop.signal)[Symbol.asyncIterator]().next();
    stop.abort();
    expect(await reading).toMatchObject({ done: true });
    if (!stream.closed) await once(stream, 'close');
  });
});
