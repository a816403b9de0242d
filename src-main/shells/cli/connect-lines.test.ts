import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { makeFolder, record, runCli, startCli, toNdjson } from './testing/run-cli';

const linesOf = (...versions: readonly number[]) =>
  toNdjson(versions.map((version) => record({ version, callbackTimeMs: 0 })));
const indexed = (version: number) => `"record":${version - 1},"id"`;

it('follows a file, also after a kill, and what it recorded arrives again as it came', async () => {
  const folder = makeFolder();
  const file = join(folder, 'updates.log');
  const recording = join(folder, 'recorded.ndjson');
  writeFileSync(file, linesOf(1, 2));
  const place = ['--data-dir', join(folder, 'db'), '--json'];
  const start = () => startCli(['connect', '--follow', file, '--record', recording, ...place]);
  const first = start();
  await first.untilLine(indexed(2));
  first.child.kill('SIGKILL');
  await first.ended;
  appendFileSync(file, `${linesOf(3)}${linesOf(4).slice(0, 9)}`);
  const second = start();
  await second.untilLine(indexed(3));
  appendFileSync(file, linesOf(4).slice(9));
  await second.untilLine(indexed(4));
  second.signal('SIGINT');
  const { code, stdout } = await second.ended;
  expect(code).toBe(130);
  expect(stdout).not.toMatch(/"event":"(duplicate|gap)"/);
  expect(readFileSync(recording, 'utf8').trimEnd().split('\n')).toHaveLength(4);
  const again = await runCli([
    ...['ingest', recording, '--arrival', 'recorded', '--simulate', '--json'],
    ...['--data-dir', join(folder, 'again')],
  ]);
  const summary = again.lines.map((line) => JSON.parse(line)).find(({ event }) => event === 'summary');
  expect(summary).toMatchObject({ records: 4, indexed: 4 });
});

it('takes what programs post, and what comes by standard input', async () => {
  const folder = makeFolder();
  const place = ['--data-dir', join(folder, 'db'), '--json'];
  const posted = startCli(['connect', '--http', '0', '--token', 'POST', ...place], {
    env: { INGOT_SECRET_POST: 'it' },
  });
  const address = await new Promise<string>((resolve) => {
    posted.child.stderr?.on('data', (text: string) => {
      const found = /http:\S+\/api\/updates/.exec(text)?.[0];
      if (found) resolve(found);
    });
  });
  await posted.untilLine('"state":"connected"');
  const post = { method: 'POST', body: linesOf(1), headers: { authorization: 'Bearer it' } };
  expect(await (await fetch(address, post)).json()).toMatchObject({ records: 1, indexed: 1 });
  expect(await (await fetch(address, post)).json()).toMatchObject({ records: 1, duplicate: 1 });
  expect((await fetch(address, { ...post, headers: {} })).status).toBe(401);
  posted.signal('SIGINT');
  expect((await posted.ended).code).toBe(130);
  const piped = startCli(['connect', '--stdin', ...place]);
  piped.write(linesOf(1, 2));
  piped.endInput();
  const { code, lines } = await piped.ended;
  expect(code).toBe(0);
  expect(lines.filter((line) => /"event":"(indexed|duplicate)"/.test(line))).toHaveLength(2);
});
