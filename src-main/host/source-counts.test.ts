import { writeFile } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { SourceCounts, SourceRef } from '../../src-shared/contract';
import { EXACT_ACCOUNTS, EXACT_VERSIONS } from '../ingestion/count-records';
import { record, useConnectedHost } from './testing/connected-host';

const manyRecords = (count: number, perAccount: number) =>
  Array.from({ length: count }, (_, at) => record(`account ${Math.floor(at / perAccount)}`, at % perAccount));

describe('what a source is counted to have before its run', () => {
  const open = useConnectedHost();

  const countAll = async (source: SourceRef, skipBrokenLines = false): Promise<SourceCounts> => {
    const { client } = open();
    const counting = await client.call('source.count', { source, skipBrokenLines });
    for (;;) {
      const counts = await client.call('source.counts', counting);
      if (counts.isDone) return counts;
    }
  };

  it('is what its run then counts, also the second time', async () => {
    const { write, run } = open();
    const path = await write('mixed.json', [
      ...manyRecords(300, 3),
      record('account 1', 1),
      record('account 1', 2, { tokens: 6 }),
      record('x', 1, { accountType: 'escrow', callbackTimeMs: 700 }),
      record('x', 1, { tokens: -1 }),
      record('x', 2, { tokens: -1 }),
      { id: '' },
    ]);
    const source = { kind: 'path', path } as const;
    const counts = await countAll(source);
    expect(counts).toMatchObject({
      records: 306,
      rejected: 3,
      accounts: { count: 101, isExact: true },
      repeated: { count: 2, isExact: true },
      known: { count: 0, isExact: true },
      longestCallbackMs: 700,
      fault: null,
    });
    expect(counts.types.listed).toEqual([
      { name: 'mint', records: 302 },
      { name: 'escrow', records: 1 },
    ]);
    expect(counts.reasons.listed.map(({ records }) => records)).toEqual([2, 1]);
    const ran = (await run(source)).counts;
    expect(ran.rejected).toBe(counts.rejected);
    expect(ran.duplicate + ran.conflict).toBe(counts.repeated.count);
    expect(ran.indexed + ran.stale).toBe(301);

    expect((await countAll(source)).known).toEqual({ count: 303, isExact: true });
  });

  it('is the same of a gzipped file', async () => {
    const path = await open().write('plain.ndjson', []);
    const lines = manyRecords(500, 5).map((one) => JSON.stringify(one));
    await writeFile(path, gzipSync(lines.join('\n')));
    expect(await countAll({ kind: 'path', path })).toMatchObject({ records: 500, accounts: { count: 100 } });
  });

  it('ends at a broken line with its reason, or passes over it', async () => {
    const path = await open().write('broken.ndjson', []);
    await writeFile(path, [JSON.stringify(record('a', 1)), '{', JSON.stringify(record('b', 1))].join('\n'));
    const source = { kind: 'path', path } as const;
    expect(await countAll(source)).toMatchObject({ records: 1, fault: { code: 'source_broken' } });
    expect(await countAll(source, true)).toMatchObject({ records: 3, rejected: 1, fault: null });
  });

  it('is an estimate beyond its limits', async () => {
    const count = 2 * EXACT_ACCOUNTS;
    const path = await open().write('large.json', manyRecords(count, 1));
    const counts = await countAll({ kind: 'path', path });
    expect(counts).toMatchObject({ records: count, repeated: { count: 0, isExact: false } });
    expect(counts.accounts.isExact).toBe(false);
    expect(Math.abs(counts.accounts.count / count - 1)).toBeLessThan(0.03);
    expect(count).toBeGreaterThan(EXACT_VERSIONS);
  });

  it('is nothing more once it is stopped', async () => {
    const { client, write } = open();
    const path = await write('stopped.json', manyRecords(20_000, 1));
    const counting = await client.call('source.count', { source: { kind: 'path', path } });
    await client.call('source.stopCount', counting);
    await expect(client.call('source.counts', counting)).rejects.toMatchObject({ code: 'not_found' });
  });
});
