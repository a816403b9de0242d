import { spawnSync } from 'node:child_process';
import { expect, it, onTestFinished } from 'vitest';
import { openPostgres } from '../../database/postgres';
import { createTestDatabase } from '../../database/testing/each-database';
import { makeFile, PROGRAM, record, SHORT_LIVED, startCli, toNdjson } from './testing/run-cli';

const HIDE = '\u001b[?25l';
const SHOW = '\u001b[?25h';
const CTRL_C = '\u0003';
/** Gives a program a terminal of its own: of util-linux, with other options on other systems. */
const hasTerminals = process.platform === 'linux' && spawnSync('script', ['--version']).status === 0;

it.skipIf(!hasTerminals)('a terminal has its cursor back, also when the end is not waited for', async () => {
  const url = await createTestDatabase();
  const file = makeFile(toNdjson([record({ id: 'a' }), record({ id: 'b' })]));
  const command = [
    process.execPath,
    SHORT_LIVED,
    PROGRAM,
    'ingest',
    file,
    '--database',
    url,
    '--delay',
    '0-60000',
  ];
  const program = startCli(['-qefc', command.map((word) => `'${word}'`).join(' '), '/dev/null'], {
    command: ['script'],
  });
  await new Promise<void>((resolve) => {
    program.child.stdout?.on('data', (text: string) => text.includes(HIDE) && resolve());
  });

  // From now on no report can be made: an orderly end would take for ever.
  const other = await openPostgres({ url });
  onTestFinished(() => other.close());
  let letGo = () => {};
  const holding = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  const held = other.transaction(async (tx) => {
    await tx.query({
      name: 'test_lock',
      deadline: 'write',
      text: 'LOCK TABLE accounts IN ACCESS EXCLUSIVE MODE',
    });
    program.write(CTRL_C);
    await holding;
  });
  const { code, stdout } = await program.ended;
  letGo();
  await held;
  expect(code).toBe(130);
  expect(stdout.lastIndexOf(SHOW)).toBeGreaterThan(stdout.lastIndexOf(HIDE));
});
