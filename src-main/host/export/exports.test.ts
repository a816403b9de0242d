import { readdirSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { toBase58 } from '@exodus/bytes/base58.js';
import { parse } from 'csv-parse/sync';
import { parquetReadObjects } from 'hyparquet';
import { describe, expect, it, onTestFinished } from 'vitest';
import { EXPORT_FORMATS, type ExportFormat, type TableQuery } from '../../../src-shared/tables';
import { silentLogger } from '../../runs/testing/play-run';
import { createSystemClock } from '../../time/clock';
import { record, useConnectedHost } from '../testing/connected-host';
import { TABLE_COLUMNS } from './columns';
import { createExports, type ExportRequest, type ExportsDeps } from './exports';
import { writeWhole } from './write-whole';

const MOST = '18446744073709551615';
const accounts = {
  table: 'accounts',
  sort: { by: 'id', direction: 'asc' },
  filter: {},
} as const satisfies TableQuery;
const TABLES: readonly (readonly [TableQuery, number])[] = [
  [accounts, 3],
  [{ ...accounts, filter: { accountTypes: ['mint'] } }, 2],
  [{ table: 'account', id: 'a' }, 2],
  [{ table: 'leaders' }, 2],
  [{ table: 'leaders', accountType: 'mint' }, 1],
  [{ table: 'callbacks' }, 4],
  [{ table: 'callbacks', state: 'fired' }, 4],
  [{ table: 'updates', direction: 'asc', filter: {} }, 4],
  [{ table: 'updates', direction: 'desc', filter: { idPrefix: 'a' } }, 2],
  [{ table: 'runs' }, 1],
  [{ table: 'rejects', runId: '1' }, 1],
];

async function makeFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'ingot-export-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  return folder;
}

async function collect(pieces: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const all: Uint8Array[] = [];
  for await (const piece of pieces) all.push(piece);
  return Buffer.concat(all);
}

const READERS: Readonly<
  Record<ExportFormat, (bytes: Buffer) => Promise<readonly Record<string, unknown>[]>>
> = {
  csv: async (bytes) => parse(bytes, { columns: true }),
  json: async (bytes) => JSON.parse(bytes.toString()),
  ndjson: async (bytes) =>
    bytes
      .toString()
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line)),
  parquet: async (bytes) =>
    parquetReadObjects({
      file: bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer,
    }),
};

