import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { RunEvent } from '../../src-shared/events';
import { settleCallback } from '../callbacks/sql/settle-callback';
import type { Database } from '../database/database';
import { describeOnEachDatabase } from '../database/testing/each-database';
import { arbitraryChunkSizes, arbitraryStream } from '../engine/testing/arbitrary-updates';
import { update } from '../engine/testing/open-engine';
import { eventsOf } from '../engine/testing/play-run';
import { replayModel } from '../engine/testing/reference-model';
import type { SourceRecord } from '../ingestion/record';
import { toRecords } from '../ingestion/testing/memory-source';
import { unobserved } from '../observability/observer';
import { type AppliedBatch, applyBatch, type Batch } from './apply-batch';
import { askEveryTime, type KnownAccounts, rememberAccounts } from './known-accounts';

const ARRIVAL_MS = 1_000_000;

function apply(
  db: Database,
  records: readonly SourceRecord[],
  { known = askEveryTime, checkpoint = async () => {} }: Partial<Pick<Batch, 'known' | 'checkpoint'>> = {},
): Promise<AppliedBatch> {
  return applyBatch(db, {
    observer: unobserved,
    runId: '1',
    records,
    known,
    arrivalMs: ARRIVAL_MS,
    at: 0,
    dueAtMs: (callbackTimeMs) => ARRIVAL_MS + callbackTimeMs,
    firingHeld: false,
    isLate: () => false,
    checkpoint,
  });
}

async function applyInBatches(
  db: Database,
  records: readonly SourceRecord[],
  sizes: readonly number[],
  known: KnownAccounts,
) {
  const events: RunEvent[] = [];
  for (let begin = 0, turn = 0; begin < records.length; turn += 1) {
    const size = sizes[turn % sizes.length] ?? 1;
    const applied = await apply(db, records.slice(begin, begin + size), { known });
    events.push(...applied.events);
    begin += size;
  }
  return events;
}

async function dump(db: Database) {
  const { rows } = await db.query({
    name: 'test_dump',
    deadline: 'read',
    text: `
      SELECT u.seq, u.account_id, u.version, u.record_index, u.outcome, u.tokens, u.data, s.superseded_by,
        CASE WHEN s.fired THEN 'fired' WHEN NOT s.fired THEN 'cancelled' WHEN u.outcome = 'indexed' THEN 'pending'
          END AS callback_state
      FROM account_updates AS u
      LEFT JOIN settled_callbacks AS s ON s.seq = u.seq
      ORDER BY u.seq`,
  });
  const accounts = await db.query({
    name: 'test_accounts',
    deadline: 'read',
    text: 'SELECT id, version, tokens, update_seq, callback_due_at FROM accounts ORDER BY id',
  });
  return { history: rows, accounts: accounts.rows };
}

/** How many accounts are remembered: as good as none, fewer than there are, all; null: the database is asked every time. */
const arbitraryMemory = fc.constantFrom(null, 1, 2, 1000);

