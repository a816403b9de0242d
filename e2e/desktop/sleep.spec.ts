import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { HistoryRow, RowWindow } from '../../src-shared/views';
import { deckOf, expectState } from '../fixtures/actions';
import { callHost, test } from '../fixtures/desktop';
import { expect } from '../fixtures/ingot';

const DELAY_MS = 20_000;

test('callbacks that fell due while the machine slept fire after it woke, and none before it is due', async ({
  openDesktop,
  home,
}) => {
  const file = join(home, 'updates.json');
  const update = { accountType: 'mint', tokens: 5, version: 1 };
  await writeFile(
    file,
    JSON.stringify([
      { ...update, id: 'asleep', callbackTimeMs: DELAY_MS },
      { ...update, id: 'later', callbackTimeMs: 3_600_000 },
    ]),
  );
  const desktop = await openDesktop([file, '--arrival', 'none', '--speed', '1', '--no-wait']);
  const { app, page } = desktop;
  const states = deckOf(page).getByRole('list', { name: 'Callbacks by state' }).getByRole('listitem');
  await expect(states).toHaveText(['2pending', '0fired', '0cancelled']);
  await expectState(page, 'completed');

  // The system's own word for it hastens nothing; nothing in the app needs it.
  await app.evaluate(({ powerMonitor }) => {
    powerMonitor.emit('suspend');
    powerMonitor.emit('resume');
  });
  const list = async (state: 'pending' | 'fired') => {
    const query = { state, window: { from: { edge: 'start' }, limit: 10 } };
    return ((await callHost(page, 'callbacks.page', query)) as RowWindow<HistoryRow>).rows;
  };
  const [first] = await list('pending');
  const dueMs = first?.callbackDue?.wallMs ?? 0;
  // All its processes stand still, as while the machine sleeps.
  const pids = await app.evaluate(({ app: own }) => own.getAppMetrics().map(({ pid }) => pid));
  for (const pid of pids) process.kill(pid, 'SIGSTOP');
  await expect.poll(() => Date.now(), { timeout: 2 * DELAY_MS }).toBeGreaterThan(dueMs + 1_000);
  const wokeMs = Date.now();
  for (const pid of pids) process.kill(pid, 'SIGCONT');

  await expect(states).toHaveText(['1pending', '1fired', '0cancelled']);
  const [fired] = await list('fired');
  expect(fired).toMatchObject({ id: 'asleep', callbackDue: { wallMs: dueMs } });
  expect(fired?.callbackSettled?.wallMs).toBeGreaterThanOrEqual(wokeMs);
});
