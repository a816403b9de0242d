import { expect, test } from 'vitest';
import { IngotError } from '../../src-shared/errors';
import type { RowWindow, WindowRequest } from '../../src-shared/views';
import { createManualClock } from '../clock-for-tests';
import { createWindowLoader } from './window-loader';

interface Row {
  readonly key: number;
}
interface Question {
  readonly window: WindowRequest;
  answer(size: number): Promise<void>;
  /** Answers with `found` of the rows; the search stopped at `at`. */
  stop(found: number, at: number): Promise<void>;
  fail(error: IngotError): Promise<void>;
}

/** Tests decide when it answers. */
function createHost() {
  const asked: Question[] = [];
  /** Lets the loader take the answer and ask again. */
  const settled = async () => {
    for (let turn = 0; turn < 4; turn += 1) await Promise.resolve();
  };
  const fetchRows = (window: WindowRequest) =>
    new Promise<RowWindow<Row>>((resolve, reject) => {
      asked.push({
        window,
        answer: (size) => {
          const start = 'after' in window.from ? Number(window.from.after) + 1 : 0;
          const end = Math.min(size, start + window.limit);
          const rows = Array.from({ length: end - start }, (_, at) => ({
            key: start + at,
            cursor: String(start + at),
          }));
          resolve({
            rows,
            atStart: start === 0,
            atEnd: end === size,
            next: null,
            total: size,
            totalIs: 'exact',
            startIndex: start,
          });
          return settled();
        },
        stop: (found, at) => {
          const start = 'after' in window.from ? Number(window.from.after) + 1 : 0;
          resolve({
            rows: Array.from({ length: found }, (_, offset) => ({
              key: start + offset,
              cursor: String(start + offset),
            })),
            atStart: start === 0,
            atEnd: false,
            next: String(at),
            total: 60,
            totalIs: 'estimate',
            startIndex: start,
          });
          return settled();
        },
        fail: (error) => {
          reject(error);
          return settled();
        },
      });
    });
  const latest = () => {
    const question = asked[asked.length - 1];
    if (!question) throw new Error('nothing was asked');
    return question;
  };
  return { fetchRows, asked, latest };
}

function begin() {
  const host = createHost();
  const clock = createManualClock();
  const loader = createWindowLoader<Row>(host.fetchRows, clock, { refreshMs: 500 });
  loader.setView({ from: 0, to: 30 });
  const detach = loader.attach();
  return { host, clock, loader, detach };
}

test('asks one question at a time, for the view as it is then', async () => {
  const { host, loader } = begin();
  loader.setView({ from: 10, to: 40 });
  loader.setView({ from: 20, to: 50 });
  expect(host.asked).toHaveLength(1);
  await host.latest().answer(10_000);
  expect(host.asked).toHaveLength(1);
  loader.setView({ from: 5_000, to: 5_030 });
  loader.setView({ from: 6_000, to: 6_030 });
  expect(host.asked).toHaveLength(2);
});

test('many changes between two refreshes cost one question', async () => {
  const { host, clock, loader } = begin();
  await host.latest().answer(60);
  loader.invalidate();
  clock.advance(0);
  expect(host.asked).toHaveLength(2);
  await host.latest().answer(61);
  expect(loader.store.getState().cache.total).toBe(61);
  for (let change = 0; change < 50; change += 1) loader.invalidate();
  clock.advance(499);
  expect(host.asked).toHaveLength(2);
  clock.advance(1);
  expect(host.asked).toHaveLength(3);
});

test('a change that comes while rows are on their way is asked for after them', async () => {
  const { host, clock, loader } = begin();
  loader.invalidate();
  await host.latest().answer(60);
  clock.advance(0);
  expect(host.asked).toHaveLength(2);
});

test('the answer to an old question is dropped, and its rows stay until the new answer', async () => {
  const { host, loader } = begin();
  await host.latest().answer(60);
  const other = createHost();
  loader.setView({ from: 40, to: 60 });
  loader.restart(other.fetchRows);
  expect(loader.store.getState()).toMatchObject({ behind: true, epoch: 1 });
  expect(loader.store.getState().cache.rows).toHaveLength(60);
  await other.latest().answer(5);
  expect(loader.store.getState()).toMatchObject({ behind: false });
  expect(loader.store.getState().cache.rows).toHaveLength(5);
});

test('a restart in mid-flight asks again and ignores what was under way', async () => {
  const { host, loader } = begin();
  const old = host.latest();
  loader.restart();
  await old.answer(10);
  expect(host.asked).toHaveLength(2);
  expect(loader.store.getState().cache.loaded).toBe(false);
  await host.latest().answer(20);
  expect(loader.store.getState().cache.total).toBe(20);
});

test('an error stays until it is tried again, and nothing is asked meanwhile', async () => {
  const { host, loader } = begin();
  await host.latest().fail(new IngotError('database_unavailable', 'The database is closed.'));
  expect(loader.store.getState().error).toMatchObject({ code: 'database_unavailable' });
  loader.setView({ from: 10, to: 40 });
  loader.invalidate();
  expect(host.asked).toHaveLength(1);
  loader.retry();
  expect(host.asked).toHaveLength(2);
  await host.latest().answer(60);
  expect(loader.store.getState()).toMatchObject({ error: null });
});

test('a loader that was let go asks nothing more until it is attached again', async () => {
  const { host, clock, loader, detach } = begin();
  await host.latest().answer(60);
  loader.invalidate();
  detach();
  clock.advance(10_000);
  expect(host.asked).toHaveLength(1);
  loader.attach();
  clock.advance(0);
  expect(host.asked).toHaveLength(2);
});

test('a search goes on by itself, shows what it has found, and says that it looks for more', async () => {
  const { host, loader } = begin();
  await host.latest().stop(4, 99);
  expect(loader.store.getState()).toMatchObject({ searching: true, error: null });
  expect(loader.store.getState().cache.rows).toHaveLength(4);
  expect(host.latest().window.from).toEqual({ after: '99' });
  await host.latest().answer(110);
  expect(loader.store.getState().searching).toBe(false);
  expect(loader.store.getState().cache.rows).toHaveLength(14);
});

test('a refresh that has to search leaves the rows in view until it has found all, and rests after it', async () => {
  const { host, clock, loader } = begin();
  await host.latest().answer(60);
  loader.invalidate();
  clock.advance(0);
  await host.latest().stop(3, 99);
  expect(loader.store.getState().cache.rows).toHaveLength(60);
  clock.advance(1_000);
  await host.latest().answer(105);
  expect(loader.store.getState().cache.rows).toHaveLength(8);
  loader.invalidate();
  const asked = host.asked.length;
  clock.advance(2_999);
  expect(host.asked).toHaveLength(asked);
  clock.advance(1);
  expect(host.asked).toHaveLength(asked + 1);
});