describeOnEachDatabase('a batch', (empty) => {
  it('gives the same however the stream is cut into batches, and however much is remembered', async () => {
    await fc.assert(
      fc.asyncProperty(arbitraryStream, arbitraryChunkSizes, arbitraryMemory, async (given, sizes, limit) => {
        const records = toRecords(given);
        const db = await empty();
        const cut = await applyInBatches(
          db,
          records,
          sizes,
          limit === null ? askEveryTime : rememberAccounts(limit),
        );
        const stored = await dump(db);
        const whole = await apply(await empty(), records);
        expect(cut).toEqual(whole.events);
        expect(await dump(db)).toEqual(stored);
        const model = replayModel(
          records.map((source) => ({ source, at: 0 })),
          { drain: false },
        );
        const outcomes = cut.flatMap((event) =>
          'record' in event ? [[event.record, event.event] as const] : [],
        );
        expect(new Map<number, string>(outcomes)).toEqual(model.outcomes);
      }),
      { numRuns: 40 },
    );
  });

  it('stores nothing at all, and remembers nothing, when its checkpoint cannot be saved', async () => {
    const db = await empty();
    const known = rememberAccounts();
    const failing = apply(db, toRecords([update('a', 1), { invalid: 'id: required' }]), {
      known,
      checkpoint: async () => {
        throw new Error('no checkpoint');
      },
    });
    await expect(failing).rejects.toThrow('no checkpoint');
    expect(await dump(db)).toEqual({ history: [], accounts: [] });
    const again = await apply(db, toRecords([update('a', 1)]), { known });
    expect(again.events.map(({ event }) => event)).toEqual(['indexed']);
  });

  it('leaves a callback alone that was settled after it was remembered as waiting', async () => {
    const db = await empty();
    const known = rememberAccounts();
    await apply(db, toRecords([update('a', 1)]), { known });
    await settleCallback(db, { id: 'a', version: '1' }, 'fired', ARRIVAL_MS);
    const { events } = await apply(db, toRecords([update('a', 2)]), { known });
    expect(events.map(({ event }) => event)).toEqual(['indexed']);
    expect((await dump(db)).history).toMatchObject([
      { version: '1', callback_state: 'fired', superseded_by: null },
      { version: '2', callback_state: 'pending' },
    ]);
  });

  it('takes JSON of the same value as the same content, whatever its text', async () => {
    const db = await empty();
    const first = update('a', 1, { data: '{"x":1,"y":[1.0]}' });
    const second = update('a', 1, { data: '{ "y": [1], "x": 1 }' });
    const inOne = await apply(db, toRecords([first, second]));
    expect(inOne.events.map(({ event }) => event)).toEqual(['indexed', 'duplicate']);
    const later = await apply(db, toRecords([second]));
    expect(later.events.map(({ event }) => event)).toEqual(['duplicate']);
  });

  it.each([
    ['tokens', { tokens: '6' }],
    ['type', { accountType: 'escrow' }],
    ['callback time', { callbackTimeMs: 2 }],
    ['data', { data: '[]' }],
  ])('calls another %s under a version that is kept a conflict, and keeps the first', async (_, changes) => {
    const db = await empty();
    await apply(db, toRecords([update('a', 1)]));
    const before = await dump(db);
    const again = await apply(db, toRecords([update('a', 1, changes), update('a', 1)]));
    expect(again.events.map(({ event }) => event)).toEqual(['conflict', 'duplicate']);
    expect(await dump(db)).toEqual(before);
  });

  it('keeps a stale update without touching the latest state, also after the newer callback has fired', async () => {
    const db = await empty();
    const { events } = await apply(db, toRecords([update('a', 5, { callbackTimeMs: 0 }), update('a', 3)]));
    expect(eventsOf(events, 'stale')).toMatchObject([{ record: 1, version: '3', latest: '5' }]);
    expect(await dump(db)).toMatchObject({
      history: [{ version: '5' }, { version: '3', outcome: 'stale', callback_state: null }],
      accounts: [{ id: 'a', version: '5' }],
    });
  });

  it('orders versions as numbers of 64 bits', async () => {
    const { events } = await apply(
      await empty(),
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

  it('says which callbacks wait now, and which of earlier batches do no longer', async () => {
    const given = [
      update('a', 1, { callbackTimeMs: 10 }),
      update('a', 2, { callbackTimeMs: 70 }),
      update('b', 1),
    ];
    const db = await empty();
    const { scheduled, overtaken } = await apply(db, toRecords(given));
    expect(scheduled.map(({ seq, dueAtMs }) => [seq, dueAtMs - ARRIVAL_MS])).toEqual([
      ['2', 70],
      ['3', 1000],
    ]);
    expect(overtaken).toEqual([]);
    expect((await apply(db, toRecords([update('b', 2)]))).overtaken).toEqual(['3']);
  });
});
