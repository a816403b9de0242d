import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Statement } from '../../database/database';
import { openPostgres } from '../../database/postgres';
import { createTestDatabase, createTestDataDir } from '../../database/testing/each-database';
import type { Dispatch } from '../../host/dispatch';
import { openTestHost } from '../../host/testing/open-test-host';
import { createVirtualClock } from '../../time/testing/virtual-clock';
import { eventsOf, makeFile, record, runCli, startCli, toNdjson } from './testing/run-cli';

const AN_HOUR_MS = 3_600_000;
/** A signal ends a program at once there. */
const HAS_SIGNALS = process.platform !== 'win32';

/** A run that has indexed two updates, whose callbacks are far away, and waits for more input. */
async function startRun(dataDir: string, callbackTimeMs = AN_HOUR_MS) {
  const program = startCli(['ingest', '-', '--data-dir', dataDir, '--arrival', 'none', '--json']);
  program.write(toNdjson([record({ id: 'a', callbackTimeMs }), record({ id: 'b', callbackTimeMs })]));
  await program.untilLine('"id":"b"');
  return program;
}

it.runIf(HAS_SIGNALS)('a run without a terminal, as nohup starts one, outlives a hangup', async () => {
  const program = startCli(['ingest', '-', '--memory', '--arrival', 'none', '--json']);
  program.write(toNdjson([record({ id: 'before' })]));
  await program.untilLine('"id":"before"');
  program.signal('SIGHUP');
  // The signal has arrived when the program has answered to what was written after it.
  program.write(toNdjson([record({ id: 'after' })]));
  await program.untilLine('"id":"after"');
  program.endInput();
  const { code, lines } = await program.ended;
  expect(eventsOf(lines, 'summary')).toMatchObject([{ records: 2, indexed: 2, fired: 2 }]);
  expect(code).toBe(0);
});

describe.runIf(HAS_SIGNALS)('a run that is interrupted', () => {
  it.each(['SIGINT', 'SIGTERM'] as const)(
    'by %s reports so far, says how many callbacks wait, and exits with 130',
    async (name) => {
      const dataDir = createTestDataDir();
      const program = await startRun(dataDir);
      program.signal(name);
      const { code, lines, stderr } = await program.ended;
      expect(lines.slice(-2).map((line) => JSON.parse(line))).toMatchObject([
        { event: 'report', leaders: [{ id: 'a' }, { id: 'b' }], complete: true },
        { event: 'summary', records: 2, indexed: 2, fired: 0, cancelled: 0, pending: 2, complete: true },
      ]);
      expect(stderr).toContain('Interrupted');
      expect(stderr).toContain(`2 callbacks are still pending in ${dataDir}: the next run takes them up.`);
      expect(code).toBe(130);
    },
  );

  it('takes a key press that arrives twice for one', async () => {
    const program = await startRun(createTestDataDir());
    program.signal('SIGINT');
    program.signal('SIGINT');
    const { code, lines } = await program.ended;
    expect(eventsOf(lines, 'summary')).toHaveLength(1);
    expect(code).toBe(130);
  });

  it('keeps the clock of its callbacks: a simulated run does not fire them, but says that it cancels them', async () => {
    const dataDir = createTestDataDir();
    const program = await startRun(dataDir);
    program.signal('SIGINT');
    await program.ended;
    // Virtual time reaches the hour at once.
    const later = [record({ id: 'a', version: 2 }), record({ id: 'c', callbackTimeMs: 2 * AN_HOUR_MS })];
    const simulate = ['--data-dir', dataDir, '--simulate', '--json'];
    const { code, lines, stderr } = await runCli(['ingest', makeFile(toNdjson(later)), ...simulate]);
    expect(stderr).toContain('2 callbacks of other runs wait in the database.');
    expect(eventsOf(lines, 'fired').map(({ id, run }) => ({ id, run }))).toEqual([
      { id: 'a', run: undefined },
      { id: 'c', run: undefined },
    ]);
    expect(eventsOf(lines, 'cancelled')).toMatchObject([{ id: 'a', version: '1', supersededBy: '2' }]);
    expect(JSON.parse(lines.at(-1) ?? '')).toMatchObject({ indexed: 2, fired: 2, cancelled: 0, pending: 0 });
    expect(code).toBe(0);
  });
});

it('a run fires what is overdue of earlier ones first, marked late and with its run, and counts its own', async () => {
  const dataDir = createTestDataDir();
  // Its wall clock is an hour behind.
  const clock = createVirtualClock(Date.now() - AN_HOUR_MS);
  const { host, allowed, close } = await openTestHost({ target: { kind: 'data-dir', dataDir }, clock });
  const path = join(allowed, 'earlier.ndjson');
  await writeFile(path, toNdjson([record({ id: 'a', callbackTimeMs: 1 })]));
  const settings = { arrival: 'none', wait: false };
  await host.dispatch('run.start', { source: { kind: 'path', path }, settings });
  await expect.poll(() => host.dispatch('run.status', {})).toMatchObject({ state: 'completed' });
  await close();

  const file = makeFile(toNdjson([record({ id: 'c', callbackTimeMs: 0 })]));
  const args = ['ingest', file, '--data-dir', dataDir, '--arrival', 'none', '--json'];
  const { lines } = await runCli(args);
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({ event: 'fired', id: 'a', late: true, run: '1' });
  expect(eventsOf(lines, 'fired').map(({ id, late, run }) => ({ id, late, run }))).toEqual([
    { id: 'a', late: true, run: '1' },
    { id: 'c', late: false, run: undefined },
  ]);
  expect(JSON.parse(lines.at(-1) ?? '')).toMatchObject({ fired: 1, pending: 0 });
});

