import { expect, test } from 'vitest';
import { previewSource } from './open-source';
import { recordText, streamOf } from './testing/reading';

const LINES = ['a', 'b', 'c'].map((id) => recordText({ id: `"${id}"` }));

const preview = (text: string, count: number) =>
  previewSource({ kind: 'stream', name: 'test.json', stream: streamOf(text) }, count);

test('shows what a source is, and its first records', async () => {
  const sample = await preview(`[${LINES.join()}]`, 2);
  expect(sample).toMatchObject({
    name: 'test.json',
    sizeBytes: null,
    format: 'json-array',
    compression: 'none',
    reading: null,
    fieldMap: 'canonical',
    fault: null,
  });
  expect(sample.records.map((record) => record.kind === 'update' && record.id)).toEqual(['a', 'b']);
});

test('shows all there is of a short source', async () => {
  expect((await preview(LINES.join('\n'), 50)).records.length).toBe(3);
});

test('shows why there is no more of a source that is broken early', async () => {
  const sample = await preview(`[${LINES[0]},5,{]`, 50);
  expect(sample.records.map(({ kind }) => kind)).toEqual(['update', 'reject']);
  expect(sample.fault).toMatchObject({ code: 'source_broken', details: { record: 2 } });
});

test.each([
  ['[{"id":"a"}, nonsense', 'record 1'],
  ['{"version":5,"id":"a"}\n{"id":', 'record 1'],
])('asks for no mapping of %s, which has no other names than those of an update', async (text, place) => {
  const { reading, records, fault } = await preview(text, 50);
  expect(reading).toBeNull();
  expect(records).toMatchObject([{ kind: 'reject', reason: 'accountType: required' }]);
  expect(fault?.message).toContain(place);
});

test('does not read on to a fault behind the records it was asked for', async () => {
  expect((await preview(`[${LINES.join()},{]`, 3)).fault).toBeNull();
});

test('ends with the record that goes beyond a million characters, and reads no further', async () => {
  const large = recordText({ data: JSON.stringify('x'.repeat(5_000_000)) });
  const asked: number[] = [];
  async function* pieces(): AsyncGenerator<Uint8Array> {
    for (let record = 0; record < 60; record += 1) {
      asked.push(record);
      yield Buffer.from(`${large}\n`);
    }
  }
  const sample = await previewSource({ kind: 'stream', name: 'large.ndjson', stream: pieces() }, 50);
  expect(sample.records).toHaveLength(1);
  // One more may be on its way.
  expect(asked.length).toBeLessThan(4);
});
