import { once } from 'node:events';
import { hostname } from 'node:os';
import { expect, it, onTestFinished } from 'vitest';
import type { Statement } from '../../database/database';
import { openPostgres } from '../../database/postgres';
import { createTestDatabase } from '../../database/testing/each-database';
import { endLock, endLockUnnoticed, openStallingProxy } from '../../database/testing/stalling-proxy';
import { eventsOf, makeFile, makeFolder, record, runCli, startCli, toNdjson } from './testing/run-cli';

const AN_HOUR_MS = 3_600_000;

/** A run that waits for more input, and has fired one of two callbacks. */
async function startRun(url: string) {
  const records = [record({ id: 'a', callbackTimeMs: AN_HOUR_MS }), record({ id: 'b' })];
  const program = startCli(['ingest', '-', '--database', url, '--arrival', 'none', '--json']);
  program.write(toNdjson(records));
  await program.untilLine('"fired"');
  return program;
}

async function watch(url: string) {
  const db = await openPostgres({ url, maxConnections: 2 });
  onTestFinished(() => db.abandon());
  return db;
}

const listRuns: Statement = {
  name: 'list_runs',
  deadline: 'read',
  text: 'SELECT state FROM ingot.runs ORDER BY id',
};
const listAccounts: Statement = {
  name: 'list_accounts',
  deadline: 'read',
  text: 'SELECT id FROM ingot.accounts ORDER BY id',
};

const shown = (url: string) => url.replace(/:[^:@]*@/, '@');

it('every command that writes is refused while a run is under way in another process, which it leaves alone', async ({
  skip,
}) => {
  skip(process.platform === 'win32', 'a signal ends a program at once on Windows');
  const url = await createTestDatabase();
  const holder = await startRun(url);
  const file = makeFile(toNdjson([record({ id: 'c' })]));
  const backup = `${makeFolder()}/backup.ndjson.gz`;
  const at = ['--database', url];
  const made = await runCli(['backup', ...at, '--out', backup]);
  expect(made).toMatchObject({ code: 0, stdout: `${backup}\n` });

  const refused = [
    ['ingest', file, ...at, '--arrival', 'none', '--json'],
    ['resume', ...at],
    ['resume', '--list', ...at],
    ['reset', '--yes', ...at],
    ['restore', backup, '--yes', ...at],
  ];
  const endings = await Promise.all(refused.map((args) => runCli(args)));
  for (const { code, stdout, stderr } of endings) {
    expect(stderr).toContain(
      `ingot: The database ${shown(url)} is in use by ingot (process ${holder.child.pid} on ${hostname()}) since 20`,
    );
    expect([code, stdout]).toEqual([1, '']);
  }
  const report = await runCli(['report', ...at, '--json']);
  expect(JSON.parse(report.stdout)).toMatchObject({ leaders: [{ id: 'a' }, { id: 'b' }] });

  const admin = await watch(url);
  expect((await admin.query(listRuns)).rows).toEqual([{ state: 'running' }]);
  holder.write(toNdjson([record({ id: 'd', callbackTimeMs: 0 })]));
  // Its callback has fired: the interruption must not come in between.
  await holder.untilLine('"id":"d","version":"1","late"');
  holder.signal('SIGINT');
  const { lines } = await holder.ended;
  expect(eventsOf(lines, 'summary')).toMatchObject([{ indexed: 3, fired: 2, pending: 1 }]);
});

it('commands that write are refused where the settings say to look on only', async () => {
  const url = await createTestDatabase();
  const file = makeFile(toNdjson([record()]));
  const flagged = await runCli(['ingest', file, '--database', url, '--read-only']);
  const env = { INGOT_READ_ONLY: 'true' };
  const others = await Promise.all([
    runCli(['resume', '--database', url], { env }),
    runCli(['reset', '--yes', '--database', url], { env }),
  ]);
  for (const { code, stderr } of [flagged, ...others]) {
    expect(stderr).toContain('This command writes to the database, and --read-only forbids it.');
    expect(code).toBe(2);
  }
  const exists: Statement = {
    name: 'exists',
    deadline: 'read',
    text: "SELECT to_regnamespace('ingot') IS NOT NULL AS made",
  };
  expect((await (await watch(url)).query(exists)).rows).toEqual([{ made: false }]);
});

it('the database of a killed process is free, and its run is known to be cut off', async () => {
  const url = await createTestDatabase();
  const holder = await startRun(url);
  holder.child.kill('SIGKILL');
  await once(holder.child, 'exit');
  const file = makeFile(toNdjson([record({ id: 'c', callbackTimeMs: 0 })]));
  const next = await runCli(['ingest', file, '--database', url, '--arrival', 'none', '--json', '--no-wait']);
  expect(next.stderr).toContain('A run was cut off when its process ended.');
  expect(next.code).toBe(0);
  expect((await (await watch(url)).query(listRuns)).rows).toEqual([
    { state: 'interrupted' },
    { state: 'completed' },
  ]);
});

it('a process that the network cut off writes nothing after another one has taken over', async () => {
  const url = await createTestDatabase();
  const proxy = await openStallingProxy(url);
  const first = await startRun(proxy.url);
  const admin = await watch(url);
  await endLockUnnoticed(admin, proxy);

  const second = startCli(['ingest', '-', '--database', url, '--arrival', 'none', '--json', '--no-wait']);
  second.write(toNdjson([record({ id: 'of-the-second' })]));
  await second.untilLine('"indexed"');
  first.write(toNdjson([record({ id: 'of-the-first' })]));
  const { code, stderr, lines } = await first.ended;
  expect(stderr).toContain(
    `has taken over the database ${shown(proxy.url)}: ingot (process ${second.child.pid} on ${hostname()})`,
  );
  expect(eventsOf(lines, 'summary')).toMatchObject([{ indexed: 2, complete: false }]);
  expect(code).toBe(1);

  second.endInput();
  expect((await second.ended).code).toBe(0);
  const { rows } = await admin.query(listAccounts);
  expect(rows).toEqual([{ id: 'a' }, { id: 'b' }, { id: 'of-the-second' }]);
});

it.each(['input', 'callbacks'])(
  'a process that waits for %s ends at once when the server ends the connection that holds its database',
  async (what) => {
    const url = await createTestDatabase();
    const program = await startRun(url);
    if (what === 'callbacks') program.endInput();
    await (await watch(url)).query(endLock);
    const { code, stderr, lines } = await program.ended;
    expect(stderr).toMatch(/The connection that holds the database .* is lost\./);
    expect(eventsOf(lines, 'summary')).toMatchObject([{ indexed: 2, fired: 1, pending: 1, complete: false }]);
    expect(code).toBe(1);
  },
);
