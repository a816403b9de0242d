import fc from 'fast-check';
import { expect, it } from 'vitest';
import { NO_COUNTS, type RunEvent } from '../../src-shared/events';
import { startClock } from '../../src-shared/run-clock';
import { NO_BINS } from '../callbacks/figures';
import { figuresAfter, type KnownRun, knownRun } from '../callbacks/known-run';
import type { Database } from '../database/database';
import { describeOnEachDatabase } from '../database/testing/each-database';
import type { SourceRecord } from '../ingestion/record';
import { toRecords } from '../ingestion/testing/memory-source';
import { unobserved } from '../observability/observer';
import {
  arbitraryChunkSizes,
  arbitraryMixedStream,
  arbitraryStream,
} from '../runs/testing/arbitrary-updates';
import { update } from '../runs/testing/open-engine';
import { eventsOf } from '../runs/testing/play-run';
import { replayModel } from '../runs/testing/reference-model';
import { versionTextOf } from '../storage/version-sql';
import { applyBatch, type Batch } from './apply-batch';
import { type KnownAccounts, rememberAccounts } from './known-accounts';

/** A run whose batches are applied one by one at one instant, and numbers for their rows. */
function begin(db: Database, known: KnownAccounts = rememberAccounts()) {
  const run: KnownRun = knownRun({
    runId: '1',
    speed: 1,
    clock: startClock(0, 1),
    counts: NO_COUNTS,
    timeline: NO_BINS,
  });
  let nextSeq = 1n;
  const apply = async (
    records: readonly SourceRecord[],
    checkpoint: Batch['checkpoint'] = async () => {},
  ): Promise<readonly RunEvent[]> => {
    const { events } = await applyBatch(db, {
      run,
      arrivals: records.map((source) => ({ source, at: 0 })),
      previousAt: run.counts.records === 0 ? -1 : 0,
      due: [],
      fires: true,
      known,
      sequence: {
        take(count) {
          const first = nextSeq;
          nextSeq += BigInt(count);
          return first;
        },
      },
      runOf: () => run,
      observer: unobserved,
      describeFired: (of, _dueMs, at, account) => ({
        event: 'fired',
        runId: of.runId,
        at,
        wallMs: at,
        id: account.id,
        version: account.version,
        late: false,
        byHand: false,
        latenessMs: 0,
        account,
      }),
      checkpoint,
    });
    Object.assign(run, figuresAfter(run, events, () => run, 0).get(run));
    return events;
  };
  return { apply, run };
}

async function applyInBatches(
  db: Database,
  records: readonly SourceRecord[],
  sizes: readonly number[],
  known: KnownAccounts,
) {
  const { apply } = begin(db, known);
  const events: RunEvent[] = [];
  for (let first = 0, turn = 0; first < records.length; turn += 1) {
    const size = sizes[turn % sizes.length] ?? 1;
    events.push(...(await apply(records.slice(first, first + size))));
    first += size;
  }
  return events;
}

async function dump(db: Database) {
  const { rows } = await db.query<{ account_id: string; name: string; outcome: string }>({
    name: 'test_dump',
    deadline: 'read',
    text: `
      SELECT u.seq, u.account_id, u.version, ${versionTextOf('u')} AS name, u.record_index, u.position, u.tokens, u.data, u.cancels_version,
        CASE WHEN u.due_ms IS NULL THEN 'stale' ELSE 'indexed' END AS outcome, s.how
      FROM account_updates AS u
      LEFT JOIN settled_callbacks AS s ON s.update_seq = u.seq
      ORDER BY u.seq`,
  });
  const accounts = await db.query({
    name: 'test_accounts',
    deadline: 'read',
    text: 'SELECT id, version, tokens, update_seq, created_seq, due_ms FROM accounts ORDER BY id',
  });
  return { history: rows, accounts: accounts.rows };
}

/** How many accounts are cached: none, almost none, some, all. */
const arbitraryMemory = fc.constantFrom(0, 1, 2, 1000);

