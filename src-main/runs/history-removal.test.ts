import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { IngotError } from '../../src-shared/errors';
import type { EngineEvent } from '../../src-shared/feed';
import { NOW_SEQ } from '../../src-shared/instant';
import { KEEP_ALL, LEAST_AGE_MS } from '../../src-shared/retention';
import type { Update } from '../../src-shared/update';
import { createViews } from '../accounts/views/create-views';
import type { Database } from '../database/database';
import { createTestFolder, describeOnEachDatabase } from '../database/testing/each-database';
import { memorySource } from '../ingestion/testing/memory-source';
import { countContent } from '../storage/high-water';
import { landedMigrations } from '../storage/landed-migrations';
import { restoreBackup } from '../storage/restore-backup';
import { writeBackup } from '../storage/write-backup';
import { createVirtualClock } from '../time/testing/virtual-clock';
import { createEngine } from './engine';
import { lookAtRetention } from './retention';
import { paced, silentLogger } from './testing/play-run';

const HOUR = LEAST_AGE_MS;
const update = (id: string, version: number, callbackTimeMs = 1): Update => ({
  id,
  accountType: 'mint',
  tokens: String(version),
  version: String(version),
  data: '{}',
  callbackTimeMs,
});

describeOnEachDatabase('history that is limited by its age', (empty) => {
  /** Two versions at each full hour, from the first one on. */
  const play = async (db: Database, hours: number) => {
    const clock = createVirtualClock(1_000_000);
    const engine = await createEngine({ database: db, clock, logger: silentLogger });
    const events: EngineEvent[] = [];
    engine.subscribe((published) => events.push(...published));
    for (let hour = 0; hour < hours; hour += 1) {
      const source = memorySource([
        { invalid: 'id: required' },
        update('a', 2 * hour),
        update('a', 2 * hour + 1),
      ]);
      const run = await engine.startRun(source, paced({ arrival: 'none', wait: false }));
      await run.ended;
      await clock.waitUntil(clock.now() + HOUR);
    }
    const versions = async () => {
      const { rows } = await db.query<{ version: string }>({
        name: 'versions',
        deadline: 'read',
        text: 'SELECT version::text FROM account_updates ORDER BY seq',
      });
      return rows.map(({ version }) => version);
    };
    return { clock, engine, events, versions };
  };

  it('keeps what is younger, the latest states, and counts what it removes', async () => {
    const db = await empty();
    const { clock, engine, events, versions } = await play(db, 5);
    expect(await versions()).toHaveLength(10);
    await engine.retention.set({ ageMs: 2.5 * HOUR, sizeBytes: null });
    await clock.waitUntil(clock.now() + 1);
    expect(await versions()).toEqual(['5', '6', '7', '8', '9']);
    const info = await engine.retention.info();
    expect(info).toMatchObject({
      ageMs: 2.5 * HOUR,
      heldBy: null,
      removed: { indexed: 5, stale: 0, fired: 2, rejects: 3 },
      floor: { version: '5', moment: { runId: '3', wallMs: 1_000_000 + 2 * HOUR } },
    });
    expect(events.findLast(({ event }) => event === 'retention')).toMatchObject({
      info: { removed: info.removed },
    });
    // Nothing came since, and everything gets older; the latest state stays.
    await clock.waitUntil(clock.now() + 3 * HOUR);
    expect(await versions()).toEqual(['9']);
    // What was acknowledged and removed is not missing.
    expect((await countContent(db)).updates).toBe('10');
    await engine.close();

    const views = createViews({ database: db, clock, pending: engine.pending });
    await expect(views.resolve('2:0')).rejects.toMatchObject({
      code: 'not_found',
      message: expect.stringContaining('retention removed 9 older versions'),
    });
    await expect(views.report({ asOf: '1', limit: 10 })).rejects.toMatchObject({ code: 'not_found' });
    expect(await views.callbackCounts()).toEqual({ pending: 0, fired: 5, cancelled: 5 });
    const page = await views.history({
      window: { from: { edge: 'start' }, limit: 10 },
      direction: 'asc',
      filter: {},
    });
    expect([page.total, page.rows[0]?.tokensChange]).toEqual([1, null]);
  });

  it('is refused and counted alike once a backup of it is restored', async () => {
    const db = await empty();
    const { clock, engine } = await play(db, 5);
    await engine.retention.set({ ageMs: 2.5 * HOUR, sizeBytes: null });
    await clock.waitUntil(clock.now() + 1);
    await engine.close();
    const answers = async (on: Database) => {
      const views = createViews({ database: on, clock, pending: engine.pending });
      const { floor, removed } = await lookAtRetention(on, clock.now());
      const asOfs = [String(BigInt(floor?.seq ?? 0) - 1n), '1', ...(floor ? [floor.seq, NOW_SEQ] : [])];
      const reports = asOfs.map((asOf) =>
        views.report({ asOf, limit: 10 }).then(
          ({ types, accounts }) => ({ types, accounts }),
          ({ code, message, details }: IngotError) => ({ code, message, details }),
        ),
      );
      const { rows, total } = await views.history({
        window: { from: { edge: 'start' }, limit: 100 },
        direction: 'asc',
        filter: {},
      });
      const kept = rows.map(({ version, outcome, callbackState }) => [version, outcome, callbackState]);
      return {
        floor,
        removed,
        reports: await Promise.all(reports),
        counts: [await views.callbackCounts(), await views.callbackCounts(floor?.seq)],
        history: [total, ...kept],
        updates: (await countContent(on)).updates,
      };
    };
    const before = await answers(db);
    expect(before.reports.map((report) => 'code' in report && report.code)).toEqual([
      'not_found',
      'not_found',
      false,
      false,
    ]);
    const path = join(createTestFolder(), 'a.backup');
    const schemaVersion = landedMigrations.length;
    await writeBackup(db, { path, madeAtMs: clock.now(), reason: 'asked', schemaVersion });

    const other = await empty();
    expect((await answers(other)).history).toEqual([0]);
    await restoreBackup(other, path, clock.now());
    expect(await answers(other)).toEqual(before);
    // All that is left is kept until a person limits it again, and then removed from the same floor on.
    const again = await createEngine({ database: other, clock, logger: silentLogger });
    await clock.waitUntil(clock.now() + 10 * HOUR);
    expect(await again.retention.info()).toMatchObject({ ...KEEP_ALL, removed: before.removed });
    await again.retention.set({ ageMs: HOUR, sizeBytes: null });
    await clock.waitUntil(clock.now() + 1);
    expect((await again.retention.info()).removed).toMatchObject({ indexed: 9, fired: 4 });
    await again.close();
  });

  it('keeps no version whose callback was cancelled by one that it removed', async () => {
    const db = await empty();
    const clock = createVirtualClock(1_000_000);
    const engine = await createEngine({ database: db, clock, logger: silentLogger });
    const waits = 2 ** 40;
    const late = Array.from({ length: 20 }, (_, at) => update('a', 2 + at));
    const given = [update('a', 1, waits), update('a', 100, waits), ...late, update('a', 101, waits)];
    const run = await engine.startRun(memorySource(given), paced({ arrival: 'none', wait: false }));
    await run.ended;
    await clock.waitUntil(clock.now() + 2 * HOUR);
    await engine.retention.set({ ageMs: HOUR, sizeBytes: null });
    await clock.waitUntil(clock.now() + 1);
    const { floor, removed } = await engine.retention.info();
    expect(removed).toMatchObject({ indexed: 2, stale: 20, fired: 0 });
    const views = createViews({ database: db, clock, pending: engine.pending });
    for (const asOf of [String(floor?.seq), NOW_SEQ]) {
      const window = { from: { edge: 'start' }, limit: 100 } as const;
      const { rows } = await views.history({ asOf, window, direction: 'asc', filter: {} });
      expect(rows.map(({ version, callbackState }) => [version, callbackState])).toEqual([
        ['101', 'pending'],
      ]);
    }
    await engine.close();
  });

  it('takes a version that was removed for one never seen: stale', async () => {
    const db = await empty();
    const { clock, engine, versions } = await play(db, 2);
    await engine.retention.set({ ageMs: HOUR, sizeBytes: null });
    await clock.waitUntil(clock.now() + 2 * HOUR);
    expect(await versions()).toEqual(['3']);
    const again = memorySource([update('a', 0), update('a', 3)]);
    const run = await engine.startRun(again, paced({ arrival: 'none', wait: false }));
    expect((await run.ended).counts).toMatchObject({ stale: 1, duplicate: 1 });
    await engine.close();
  });

  it('keeps what a target has still to be given, and says so', async () => {
    const db = await empty();
    await db.executeScript(
      'a_target',
      `INSERT INTO targets (id, name, settings, armed, cursor_seq)
       VALUES ('00000000-0000-4000-8000-000000000000', 'ops', '{}', true, 0)`,
    );
    const { clock, engine, versions } = await play(db, 4);
    const delivers = `UPDATE runs SET delivers_from = 0 WHERE id = 2`;
    await db.executeScript('delivers', delivers);
    await engine.retention.set({ ageMs: HOUR, sizeBytes: null });
    await clock.waitUntil(clock.now() + 2 * HOUR);
    // The version of run 2 whose callback fired, and all after it.
    expect(await versions()).toEqual(['3', '4', '5', '6', '7']);
    const info = await engine.retention.info();
    expect(info.heldBy).toBe('The target ops has still to be given callbacks.');
    expect((await lookAtRetention(db, clock.now())).heldBy).toBe(info.heldBy);
    await db.executeScript(
      'given',
      `UPDATE targets SET cursor_seq = 1000;
       INSERT INTO deliveries (target_id, seq, state, attempts, first_at, last_at)
       SELECT id, s.seq, 'dead', 20, now(), now() FROM targets, settled_callbacks AS s WHERE s.run_id = 2`,
    );
    await clock.waitUntil(clock.now() + HOUR);
    // What is dead can still be sent again.
    expect(await versions()).toEqual(['3', '7']);
    await engine.close();
  });
});
