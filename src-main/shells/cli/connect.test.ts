import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { type ServedAccount, startRpcServer } from '../../ingestion/live/testing/rpc-server';
import { makeFolder, runCli, startCli } from './testing/run-cli';

const PROGRAM = 'TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA';
const KEY = 'So11111111111111111111111111111111111111112';
const holding = (lamports: number): ServedAccount => ({
  lamports,
  owner: PROGRAM,
  executable: false,
  rentEpoch: 0n,
  space: 3,
  data: ['AQID', 'base64'],
});

it('connects until a signal, survives a kill, and lists what was missed', async () => {
  const server = await startRpcServer();
  onTestFinished(() => server.close());
  const folder = makeFolder();
  const file = join(folder, 'live.json');
  const connection = {
    kind: 'rpc',
    rpc: `${server.rpc}/?api-key={token}`,
    token: 'KEY',
    programs: [PROGRAM],
  };
  writeFileSync(file, JSON.stringify([{ ...connection, subscriptions: server.subscriptions }]));
  const place = ['--data-dir', join(folder, 'db')];
  const secret = 'deepsecret';
  const start = () =>
    startCli(['connect', '--connections', file, '--json', ...place], { env: { INGOT_SECRET_KEY: secret } });
  const first = start();
  await first.untilLine('"state":"connected"');
  // Each is confirmed once the next one is.
  for (let slot = 101; slot <= 104; slot += 1) server.slot({ [KEY]: holding(slot) });
  await first.untilLine('"tokens":"104"');
  first.child.kill('SIGKILL');
  await first.ended;
  for (let slot = 105; slot <= 110; slot += 1) server.slot({ [KEY]: holding(slot) });
  const second = start();
  await second.untilLine('"event":"gap"');
  second.signal('SIGINT');
  const { code, lines, stdout, stderr } = await second.ended;
  expect(code).toBe(130);
  const gap = lines.map((line) => JSON.parse(line)).find(({ event }) => event === 'gap');
  expect(gap).toMatchObject({ run: '1', toSlot: '109', reason: 'Ingot ended while it was connected.' });
  expect(Number(gap.fromSlot)).toBeLessThanOrEqual(105);
  expect(lines.some((line) => line.includes('"event":"report"'))).toBe(true);
  expect(`${stdout}${stderr}`).not.toMatch(/deepsecret|api-key/);
  const coverage = await runCli(['coverage', '1', '--json', ...place]);
  expect(coverage.lines.map((line) => JSON.parse(line))).toContainEqual(
    expect.objectContaining({ run: '1', kind: 'gap', toSlot: '109' }),
  );
  const missing = await runCli(['connect', '--connections', file, ...place]);
  expect(missing).toMatchObject({ code: 2, stderr: expect.stringContaining('There is no secret KEY.') });
  expect(await runCli(['connect', '--stdin', '--follow', 'x'])).toMatchObject({ code: 2 });
});
