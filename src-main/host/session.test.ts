import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { IngotError } from '../../src-shared/errors';
import { type OpenedDatabase, openDatabase } from '../database/open-database';
import { createSystemClock } from '../engine/clock';
import type { EngineEvent } from '../engine/interface';
import { openSession, type Session } from './session';
import { recordingLogger } from './testing/recording-logger';

const insertAccount = {
  name: 'insert_account',
  text: `INSERT INTO accounts (id, account_type, tokens, version, data) VALUES ('a', 'mint', 1, 1, '{}')`,
};

describe('a lost database', () => {
  const clock = createSystemClock();
  let directory: string;
  let session: Session;
  let opened: { database: OpenedDatabase; lose: (error: IngotError) => void }[];
  let refusals: number;
  let heard: (events: readonly EngineEvent[]) => void;
  const news: string[] = [];

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'ingot-session-'));
    opened = [];
    refusals = 0;
    news.length = 0;
    heard = () => {};
    const note = (events: readonly EngineEvent[]) => {
      for (const event of events) if (event.event === 'database') news.push(event.change);
      heard(events);
    };
    session = await openSession({
      openDatabase: async (lose) => {
        if (refusals > 0) {
          refusals -= 1;
          throw new IngotError('database_unusable', 'not yet');
        }
        const target = { kind: 'data-dir', dataDir: directory } as const;
        const database = await openDatabase(target, { program: 'test', nowMs: clock.now(), onLost: lose });
        opened.push({ database, lose });
        return database;
      },
      clock,
      logger: recordingLogger().logger,
      publish: note,
      startAfresh: (_, events) => note(events),
    });
  });
  afterEach(async () => {
    await session.close();
    await rm(directory, { recursive: true });
  });

  const untilChange = (change: string) =>
    new Promise<void>((resolve) => {
      heard = (events) => {
        if (events.some((event) => event.event === 'database' && event.change === change)) resolve();
      };
    });
  /** Ends the thread in the middle of whatever it does, as a crash would. */
  const crash = async () => {
    const last = opened.at(-1);
    if (!last) throw new Error('a database was opened');
    await last.database.abandon();
    last.lose(new IngotError('database_unavailable', 'The database thread ended.'));
  };

  it('is opened again with everything that was acknowledged', async () => {
    await session.current().database.query(insertAccount);
    const reopened = untilChange('reopened');
    await crash();
    expect(() => session.current()).toThrow(IngotError);
    await reopened;
    expect(await session.current().views.account('a')).toBeUndefined();
    const { rows } = await session.current().database.query({ name: 'ids', text: 'SELECT id FROM accounts' });
    expect(rows).toEqual([{ id: 'a' }]);
    expect(news).toEqual(['lost', 'reopened']);
  });

  it('is tried again when it cannot be opened at once', async () => {
    refusals = 1;
    const reopened = untilChange('reopened');
    await crash();
    await reopened;
    expect(opened).toHaveLength(2);
  });

  it('does not hold up the end of the program', async () => {
    refusals = 3;
    await crash();
    await session.close();
    expect(() => session.current()).toThrow('not open');
  });
});