it('a simulated run leaves callbacks of other runs as they are, and later runs leave those of it', async () => {
  const dataDir = createTestDataDir();
  const inWindow = async <Answer>(ask: (dispatch: Dispatch) => Promise<Answer>): Promise<Answer> => {
    const { host, close } = await openTestHost({ target: { kind: 'data-dir', dataDir } });
    return ask(host.dispatch).finally(close);
  };
  const run = async (records: readonly object[], ...options: string[]) => {
    const file = makeFile(toNdjson(records));
    const { code, lines } = await runCli(['ingest', file, '--data-dir', dataDir, '--json', ...options]);
    expect(code).toBe(0);
    return { fired: eventsOf(lines, 'fired').map(({ id }) => id), summary: JSON.parse(lines.at(-1) ?? '') };
  };
  const later = [record({ id: 'later', callbackTimeMs: AN_HOUR_MS })];
  expect(await run(later, '--arrival', 'none', '--no-wait')).toMatchObject({ summary: { pending: 1 } });
  const before = await inWindow((dispatch) => dispatch('accounts.get', { id: 'later' }));
  expect(before).toMatchObject({ callbackState: 'pending', callbackDue: { runId: '1' } });

  const two = [record({ id: 'one' }), record({ id: 'two' })];
  expect(await run(two, '--simulate')).toMatchObject({
    fired: ['one', 'two'],
    summary: { indexed: 2, fired: 2, pending: 0 },
  });
  const left = [record({ id: 'left', callbackTimeMs: 1 })];
  expect(await run(left, '--simulate', '--no-wait')).toMatchObject({ fired: [], summary: { pending: 1 } });
  expect(await run([record({ id: 'own', callbackTimeMs: 0 })], '--arrival', 'none')).toMatchObject({
    fired: ['own'],
    summary: { fired: 1, pending: 0 },
  });

  await inWindow(async (dispatch) => {
    expect(await dispatch('accounts.get', { id: 'later' })).toEqual(before);
    const state = () => dispatch('accounts.get', { id: 'left' });
    expect(await state()).toMatchObject({ callbackState: 'pending', callbackDue: { wallMs: null } });
    await dispatch('callbacks.fire', { id: 'left', version: '1' });
    expect(await state()).toMatchObject({ callbackState: 'fired' });
  });
});

describe('a run whose server ends its connection', () => {
  const start = async (...args: string[]) => {
    const url = await createTestDatabase();
    const program = startCli(['ingest', '-', '--database', url, '--arrival', 'none', ...args]);
    program.write(
      toNdjson([record({ id: 'a', callbackTimeMs: AN_HOUR_MS }), record({ id: 'b', callbackTimeMs: 0 })]),
    );
    await program.untilLine('fired');
    await endNextBatch(url, () => program.write(toNdjson([record({ id: 'c' })])));
    return program.ended;
  };

  it('writes both lines with the counts known until then, and fails', async () => {
    const { code, lines } = await start('--json');
    expect(lines.slice(-2)).toEqual([
      '{"event":"report","leaders":[],"tied":{},"moreTypes":false,"complete":false}',
      '{"event":"summary","records":2,"indexed":2,"stale":0,"duplicate":0,"conflict":0,"rejected":0,"fired":1,"cancelled":0,"pending":1,"complete":false}',
    ]);
    expect(code).toBe(1);
  });

  it('says so in text', async () => {
    const { code, stdout, stderr } = await start();
    expect(stdout).toContain('No report: the database was lost, so the leaders are not known.\n');
    expect(stdout).toContain('2 records: 2 indexed, 0 stale');
    expect(stdout).toContain('Not complete: the database was lost. These are the counts known until then.\n');
    expect(stderr).toContain('The run was cut off.');
    expect(code).toBe(1);
  });
});

const lock: Statement = { name: 'lock_accounts', deadline: 'write', text: 'LOCK TABLE ingot.accounts' };
const endWaiting: Statement = {
  name: 'end_waiting',
  deadline: 'read',
  // Of this database: other tests use the server at the same time.
  text: `SELECT pg_terminate_backend(pid) FROM pg_locks
    WHERE NOT granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
};

/** As an administrator of the server does, while the batch that `send` brings is under way. */
async function endNextBatch(url: string, send: () => void): Promise<void> {
  const admin = await openPostgres({ url, maxConnections: 1 });
  await admin.transaction(async (tx) => {
    await tx.query(lock);
    send();
    while ((await tx.query(endWaiting)).rows.length === 0);
  });
  await admin.close();
}

describe('a reader that goes away', () => {
  it('ends the run quietly', async () => {
    const records = Array.from({ length: 20_000 }, (_, index) => record({ id: `account-${index}` }));
    const file = makeFile(toNdjson(records));
    const dataDir = createTestDataDir();
    const args = ['ingest', file, '--data-dir', dataDir, '--arrival', 'none', '--json'];
    const program = startCli(args);
    program.endInput();
    await program.untilLine('"indexed"');
    program.child.stdout?.destroy();
    const { code, stderr } = await program.ended;
    expect(stderr).toBe('');
    expect(code).toBe(130);
  });

  it('ends generating quietly, and that is done', async () => {
    const program = startCli(['generate', '--records', '1000000', '--ndjson']);
    await program.untilLine('"id"');
    program.child.stdout?.destroy();
    const { code, stderr } = await program.ended;
    expect(stderr).toBe('');
    expect(code).toBe(0);
  });
});
