import { expect, it, onTestFinished } from 'vitest';
import { openPostgres } from '../../database/postgres';
import { createTestDatabase } from '../../database/testing/each-database';
import { HAS_TERMINALS, makeFile, record, startOnTerminal, toNdjson } from './testing/run-cli';

const HIDE = '\u001b[?25l';
const SHOW = '\u001b[?25h';
const CTRL_C = '\u0003';
it.skipIf(!HAS_TERMINALS)('a terminal has its cursor back, also when the end is not waited for', async () => {
  const url = await createTestDatabase();
  const file = makeFile(toNdjson([record({ id: 'a' }), record({ id: 'b' })]));
  const program = startOnTerminal(['ingest', file, '--database', url, '--delay', '0-60000']);
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