describe('an export of a host', () => {
  const current = useConnectedHost();

  const fill = async () => {
    const path = await current().write('updates.json', [
      record('a', 1, { tokens: MOST, data: { n: 1 } }),
      record('b', 1, { accountType: '=mint()', data: { big: 5 } }),
      { id: 'c' },
      record('a', 2, { tokens: 7 }),
      record('c', 1, { tokens: 5 }),
    ]);
    await current().run({ kind: 'path', path });
  };
  const start = async (query: TableQuery, format: ExportFormat, byteOrderMark = false) => {
    const started = await current().client.call('export.start', { query, format, byteOrderMark });
    if (!started) throw new Error('there is no dialog that could be cancelled');
    return started;
  };

  it.each(EXPORT_FORMATS)('holds every row and column of each table as %s', async (format) => {
    await fill();
    for (const [query, count] of TABLES) {
      const { exportId, name, address } = await start(query, format);
      expect(address).toBe(`/exports/${exportId}`);
      expect(name).toBe(`ingot-${query.table}.${format}`);
      const rows = await READERS[format](await collect(current().test.host.exports.fetch(exportId).pieces));
      expect({ query, count: rows.length }).toEqual({ query, count });
      for (const row of rows) {
        expect(Object.keys(row)).toEqual(TABLE_COLUMNS[query.table].map((column) => column.name));
      }
      expect(await current().client.call('export.status', { exportId })).toMatchObject({
        state: 'done',
        rows: count,
        total: query.table === 'leaders' ? null : count,
      });
    }
  });

  it('holds what the pages of the view show, exactly', async () => {
    await fill();
    const { exportId } = await start({ table: 'updates', direction: 'asc', filter: {} }, 'ndjson');
    const rows = await READERS.ndjson(await collect(current().test.host.exports.fetch(exportId).pieces));
    const page = await current().client.call('history.page', {
      window: { from: { edge: 'start' }, limit: 100 },
      direction: 'asc',
      filter: {},
    });
    expect(
      rows.map(({ id, tokens, version, tokens_change }) => [id, tokens, version, tokens_change]),
    ).toEqual(page.rows.map(({ id, tokens, version, tokensChange }) => [id, tokens, version, tokensChange]));
    expect(rows[0]).toMatchObject({
      tokens: MOST,
      data: { n: 1 },
      slot: '0',
      arrived_run_ms: page.rows[0]?.arrived.at,
    });
    expect(rows[0]?.arrived_wall).toBe(new Date(page.rows[0]?.arrived.wallMs ?? 0).toISOString());
  });

  it('is as of the instant that was asked for', async () => {
    await fill();
    const { asOf } = await current().client.call('instant.resolve', { instant: '1:0' });
    for (const [query, count] of [
      [{ ...accounts, asOf }, 1],
      [{ table: 'account', id: 'a', asOf }, 1],
      [{ table: 'leaders', asOf }, 1],
      [{ table: 'updates', direction: 'asc', filter: {}, asOf }, 1],
    ] as const satisfies readonly (readonly [TableQuery, number])[]) {
      const { exportId } = await start(query, 'ndjson');
      const rows = await READERS.ndjson(await collect(current().test.host.exports.fetch(exportId).pieces));
      expect(rows).toHaveLength(count);
      expect(rows[0]).toMatchObject({ id: 'a', version: '1', tokens: MOST });
    }
  });

  it('is served once', async () => {
    await fill();
    const { exportId } = await start(accounts, 'csv');
    const { exports } = current().test.host;
    await collect(exports.fetch(exportId).pieces);
    expect(() => exports.fetch(exportId)).toThrow('fetched already');
    await expect(
      current().client.call('export.status', { exportId: '00000000-0000-4000-8000-000000000000' }),
    ).rejects.toMatchObject({ code: 'not_found' });
  });

  it('cancelled before it is fetched, sends nothing', async () => {
    await fill();
    const { exportId } = await start(accounts, 'csv');
    await current().client.call('export.cancel', { exportId });
    expect(() => current().test.host.exports.fetch(exportId)).toThrow();
    expect((await current().client.call('export.status', { exportId })).state).toBe('cancelled');
  });

  it('has no wall time on a virtual clock', async () => {
    const path = await current().write('updates.json', [record('a', 1, { callbackTimeMs: 10 })]);
    await current().run({ kind: 'path', path }, { arrival: 'none', simulate: true });
    const { exportId } = await start({ table: 'updates', direction: 'asc', filter: {} }, 'csv');
    const [row] = await READERS.csv(await collect(current().test.host.exports.fetch(exportId).pieces));
    expect(row).toMatchObject({
      arrived_run_ms: '0',
      arrived_wall: '',
      callback_due_run_ms: '10',
      callback_due_wall: '',
    });
  });
});

