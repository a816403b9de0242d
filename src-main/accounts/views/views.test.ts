import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { beforeEach, expect, it } from 'vitest';
import type { RowWindow, WindowRequest } from '../../../src-shared/views';
import type { PendingCallbacks } from '../../callbacks/known-run';
import type { Database } from '../../database/database';
import { describeOnEachDatabase } from '../../database/testing/each-database';
import { createVirtualClock } from '../../time/testing/virtual-clock';
import { createViews, type Views } from './create-views';
import * as model from './testing/plain-model';
import { storePlainData } from './testing/store-plain-data';

type Page<Row> = (window: WindowRequest) => Promise<RowWindow<Row>>;

/** Removes what only a window adds. */
const plain = <Row extends object>(window: RowWindow<Row>) => window.rows.map(({ cursor: _, ...row }) => row);

/** Continues where a search stopped before the window was full, as the window does. */
const untilFull =
  <Row extends object>(page: Page<Row>): Page<Row> =>
  async (request) => {
    const backward = 'before' in request.from || ('edge' in request.from && request.from.edge === 'end');
    let window = await page(request);
    for (let steps = 0; window.next !== null; steps += 1) {
      if (steps > 200) throw new Error('the search does not end');
      expect(window.rows.length).toBeLessThan(request.limit);
      expect(backward ? window.atStart : window.atEnd).toBe(false);
      const from = backward ? { before: window.next } : { after: window.next };
      const more = await page({ from, limit: request.limit - window.rows.length });
      window = backward
        ? { ...more, rows: [...more.rows, ...window.rows], atEnd: window.atEnd }
        : {
            ...more,
            rows: [...window.rows, ...more.rows],
            atStart: window.atStart,
            startIndex: window.startIndex,
          };
    }
    return window;
  };

async function walkForward<Row extends object>(page: Page<Row>, limit: number) {
  const rows: object[] = [];
  let window = await page({ from: { edge: 'start' }, limit });
  expect(window.atStart).toBe(true);
  for (;;) {
    expect(window.startIndex).toBe(rows.length);
    rows.push(...plain(window));
    expect(rows.length).toBeLessThan(200);
    const last = window.rows.at(-1);
    if (window.atEnd || !last) return { rows, total: window.total };
    window = await page({ from: { after: last.cursor }, limit });
    expect(window.atStart).toBe(false);
  }
}

async function walkBackward<Row extends object>(page: Page<Row>, limit: number) {
  const rows: object[] = [];
  let window = await page({ from: { edge: 'end' }, limit });
  expect(window.atEnd).toBe(true);
  for (;;) {
    rows.unshift(...plain(window));
    expect(rows.length).toBeLessThan(200);
    const first = window.rows[0];
    if (window.atStart || !first) return { rows, total: window.total };
    window = await page({ from: { before: first.cursor }, limit });
    expect(window.atEnd).toBe(false);
  }
}

async function expectPagesToBe<Row extends object>(
  expected: readonly object[],
  asked: Page<Row>,
  { limit, near }: { limit: number; near: number },
) {
  const page = untilFull(asked);
  for (const walked of [await walkForward(page, limit), await walkBackward(page, limit)]) {
    expect(walked.rows).toEqual(expected);
    expect(walked.total).toBe(expected.length);
  }
  const landed = await page({ from: { near }, limit });
  const rows = plain(landed);
  const first = expected.findIndex((row) => JSON.stringify(row) === JSON.stringify(rows[0]));
  expect(rows).toEqual(first === -1 ? [] : expected.slice(first, first + limit));
  if (landed.atEnd && !landed.atStart) expect(rows.length).toBeLessThanOrEqual(limit);
  else expect(rows).toHaveLength(Math.min(limit, expected.length));
}

const windows = fc.record({
  limit: fc.integer({ min: 3, max: 12 }),
  near: fc.double({ min: 0, max: 1, noNaN: true }),
});

/** As of which part of all that happened; null: as of now. */
const instants = fc.option(fc.double({ min: 0, max: 1, noNaN: true }));

