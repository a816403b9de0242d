import { join } from 'node:path';
import { beforeEach, expect, it } from 'vitest';
import { createTestFolder } from '../../database/testing/each-database';
import { resetElectron, shell } from './testing/fake-electron';
import { openAppPage, startApp } from './testing/start-app';

beforeEach(resetElectron);

it("shows the folder of the log files in the system's own window, and says if that cannot be", async () => {
  const logDirectory = join(createTestFolder(), 'logs');
  startApp({ target: { kind: 'memory' }, logDirectory });
  const page = await openAppPage();
  expect(await page.call('logs.openFolder')).toMatchObject({ ok: true });
  expect(shell.opened).toEqual([logDirectory]);
  shell.problem = 'No program is there for it.';
  expect(await page.call('logs.openFolder')).toMatchObject({
    ok: false,
    error: { code: 'not_found', message: expect.stringContaining('No program is there for it.') },
  });
});