describe('an export for a local validator', () => {
  const current = useConnectedHost();
  const [first, second] = [1, 2].map((number) => toBase58(Buffer.alloc(32, number)));
  const accountOf = (lamports: string) =>
    `{"lamports":${lamports},"owner":"${first}","executable":false,"rentEpoch":${MOST},"space":1,"data":["BQ==","base64"]}`;

  const ingest = async () => {
    const path = await current().write('updates.json', []);
    const lineOf = (id = '', version = 0, tokens = '', data = '') =>
      `{"id":"${id}","accountType":"${first}","tokens":${tokens},"callbackTimeMs":0,"version":${version},"data":${data}}`;
    const lines = [
      lineOf(second, 1, MOST, accountOf(MOST)),
      lineOf(first, 1, '5', accountOf('5')),
      lineOf(first, 2, '0', '{"closed":true}'),
      lineOf('not a key', 1, '5', accountOf('5')),
    ];
    await writeFile(path, lines.join('\n'));
    await current().run({ kind: 'path', path });
  };
  const snapshot = async (query: TableQuery) => {
    const started = await current().client.call('export.start', { query, format: 'surfpool' });
    const exportId = started?.exportId ?? '';
    const text = String(await collect(current().test.host.exports.fetch(exportId).pieces));
    return { name: started?.name, text, status: await current().client.call('export.status', { exportId }) };
  };

  it('holds the whole accounts of an instant, exactly, and counts the others', async () => {
    await ingest();
    const now = await snapshot(accounts);
    expect(now.name).toBe('ingot-accounts-surfpool.json');
    const entry = (id = '', lamports = '') =>
      `"${id}":{"lamports":${lamports},"owner":"${first}","executable":false,"rentEpoch":${MOST},"data":"BQ==","parsedData":null}`;
    expect(now.text).toBe(`{\n${entry(second, MOST)}\n}\n`);
    expect(now.status).toMatchObject({ state: 'done', rows: 3, leftOut: { closed: 1, id: 1 } });
    const { asOf } = await current().client.call('instant.resolve', { instant: '1:1' });
    const then = await snapshot({ ...accounts, asOf });
    expect(then.text).toBe(`{\n${entry(first, '5')},\n${entry(second, MOST)}\n}\n`);
    expect(then.status.leftOut).toEqual({});
  });

  it('is of accounts only', async () => {
    await expect(
      current().client.call('export.start', { query: { table: 'runs' }, format: 'account-dir' }),
    ).rejects.toMatchObject({ code: 'invalid_input' });
  });

  it('is an archive where only a file can be fetched', async () => {
    await ingest();
    const started = await current().client.call('export.start', { query: accounts, format: 'account-dir' });
    const { name, type, pieces } = current().test.host.exports.fetch(started?.exportId ?? '');
    expect({ name, type }).toEqual({ name: 'ingot-accounts.tar.gz', type: 'application/gzip' });
    expect((await collect(pieces)).subarray(0, 2)).toEqual(Buffer.from([0x1f, 0x8b]));
  });

  it('is read again as the same accounts', async () => {
    await ingest();
    const { asOf } = await current().client.call('instant.resolve', { instant: '1:1' });
    const moment = { ...accounts, asOf };
    const rowsOf = async (query: TableQuery) => {
      const { exportId } = (await current().client.call('export.start', { query, format: 'ndjson' })) ?? {};
      const rows = await READERS.ndjson(
        await collect(current().test.host.exports.fetch(exportId ?? '').pieces),
      );
      return rows.map(({ id, account_type, tokens, data }) => ({ id, account_type, tokens, data }));
    };
    const before = await rowsOf(moment);
    expect(before).toHaveLength(2);
    const path = await current().write('snapshot.json', []);
    await writeFile(path, (await snapshot(moment)).text);
    await current().client.call('database.reset', { confirm: 'reset' });
    const { counts } = await current().run({ kind: 'path', path });
    expect(counts).toMatchObject({ records: 2, indexed: 2 });
    expect(await rowsOf(accounts)).toEqual(before);
  });
});

/** Accounts without end, in pages of 100; `asked` counts the pages, `asOf` is what they were read as of. */
function endless() {
  let pages = 0;
  let asOf: string | undefined;
  async function* walk(_query: TableQuery, _pageRows: () => number, present?: string) {
    asOf = present;
    for (;;) {
      pages += 1;
      yield Array.from({ length: 100 }, (_, at) => ({
        accountType: 'mint',
        id: `${pages}.${at}`,
        version: '1',
        tokens: '5',
      }));
    }
  }
  return { views: viewsOf(walk), asked: () => pages, asOf: () => asOf };
}