describeOnEachDatabase('windows of the views', (open) => {
  let database: Database;
  let views: Views;
  let pending: PendingCallbacks;
  const fill = async (list: readonly model.Arrival[]) => {
    const data = model.plainData(list);
    await storePlainData(database, data);
    pending = model.plainPending(data);
    views = openViews();
    return data;
  };
  const openViews = () =>
    createViews({
      database,
      clock: createVirtualClock(),
      pending: { count: () => pending.count(), earliestMs: () => null, each: (visit) => pending.each(visit) },
      // So few that searches stop and continue.
      scanRows: 4,
    });
  beforeEach(async () => {
    database = await open();
    pending = model.plainPending(model.plainData([]));
    views = openViews();
  });
  const holds = <T>(
    queries: fc.Arbitrary<T>,
    property: (
      data: model.PlainData,
      query: T,
      window: { limit: number; near: number },
      asOf: string | undefined,
    ) => Promise<void>,
  ) =>
    fc.assert(
      fc.asyncProperty(
        model.arrivals,
        fc.array(fc.tuple(queries, windows, instants), { minLength: 2, maxLength: 4 }),
        async (list, asked) => {
          const data = await fill(list);
          const last = Math.max(
            0,
            ...data.history.map(({ seq }) => Number(seq)),
            ...data.settledSeqs.values(),
          );
          for (const [query, window, part] of asked) {
            const asOf = part === null ? null : Math.round(part * last);
            const then = asOf === null ? data : model.plainAsOf(data, asOf);
            await property(then, query, window, asOf === null ? undefined : String(asOf));
          }
        },
      ),
      { numRuns: 20 },
    );

  it('of accounts are the plain rows, in every order, under every filter, in both directions', async () => {
    await holds(model.accountsQueries, (data, { sort, filter }, window, asOf) =>
      expectPagesToBe(
        model.plainAccounts(data, { sort, filter }),
        (asked) => views.accounts({ sort, filter, asOf, window: asked }),
        window,
      ),
    );
  });

  it('of the history are the plain rows, with the change against the next lower version', async () => {
    await holds(model.historyQueries, (data, { direction, filter }, window, asOf) =>
      expectPagesToBe(
        model.plainHistory(data, { direction, filter }),
        (asked) => views.history({ direction, filter, asOf, window: asked }),
        window,
      ),
    );
  });

  it('of callbacks are the plain rows by due time or by when they were settled', async () => {
    await holds(model.callbacksQueries, (data, query, window, asOf) =>
      expectPagesToBe(
        model.plainCallbacks(data, query),
        (asked) => views.callbacks({ ...query, asOf, window: asked }),
        window,
      ),
    );
  });

  it('of the leaders of a type are all accounts that tie, by id', async () => {
    await holds(fc.constantFrom(...model.TYPES), (data, accountType, window, asOf) =>
      expectPagesToBe(
        model.plainLeaders(data, accountType),
        (asked) => views.leaders({ accountType, asOf, window: asked }),
        window,
      ),
    );
  });

  it('of the versions of an account are the plain rows, highest first, with their JSON', async () => {
    await holds(fc.constantFrom(...model.IDS), async (data, id, window, asOf) => {
      const plain = model.plainVersions(data, id);
      await expectPagesToBe(
        plain.map((row) => ({ ...row, data: model.jsonOf(row), decoded: model.decodedOf(row) })),
        (asked) => views.versions({ id, asOf, window: asked }),
        window,
      );
      await expectPagesToBe(plain, (asked) => views.versionList({ id, asOf, window: asked }), window);
    });
  });

  it('of accounts by callback land in the state that lies at the fraction, in both directions', async () => {
    await database.executeScript(
      'store_states',
      `
      INSERT INTO account_updates (seq, run_id, record_index, position, callback_time_ms, at_ms, due_ms, account_id, slot,
        version, account_type, tokens, data)
      SELECT n, 1, n, n, 5, n, n + 5, n, 0, 1, 'mint', n, '{}' FROM generate_series(101, 160) AS n;
      INSERT INTO accounts (id, account_type, tokens, slot, version, update_seq, created_seq, callback_run_id, due_ms)
      SELECT n, 'mint', n, 0, 1, n, n, CASE WHEN n % 3 = 0 THEN 1 END, CASE WHEN n % 3 = 0 THEN n + 5 END
      FROM generate_series(101, 160) AS n;
      INSERT INTO settled_callbacks (seq, update_seq, run_id, at_ms, account_id, how)
      SELECT n + 100, n, 1, n, n, CASE n % 3 WHEN 1 THEN 'due' ELSE 'skipped' END
      FROM generate_series(101, 160) AS n WHERE n % 3 > 0;`,
    );
    pending = { ...pending, count: () => 20 };
    views.noteChange();
    const landings = { 0.15: 'pending', 0.5: 'fired', 0.85: 'cancelled' } as const;
    for (const [near, state] of Object.entries(landings)) {
      for (const direction of ['asc', 'desc'] as const) {
        const from = { near: direction === 'asc' ? Number(near) : 1 - Number(near) };
        const page = await views.accounts({
          window: { from, limit: 1 },
          sort: { by: 'callback', direction },
          filter: {},
        });
        expect(page.rows.map(({ callbackState }) => callbackState)).toEqual([state]);
      }
    }
  });

  it('of large versions end early and continue there, in both directions', async () => {
    await database.query({
      name: 'store_large',
      deadline: 'write',
      text: `
        INSERT INTO account_updates (seq, run_id, record_index, position, callback_time_ms, at_ms, account_id, slot, version,
          account_type, tokens, data)
        SELECT n, 1, n, n, 0, n, 'big', 0, n, 'mint', n, to_jsonb(repeat('x', 2000000)) FROM generate_series(1, 7) AS n`,
    });
    views.noteChange();
    const page: Page<object> = async (window) => {
      const read = await views.versions({ id: 'big', window });
      expect(read.rows.length).toBeLessThan(5);
      return { ...read, rows: read.rows.map(({ cursor, version }) => ({ cursor, version })) };
    };
    const versions = [7, 6, 5, 4, 3, 2, 1].map((version) => ({ version: String(version) }));
    expect((await walkForward(page, 100)).rows).toEqual(versions);
    expect((await walkBackward(page, 100)).rows).toEqual(versions);
  });

  it('of versions describe long bytes, which are read part by part', async () => {
    const bytes = Buffer.alloc(100_000, 'Ingot');
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    const add = (version: number, data: string, decoded: string) =>
      database.query(
        {
          name: 'store_bytes',
          deadline: 'write',
          text: `
            INSERT INTO account_updates (seq, run_id, record_index, position, callback_time_ms, at_ms, account_id, slot, version,
              account_type, tokens, data, decoded)
            VALUES ($1::int8, 1, $1::int8, $1::int8, 0, 1, 'bytes', 0, $1::int8, 'mint', 1, $2::jsonb, $3::jsonb)`,
        },
        [String(version), data, decoded],
      );
    const dataOf = (part: Buffer) => JSON.stringify({ data: [part.toString('base64'), 'base64'] });
    await add(1, dataOf(bytes), '{"reason": "no IDL"}');
    await add(2, dataOf(bytes.subarray(0, 5)), '{"fields": {}}');
    views.noteChange();
    const { rows } = await views.versions({ id: 'bytes', window: { from: { edge: 'start' }, limit: 9 } });
    expect(rows.map(({ data, decoded }) => [JSON.parse(data), decoded])).toEqual([
      [{ data: ['SW5nb3Q=', 'base64'] }, '{"fields": {}}'],
      [{ data: [`100000 bytes, sha256 ${sha256}`, 'base64'] }, '{"reason": "no IDL"}'],
    ]);
    expect(await views.version({ id: 'bytes', version: '1' })).toMatchObject({ data: rows[1]?.data });
    expect(await views.version({ id: 'bytes', version: '3' })).toBeNull();
    const part = (version: string, from: number) => views.bytes({ id: 'bytes', version, from, length: 300 });
    const read = (from: number) => bytes.subarray(from, from + 300).toString('base64');
    expect(await part('1', 0)).toEqual({ size: 100_000, sha256, part: read(0) });
    expect(await part('1', 99_900)).toEqual({ size: 100_000, sha256: null, part: read(99_900) });
    for (const from of [1, 2, 1_000, 99_999])
      expect(await part('1', from)).toEqual({ size: 100_000, sha256: null, part: read(from) });
    expect(await part('1', 100_000)).toMatchObject({ part: '' });
    const { size, sha256: ofFive } = (await part('2', 0)) ?? {};
    expect([size, ofFive]).toEqual([5, createHash('sha256').update('Ingot').digest('hex')]);
    expect(await part('3', 0)).toBeNull();
    const walked: string[] = [];
    const query = { table: 'account', id: 'bytes' } as const;
    for await (const page of views.walk(query, () => 10)) {
      walked.push(...page.map((row) => ('data' in row ? row.data : '')));
    }
    expect(walked.map((data) => JSON.parse(data))).toContainEqual(JSON.parse(dataOf(bytes)));
  });

  it('of long bytes take many short statements, and remember the hash', async () => {
    const bytes = Buffer.alloc(3 * 1024 * 1024, 'Ingot!?');
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    await database.query(
      {
        name: 'store_bytes',
        deadline: 'write',
        text: `
          INSERT INTO account_updates (seq, run_id, record_index, position, callback_time_ms, at_ms, account_id, slot, version,
            account_type, tokens, data, decoded)
          VALUES (1, 1, 1, 1, 0, 1, 'long', 0, 1, 'mint', 1, $1::jsonb, '{"reason": "no IDL"}')`,
      },
      [JSON.stringify({ data: [bytes.toString('base64'), 'base64'] })],
    );
    const asked: { readonly name: string; readonly bytes: number }[] = [];
    const watched: Database = {
      ...database,
      async query(statement, values) {
        // The database would decode and hash it in one go, during which a batch has to wait.
        expect(statement.text).not.toMatch(/\b(decode|sha256|md5)\(/);
        const result = await database.query(statement, values);
        asked.push({ name: statement.name, bytes: JSON.stringify(result.rows).length });
        return result as never;
      },
    };
    const fresh = createViews({
      database: watched,
      clock: createVirtualClock(),
      pending: { count: () => 0, earliestMs: () => null, each: () => {} },
    });
    const version = { id: 'long', version: '1' };
    const data = JSON.stringify({ data: [`${bytes.length} bytes, sha256 ${sha256}`, 'base64'] });
    const read = await fresh.version(version);
    expect(JSON.parse(read?.data ?? '')).toEqual(JSON.parse(data));
    const slices = asked.filter(({ name }) => name === 'read_bytes').length;
    expect(slices).toBeGreaterThanOrEqual(4);
    expect(Math.max(...asked.map((one) => one.bytes))).toBeLessThan(1.1 * 1024 * 1024);
    expect(await fresh.bytes({ ...version, from: 0, length: 768 })).toMatchObject({
      size: bytes.length,
      sha256,
    });
    expect(asked.filter(({ name }) => name === 'read_bytes')).toHaveLength(slices + 1);
  });

  it('of versions print no more than they show: what lies behind them may be of any size', async () => {
    // The third cannot be printed: its text would exceed a gigabyte.
    await database.query({
      name: 'store_large',
      deadline: 'write',
      text: `
        INSERT INTO account_updates (seq, run_id, record_index, position, callback_time_ms, at_ms, account_id, slot, version,
          account_type, tokens, data)
        SELECT n, 1, n, n, 0, n, 'huge', 0, n, 'mint', n, CASE WHEN n = 2 THEN ('[' || repeat('1e131071,', 8200) || '0]')::jsonb
          ELSE to_jsonb(repeat('x', 5000000)) END FROM generate_series(1, 4) AS n`,
    });
    views.noteChange();
    const read = await views.versions({ id: 'huge', window: { from: { edge: 'start' }, limit: 500 } });
    expect(read.rows.map(({ version }) => version)).toEqual(['4']);
    expect(read.atEnd).toBe(false);
    const list = await views.versionList({ id: 'huge', window: { from: { edge: 'start' }, limit: 500 } });
    expect(list.rows.map(({ version }) => version)).toEqual(['4', '3', '2', '1']);
  });
});
