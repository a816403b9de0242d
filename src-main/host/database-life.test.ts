import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { IngotError } from '../../src-shared/errors';
import type { EngineEvent } from '../../src-shared/feed';
import type { Statement } from '../database/database';
import { openPostgres } from '../database/postgres';
import { createTestDatabase, createTestDataDir, createTestFolder } from '../database/testing/each-database';
import { endLock, endLockUnnoticed, openStallingProxy } from '../database/testing/stalling-proxy';
import { memorySource } from '../ingestion/testing/memory-source';
import { unobserved } from '../observability/observer';
import { update } from '../runs/testing/open-engine';
import { paced, playRun } from '../runs/testing/play-run';
import { type DatabaseTarget, type OpenedDatabase, openDatabase } from '../storage/open-database';
import { type Clock, createSystemClock } from '../time/clock';
import { createDatabaseLife, type DatabaseLife } from './database-life';
import { recordingLogger } from './testing/recording-logger';

const insertAccount: Statement = {
  name: 'insert_account',
  deadline: 'write',
  text: `INSERT INTO accounts (id, account_type, tokens, slot, version, update_seq, created_seq)
    VALUES ('a', 'mint', 1, 0, 1, 1, 1)`,
};

describe('the life of a database', () => {
  const clock = createSystemClock();
  let directory: string;
  let life: DatabaseLife;
  let opened: { database: OpenedDatabase; lose: (error: IngotError) => void }[];
  let refusals: number;
  let heard: (events: readonly EngineEvent[]) => void;
  const news: string[] = [];

  const open = async (
    target: DatabaseTarget = { kind: 'data-dir', dataDir: directory },
    changed: { clock?: Clock; change?: (database: OpenedDatabase) => OpenedDatabase } = {},
  ) => {
    const note = (events: readonly EngineEvent[]) => {
      for (const event of events) if (event.event === 'database') news.push(event.change);
      heard(events);
    };
    const opening = createDatabaseLife({
      target,
      openDatabase: async (at, lose) => {
        if (refusals > 0) {
          refusals -= 1;
          throw new IngotError('database_unusable', 'not yet');
        }
        const database = await openDatabase(at, { program: 'test', nowMs: clock.now(), onLost: lose });
        opened.push({ database, lose });
        return changed.change?.(database) ?? database;
      },
      clock: changed.clock ?? clock,
      logger: recordingLogger().logger,
      observer: unobserved,
      publish: note,
      setPending: () => undefined,
      startAfresh: (_, events) => note(events),
      overdue: 'fire',
      resumeRun: () => Promise.reject(new Error('no run was under way')),
    });
    await opening.start();
    return opening;
  };

  beforeEach(async () => {
    directory = createTestDataDir();
    opened = [];
    refusals = 0;
    news.length = 0;
    heard = () => {};
  });
  afterEach(async () => {
    await life.close();
  });

  it('leaves no engine at work where a later step of the opening fails', async () => {
    const dataDir = createTestDataDir();
    const database = await openDatabase(
      { kind: 'data-dir', dataDir },
      { program: 'test', nowMs: clock.now() },
    );
    const waiting = memorySource([update('a', 1, { callbackTimeMs: 3_600_000 })]);
    await playRun(database, waiting, paced({ arrival: 'none', wait: false }), clock);
    await database.close();

    /** Alarms for the callback. */
    const alarms = new Set<unknown>();
    const counting: Clock = {
      ...clock,
      setAlarm(at, wake) {
        const alarm = clock.setAlarm(at, wake);
        if (at < clock.now() + 1_800_000) return alarm;
        alarms.add(alarm);
        return {
          clear() {
            alarms.delete(alarm);
            alarm.clear();
          },
        };
      },
    };
    let armed = 0;
    const failing = (of: OpenedDatabase): OpenedDatabase => ({
      ...of,
      async query(statement, values) {
        if (statement.name !== 'list_targets') return of.query(statement, values);
        armed = alarms.size;
        throw new Error('cut');
      },
    });
    life = await open({ kind: 'data-dir', dataDir }, { clock: counting, change: failing });
    expect(life.state().phase).toBe('trouble');
    expect([armed, alarms.size]).toEqual([1, 0]);
  });

  const untilChange = (change: string) =>
    new Promise<void>((resolve) => {
      heard = (events) => {
        if (events.some((event) => event.event === 'database' && event.change === change)) resolve();
      };
    });
  /** Ends the thread at once, as a crash would. */
  const crash = async (reason = new IngotError('database_unavailable', 'The database thread ended.')) => {
    const last = opened.at(-1);
    if (!last) throw new Error('a database was opened');
    await last.database.abandon();
    last.lose(reason);
  };
  const accountIds = async () => {
    const { rows } = await life
      .current()
      .database.query<{ id: string }>({ name: 'ids', deadline: 'read', text: 'SELECT id FROM accounts' });
    return rows.map(({ id }) => id);
  };

  it('opens a lost database again with everything that was acknowledged', async () => {
    life = await open();
    await life.current().database.query(insertAccount);
    const reopened = untilChange('reopened');
    await crash();
    expect(life.state()).toEqual({ phase: 'opening', lost: 'The database thread ended.' });
    expect(() => life.current()).toThrow(IngotError);
    await reopened;
    expect(life.state()).toEqual({ phase: 'open', setback: null });
    expect(await accountIds()).toEqual(['a']);
    expect(news).toEqual(['lost', 'reopened']);
  });

  it('tries again when a lost database cannot be opened at once', async () => {
    life = await open();
    refusals = 1;
    const reopened = untilChange('reopened');
    await crash();
    await reopened;
    expect(opened).toHaveLength(2);
  });

  it('does not hold up the end of the program while it tries', async () => {
    life = await open();
    refusals = 3;
    await crash();
    await life.close();
    expect(() => life.current()).toThrow('not open');
  });

  it('leaves a database whose disk is full to a person, who opens it again', async () => {
    life = await open();
    await life.current().database.query(insertAccount);
    const full = new IngotError('disk_full', 'No room is left on the disk.');
    const waits = untilChange('trouble');
    await crash(new IngotError('database_unavailable', 'The database was stopped.', {}, full));
    await waits;
    expect(life.state()).toMatchObject({
      phase: 'trouble',
      trouble: { kind: 'disk_full', canStartAfresh: false, dataDir: directory },
    });
    expect(opened).toHaveLength(1);
    expect(await life.openAgain()).toEqual({ phase: 'open', setback: null });
    expect(await accountIds()).toEqual(['a']);
  });

  it('never opens an empty database in the place of one that is gone', async () => {
    life = await open();
    await life.current().database.query(insertAccount);
    const waits = untilChange('trouble');
    const moved = `${directory}-moved`;
    await rename(directory, moved);
    const written = life
      .current()
      .database.query({ ...insertAccount, text: insertAccount.text.replaceAll("'a'", "'b'") });
    await expect(written).rejects.toMatchObject({ details: { trouble: 'gone' } });
    await waits;
    expect(life.state()).toMatchObject({
      phase: 'trouble',
      trouble: { kind: 'gone', canStartAfresh: false },
    });
    await expect(life.openAgain()).rejects.toMatchObject({ details: { trouble: 'gone' } });
    expect(existsSync(directory)).toBe(false);
    await rename(moved, directory);
    expect(await life.openAgain()).toEqual({ phase: 'open', setback: null });
    // The other may be there too: it was neither acknowledged nor refused.
    expect(await accountIds()).toContain('a');
  });

  it('that loses its database while a backup is restored opens it again, as it was', async () => {
    life = await open();
    await life.current().database.query(insertAccount);
    const reopened = untilChange('reopened');
    const restoring = life.replaceContent('restored', async (database) => {
      expect(life.state()).toEqual({ phase: 'replacing', change: 'restored' });
      await crash();
      await database.query({ name: 'next_page', deadline: 'read', text: 'SELECT 1' });
    });
    await expect(restoring).rejects.toMatchObject({ code: 'database_unavailable' });
    await reopened;
    expect(life.state()).toEqual({ phase: 'open', setback: null });
    expect(await accountIds()).toEqual(['a']);
    expect(news).toEqual(['restoring', 'lost', 'reopened']);
  });

  it('takes a database on a server again when only its lock was lost', async () => {
    const url = await createTestDatabase();
    life = await open({ kind: 'server', url });
    await life.current().database.query(insertAccount);
    const reopened = untilChange('reopened');
    const admin = await openPostgres({ url, maxConnections: 1 });
    await admin.query(endLock);
    await reopened;
    expect(await accountIds()).toEqual(['a']);
    expect(news).toEqual(['lost', 'reopened']);
    await admin.close();
  });

  it('leaves a database that another process has taken over to a person', async () => {
    const url = await createTestDatabase();
    const proxy = await openStallingProxy(url);
    life = await open({ kind: 'server', url: proxy.url });
    const { location } = life.current().database;
    const admin = await openPostgres({ url, maxConnections: 1 });
    await endLockUnnoticed(admin, proxy);
    const other = await openDatabase({ kind: 'server', url }, { program: 'the other', nowMs: clock.now() });
    const waits = untilChange('trouble');
    const written = life.current().database.query(insertAccount);
    await expect(written).rejects.toMatchObject({ details: { trouble: 'held' } });
    await waits;
    expect(life.state()).toMatchObject({
      phase: 'trouble',
      trouble: {
        kind: 'held',
        message: expect.stringContaining(`has taken over the database ${location}: the other (process`),
      },
    });
    await other.close();
    expect(await life.openAgain()).toEqual({ phase: 'open', setback: null });
    expect(await accountIds()).toEqual([]);
    await admin.close();
  });

  it('stands, and says why, where the database cannot be opened', async () => {
    directory = createTestFolder();
    await mkdir(join(directory, 'pg'));
    await writeFile(join(directory, 'pg/PG_VERSION'), '12\n');
    life = await open();
    expect(life.state()).toMatchObject({
      phase: 'trouble',
      trouble: { kind: 'postgres_version', dataDir: directory, canStartAfresh: true },
    });
    expect(() => life.current()).toThrow('Postgres 12');
    expect(await life.openAgain()).toMatchObject({ phase: 'trouble' });
    expect(await readdir(join(directory, 'pg'))).toEqual(['PG_VERSION']);
  });

  it('keeps its trouble if what should mend it fails, and opens once it is mended', async () => {
    refusals = 1;
    life = await open({ kind: 'memory' });
    const failing = life.openAgain(async () => {
      throw new IngotError('invalid_input', 'no such place');
    });
    await expect(failing).rejects.toThrow('no such place');
    expect(life.state()).toMatchObject({
      phase: 'trouble',
      trouble: { message: 'not yet', dataDir: null },
    });
    const moved = life.openAgain(async () => ({ kind: 'data-dir', dataDir: directory }));
    await expect(life.openAgain()).rejects.toMatchObject({ code: 'conflict' });
    expect(await moved).toEqual({ phase: 'open', setback: null });
    expect(life.current().database.location).toBe(directory);
    await expect(life.openAgain()).rejects.toMatchObject({ code: 'conflict' });
  });
});
