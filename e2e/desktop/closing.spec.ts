import { once } from 'node:events';
import { expectState, recordsTaken, transport } from '../fixtures/actions';
import { test } from '../fixtures/desktop';
import { expect } from '../fixtures/ingot';
import { beginRun, expectWhole, RECORDS } from '../fixtures/slow-run';

test('a window closed during a run ends the program in order, and the run continues in the next one', async ({
  desktop,
  openDesktop,
  home,
}) => {
  const file = await beginRun(desktop, home);
  const ended = once(desktop.app.process(), 'exit');
  await desktop.app.evaluate(({ app, BrowserWindow }) => {
    // However often it is asked for, the end comes once.
    BrowserWindow.getAllWindows()[0]?.close();
    app.quit();
    app.quit();
  });
  expect(await ended).toEqual([0, null]);

  const { page } = await openDesktop();
  await expectState(page, 'stopped');
  const stoppedAt = await recordsTaken(page);
  expect(stoppedAt).toBeGreaterThan(50);
  expect(stoppedAt).toBeLessThan(RECORDS);
  await transport(page, 'Resume the run of cut-off.json').click();
  await expectWhole(page, home, file);
});