/** Accounts of the chain without end; asked for now, they must be fixed as of number 7. */
function endlessAccounts(): ReturnType<ExportsDeps['views']> {
  const owner = toBase58(Buffer.alloc(32));
  const data = `{"lamports":1,"owner":"${owner}","executable":false,"rentEpoch":0,"space":0,"data":["","base64"]}`;
  async function* walk(query: TableQuery, _pageRows: () => number, present?: string) {
    expect(query).toMatchObject({ table: 'accounts', sort: { by: 'id', direction: 'asc' } });
    expect(present).toBe('7');
    for (let number = 0; ; number += 1) {
      const key = Buffer.alloc(32);
      key.writeUInt32BE(number);
      yield [{ id: toBase58(key), data }];
    }
  }
  return viewsOf(walk);
}

/** Now is number 7. */
const viewsOf = (
  walk: (query: TableQuery, pageRows: () => number, present?: string) => AsyncGenerator<unknown>,
) =>
  ({
    walk,
    resolve: async (instant: string) => ({ asOf: instant === 'now' ? '7' : instant }),
    totalOf: async () => null,
  }) as unknown as ReturnType<ExportsDeps['views']>;

const REQUEST: ExportRequest = { query: { table: 'leaders' }, format: 'ndjson' };
const exportsOf = (deps: Partial<ExportsDeps> & Pick<ExportsDeps, 'views'>) =>
  createExports({
    sql: () => expect.fail('no result of SQL is asked for'),
    isBusy: () => false,
    choosePath: null,
    clock: createSystemClock(),
    logger: silentLogger,
    ...deps,
  });

describe('an export into a file', () => {
  it('leaves nothing when it is cancelled', async () => {
    const folder = await makeFolder();
    const source = endless();
    const exports = exportsOf({
      views: () => source.views,
      choosePath: async () => join(folder, 'leaders.ndjson'),
    });
    const started = await exports.start(REQUEST);
    if (!started) throw new Error('a place was chosen');
    expect(started).toMatchObject({ name: 'leaders.ndjson', address: null });
    await expect.poll(() => exports.status(started.exportId).rows).toBeGreaterThan(1_000);
    expect(await readdir(folder)).toEqual([expect.stringMatching(/^leaders\.ndjson\.[0-9a-f]{8}\.partial$/)]);
    exports.cancel(started.exportId);
    await exports.close();
    expect(exports.status(started.exportId).state).toBe('cancelled');
    expect(await readdir(folder)).toEqual([]);
  });

  it('leaves nothing of a folder when it is cancelled, and is of one instant also while a run is under way', async () => {
    const folder = await makeFolder();
    const views = endlessAccounts();
    const clock = { ...createSystemClock(), waitUntil: async () => {} };
    const choosePath = async (name: string) => join(folder, name);
    const exports = exportsOf({ views: () => views, isBusy: () => true, clock, choosePath });
    const request: ExportRequest = {
      query: { ...accounts, sort: { by: 'updatedAt', direction: 'desc' } },
      format: 'account-dir',
    };
    const { exportId = '', name } = (await exports.start(request)) ?? {};
    expect(name).toBe('ingot-accounts');
    await expect.poll(() => exports.status(exportId).bytes).toBeGreaterThan(10_000);
    expect(await readdir(folder)).toEqual([expect.stringMatching(/^ingot-accounts\.[0-9a-f]{8}\.partial$/)]);
    exports.cancel(exportId);
    await exports.close();
    expect(exports.status(exportId).state).toBe('cancelled');
    expect(await readdir(folder)).toEqual([]);
  });

  it('is not begun if no place was chosen', async () => {
    const source = endless();
    const exports = exportsOf({ views: () => source.views, choosePath: async () => null });
    expect(await exports.start(REQUEST)).toBeNull();
    expect(source.asked()).toBe(0);
  });

  it('says why it cannot be written', async () => {
    const folder = await makeFolder();
    const exports = exportsOf({
      views: () => endless().views,
      choosePath: async () => join(folder, 'none', 'a.csv'),
    });
    const started = await exports.start(REQUEST);
    await expect.poll(() => exports.status(started?.exportId ?? '').state).toBe('failed');
    expect(exports.status(started?.exportId ?? '').failure).toMatch(/a\.csv cannot be written: ENOENT\.$/);
  });

  it('takes the place of a file only when it is whole', async () => {
    const folder = await makeFolder();
    const path = join(folder, 'a.json');
    async function* pieces(fails: boolean) {
      yield Buffer.from('[1');
      // Its draft is there, so that it can be removed: it is not still about to be created.
      expect(readdirSync(folder)).toContainEqual(expect.stringMatching(/^a\.json\.[0-9a-f]{8}\.partial$/));
      if (fails) throw new Error('the database was lost');
      yield Buffer.from(']');
    }
    await writeWhole(path, pieces(false));
    await expect(writeWhole(path, pieces(true))).rejects.toThrow('the database was lost');
    expect(await readFile(path, 'utf8')).toBe('[1]');
    expect(await readdir(folder)).toEqual(['a.json']);
  });

  it.runIf(process.platform === 'linux')('says that the disk is full', async () => {
    async function* pieces() {
      yield Buffer.alloc(1_000);
      throw Object.assign(new Error('no space'), { code: 'ENOSPC', syscall: 'write' });
    }
    const path = join(await makeFolder(), 'a.csv');
    await expect(writeWhole(path, pieces())).rejects.toMatchObject({
      code: 'disk_full',
      message: 'No room is left on the disk for a.csv.',
    });
  });
});

