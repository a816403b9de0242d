import { EventEmitter, once } from 'node:events';
import type { Worker } from 'node:worker_threads';
import { expect, onTestFinished, test, vi } from 'vitest';
import type { IngotError } from '../../src-shared/errors';
import { landedMigrations } from '../storage/landed-migrations';
import { migrate, recreateSchema } from '../storage/migrate';
import type { Statement } from './database';
import { type DatabaseThread, openDatabaseThread } from './database-thread';
import { openPglite } from './pglite';
import { createTestDataDir } from './testing/each-database';
import { createWatchdog, DEADLINES } from './watchdog';

const workers = vi.hoisted((): Worker[] => []);
vi.mock('node:worker_threads', async (importOriginal) => {
  const threads = await importOriginal<typeof import('node:worker_threads')>();
  class ObservedWorker extends threads.Worker {
    constructor(...args: ConstructorParameters<typeof threads.Worker>) {
      super(...args);
      workers.push(this);
    }
  }
  return { ...threads, Worker: ObservedWorker };
});

/** Tests ring its alarms, one at a time. */
function createRingingClock() {
  const waiting = new Map<number, () => void>();
  const setForMs: number[] = [];
  let alarms = 0;
  return {
    now: () => 0,
    /** The delays of all alarms set since the last call. */
    takeDelays: () => new Set(setForMs.splice(0)),
    setAlarm(at: number, wake: () => void) {
      setForMs.push(at);
      const id = alarms++;
      waiting.set(id, wake);
      return { clear: () => void waiting.delete(id) };
    },
    ring(times: number) {
      for (let turn = 0; turn < times; turn += 1) {
        for (const [id, wake] of [...waiting]) {
          waiting.delete(id);
          wake();
        }
      }
    },
    isQuiet: () => waiting.size === 0,
  };
}

interface Watched {
  readonly thread: DatabaseThread;
  readonly worker: Worker;
  readonly clock: ReturnType<typeof createRingingClock>;
  readonly losses: IngotError[];
}

async function openThread(directory: string): Promise<Watched> {
  const clock = createRingingClock();
  const losses: IngotError[] = [];
  const thread = await openDatabaseThread({
    directory,
    newDatabase: null,
    undoFolder: null,
    location: 'here',
    clock,
    onLost: (reason) => losses.push(reason),
  });
  onTestFinished(() => thread.close());
  const worker = workers.at(-1);
  if (!worker) throw new Error('no worker was started');
  return { thread, worker, clock, losses };
}

const spin: Statement = {
  name: 'spin',
  deadline: 'write',
  text: 'WITH RECURSIVE n AS (SELECT 1 UNION ALL SELECT 1 FROM n) SELECT count(*) FROM n',
};
const makeKept: Statement = {
  name: 'make',
  deadline: 'maintenance',
  text: 'CREATE TABLE public.kept (n int); INSERT INTO public.kept VALUES (7)',
};
const one: Statement = { name: 'one', deadline: 'read', text: 'SELECT 1' };

test('a statement that never comes back ends the database, which opens again with all that was kept', async () => {
  const directory = `${createTestDataDir()}/pg`;
  const hung = await openThread(directory);
  await hung.thread.script(makeKept);
  expect(hung.clock.isQuiet()).toBe(true);
  const [spinning, behind] = [hung.thread.query(spin, []), hung.thread.query(one, [])];
  hung.clock.ring(5);
  expect(hung.losses).toEqual([]);
  hung.clock.ring(1);
  const message = 'The database here was stopped: the statement "spin" did not answer for 60 s.';
  await expect(spinning).rejects.toMatchObject({ code: 'database_unavailable', message });
  await expect(behind).rejects.toMatchObject({ code: 'database_unavailable' });
  await expect(hung.thread.query(one, [])).rejects.toMatchObject({ message });
  expect(hung.losses.map((loss) => loss.message)).toEqual([message]);

  const { thread } = await openThread(directory);
  expect(
    (await thread.query({ name: 'kept', deadline: 'write', text: 'SELECT n FROM public.kept' }, [])).rows,
  ).toEqual([[7]]);
});

test.each(['read', 'write', 'maintenance', 'conversion'] as const)(
  'a statement has the time of the class that it states, here %s, whatever its text',
  async (deadline) => {
    const { thread, clock } = await openThread(`${createTestDataDir()}/pg`);
    clock.takeDelays();
    for (const text of ['SELECT 1', 'WITH a AS (SELECT 1) SELECT 1', 'CHECKPOINT']) {
      await thread.query({ name: 'any', deadline, text }, []);
      await thread.script({ name: 'any', deadline, text });
    }
    await thread.copy({ name: 'copy', deadline, text: "COPY (SELECT 1) TO '/dev/null'" }, new Uint8Array());
    expect(clock.takeDelays()).toEqual(new Set([DEADLINES[deadline] / 6]));
  },
);

test('every migration, and starting afresh, has the time of a conversion', async () => {
  const clock = createRingingClock();
  const db = await openPglite({ dataDir: createTestDataDir(), clock });
  onTestFinished(() => db.close());
  const scripts: string[] = [];
  const delays: unknown[] = [];
  const watched = {
    ...db,
    async executeScript(...[name, sql, deadline]: Parameters<typeof db.executeScript>) {
      clock.takeDelays();
      await db.executeScript(name, sql, deadline);
      scripts.push(name);
      delays.push(...clock.takeDelays());
    },
  };
  await migrate(watched);
  await recreateSchema(watched, landedMigrations.slice(0, 1));
  await migrate(watched);
  const later = landedMigrations.slice(1).map(({ name }) => name);
  expect(scripts).toEqual(['create_schema', 'recreate_schema', ...later]);
  expect(delays).toEqual(scripts.map(() => DEADLINES.conversion / 6));
});

test('a thread that is ended from outside counts as lost, and pending calls are refused', async () => {
  const { thread, worker, losses } = await openThread(`${createTestDataDir()}/pg`);
  const waiting = thread.query(spin, []);
  void worker.terminate();
  await expect(waiting).rejects.toMatchObject({ code: 'database_unavailable' });
  expect(losses.map((loss) => loss.message)).toEqual(['The database here broke down: its thread ended.']);
});

test('the next statement has its whole deadline after an answer', () => {
  const clock = createRingingClock();
  const hung = new EventEmitter();
  const watchdog = createWatchdog(clock, () => hung.emit('hung'));
  const told = once(hung, 'hung');
  watchdog.watch(30_000);
  clock.ring(5);
  watchdog.watch(30_000);
  clock.ring(5);
  watchdog.rest();
  expect(clock.isQuiet()).toBe(true);
  watchdog.watch(30_000);
  clock.ring(6);
  return told;
});