describeOnEachDatabase('a batch', (empty) => {
  it('gives the same however the stream is cut into batches, and however much is remembered', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(arbitraryStream, arbitraryMixedStream),
        arbitraryChunkSizes,
        arbitraryMemory,
        async (given, sizes, limit) => {
          const records = toRecords(given);
          const db = await empty();
          const cut = await applyInBatches(db, records, sizes, rememberAccounts(limit));
          const stored = await dump(db);
          const whole = await begin(await empty()).apply(records);
          expect(cut).toEqual(whole);
          expect(await dump(db)).toEqual(stored);
          const model = replayModel(
            records.map((source) => ({ source, at: 0 })),
            { drain: false },
          );
          const outcomes = cut.flatMap((event) =>
            'record' in event ? [[event.record, event.event] as const] : [],
          );
          expect(new Map<number, string>(outcomes)).toEqual(model.outcomes);
          expect(
            new Map(stored.history.map((row) => [`${row.account_id} ${row.name}`, row.outcome])),
          ).toEqual(model.history);
        },
      ),
      { numRuns: 40 },
    );
  });

  it('remembers the accounts that were written last', async () => {
    const known = rememberAccounts(2);
    const db = await empty();
    const written = ['a', 'b', 'a', 'c', 'd', 'c', 'e', 'a'];
    const left = [];
    for (const id of written) {
      known.remember(id, { latest: '0:1', seq: 1n, waits: null });
      left.push([...(await known.find(db, ['a', 'b', 'c', 'd', 'e'])).keys()].join(''));
    }
    expect(left).toEqual(['a', 'ab', 'ab', 'ac', 'cd', 'cd', 'ce', 'ae']);
  });

  it('stores nothing at all, and remembers nothing, when its checkpoint cannot be saved', async () => {
    const db = await empty();
    const { apply, run } = begin(db);
    const failing = apply(toRecords([update('a', 1), { invalid: 'id: required' }]), async () => {
      throw new Error('no checkpoint');
    });
    await expect(failing).rejects.toThrow('no checkpoint');
    expect(await dump(db)).toEqual({ history: [], accounts: [] });
    expect(run.queue.size()).toBe(0);
    const again = await apply(toRecords([update('a', 1)]));
    expect(again.map(({ event }) => event)).toEqual(['indexed']);
  });

  it('is refused when another program has changed an account that it knows, and stores nothing', async () => {
    const db = await empty();
    const { apply } = begin(db);
    await apply(toRecords([update('a', 1)]));
    await db.executeScript('another program', 'UPDATE accounts SET due_ms = NULL, callback_run_id = NULL');
    const before = await dump(db);
    await expect(apply(toRecords([update('b', 1), update('a', 2)]))).rejects.toThrow(/another program/);
    expect(await dump(db)).toEqual(before);
  });

  it('takes JSON of the same value as the same content, whatever its text', async () => {
    const db = await empty();
    const first = update('a', 1, { data: '{"x":1,"y":[1.0]}' });
    const second = update('a', 1, { data: '{ "y": [1], "x": 1 }' });
    const { apply } = begin(db);
    const inOne = await apply(toRecords([first, second]));
    expect(inOne.map(({ event }) => event)).toEqual(['indexed', 'duplicate']);
    const later = await apply(toRecords([second]));
    expect(later.map(({ event }) => event)).toEqual(['duplicate']);
  });

  it('keeps what the bytes say, and takes the same bytes read by another IDL as the same content', async () => {
    const db = await empty();
    const { apply } = begin(db);
    const read = (decoded: string) => update('a', 1, { decoded });
    const first = '{"fields":{"amount":18446744073709551615}}';
    const events = await apply(toRecords([read(first), read('{"reason":"no IDL"}'), update('b', 1)]));
    const later = await apply(toRecords([update('a', 1)]));
    expect([...events, ...later].map(({ event }) => event)).toEqual([
      'indexed',
      'duplicate',
      'indexed',
      'duplicate',
    ]);
    const text = 'SELECT decoded FROM account_updates ORDER BY seq';
    const { rows } = await db.query({ name: 'test_decoded', deadline: 'read', text });
    expect(rows).toEqual([{ decoded: '{"fields": {"amount": 18446744073709551615}}' }, { decoded: null }]);
  });

  it.each([
    ['tokens', { tokens: '6' }],
    ['type', { accountType: 'escrow' }],
    ['callback time', { callbackTimeMs: 2 }],
    ['data', { data: '[]' }],
  ])('calls another %s under a version that is kept a conflict, and keeps the first', async (_, changes) => {
    const db = await empty();
    const { apply } = begin(db);
    await apply(toRecords([update('a', 1)]));
    const before = await dump(db);
    const again = await apply(toRecords([update('a', 1, changes), update('a', 1)]));
    expect(again.map(({ event }) => event)).toEqual(['conflict', 'duplicate']);
    expect(await dump(db)).toEqual(before);
  });

  it('keeps a stale update without touching the latest state, also after the newer callback has fired', async () => {
    const db = await empty();
    const events = await begin(db).apply(toRecords([update('a', 5, { callbackTimeMs: 0 }), update('a', 3)]));
    expect(eventsOf(events, 'stale')).toMatchObject([{ record: 1, version: '3', latest: '5' }]);
    expect(await dump(db)).toMatchObject({
      history: [{ version: '5' }, { version: '3', outcome: 'stale', how: null }],
      accounts: [{ id: 'a', version: '5' }],
    });
  });

  it('orders versions as numbers of 64 bits', async () => {
    const events = await begin(await empty()).apply(
      toRecords(
        ['9', '10', '9007199254740993', '9007199254740992', '18446744073709551615'].map((version) => ({
          ...update('a', 0),
          version,
        })),
      ),
    );
    expect(events.filter((event) => 'record' in event).map(({ event }) => event)).toEqual([
      'indexed',
      'indexed',
      'indexed',
      'stale',
      'indexed',
    ]);
  });

  it('keeps what waits now in the queue of its run, and takes out what waits no longer', async () => {
    const given = [
      update('a', 1, { callbackTimeMs: 10 }),
      update('a', 2, { callbackTimeMs: 70 }),
      update('b', 1),
    ];
    const { apply, run } = begin(await empty());
    const waiting = () => {
      const found: [bigint, number][] = [];
      run.queue.each((seq, dueMs) => found.push([seq, dueMs]));
      return found.sort(([, a], [, b]) => a - b);
    };
    await apply(toRecords(given));
    expect(waiting()).toEqual([
      [2n, 70],
      [3n, 1000],
    ]);
    await apply(toRecords([update('b', 2, { callbackTimeMs: 2000 })]));
    expect(waiting()).toEqual([
      [2n, 70],
      [4n, 2000],
    ]);
  });
});