describe('an export that is fetched', () => {
  it('reads no further ahead than its reader takes', async () => {
    const source = endless();
    const exports = exportsOf({ views: () => source.views });
    const started = await exports.start(REQUEST);
    const pieces = exports.fetch(started?.exportId ?? '').pieces[Symbol.asyncIterator]();
    for (let at = 0; at < 10; at += 1) await pieces.next();
    expect(source.asked()).toBeLessThanOrEqual(12);
    await pieces.return?.();
    expect(exports.status(started?.exportId ?? '').state).toBe('cancelled');
  });

  it.each([
    [false, 2, undefined],
    [true, 1, '7'],
  ])(
    'reads one page ahead, but none during a run, then as of one instant: %s',
    async (isBusy, asked, asOf) => {
      const source = endless();
      const exports = exportsOf({ views: () => source.views, isBusy: () => isBusy });
      const started = await exports.start(REQUEST);
      const pieces = exports.fetch(started?.exportId ?? '').pieces[Symbol.asyncIterator]();
      await pieces.next();
      // A text file begins without a row.
      await pieces.next();
      expect(source.asked()).toBe(asked);
      expect(source.asOf()).toBe(asOf);
      await pieces.return?.();
    },
  );

  it('rests between its pages while a run is under way', async () => {
    const source = endless();
    const waited: number[] = [];
    let nowMs = 0;
    const clock = {
      now: () => nowMs,
      monotonicMs: () => {
        nowMs += 5;
        return nowMs;
      },
      waitUntil: async (untilMs: number) => void waited.push(untilMs - nowMs),
    };
    const exports = exportsOf({ views: () => source.views, isBusy: () => true, clock });
    const started = await exports.start(REQUEST);
    const pieces = exports.fetch(started?.exportId ?? '').pieces[Symbol.asyncIterator]();
    for (let at = 0; at < 6; at += 1) await pieces.next();
    expect(waited.length).toBeGreaterThan(2);
    expect(Math.min(...waited)).toBeGreaterThanOrEqual(5);
  });
});
