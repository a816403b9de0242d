import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { type CliProcess, makeFile, makeFolder, record, runCli, startCli, toNdjson } from './testing/run-cli';

const linesOf = (...versions: readonly number[]) =>
  toNdjson(versions.map((version) => record({ version, callbackTimeMs: 0 })));
const indexed = (version: number) => `"record":${version - 1},"id"`;

/** Where it takes updates, once it does. */
async function addressOf({ child, untilLine }: CliProcess): Promise<string> {
  const address = new Promise<string>((resolve) => {
    child.stderr?.on('data', (text: string) => {
      const found = /http:\S+\/api\/updates/.exec(text)?.[0];
      if (found) resolve(found);
    });
  });
  await untilLine('"state":"connected"');
  return address;
}

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

  const third = startCli(['ingest', '--follow', file, ...place]);
  await third.untilLine('"state":"connected"');
  appendFileSync(file, linesOf(5));
  await third.untilLine(indexed(5));
  third.signal('SIGINT');
  expect((await third.ended).stdout).not.toMatch(/"event":"(duplicate|gap)"/);
  expect(await runCli(['ingest', '--follow', file, '--speed', '20', ...place])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('--follow excludes --speed'),
  });
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
  const address = await addressOf(posted);
  const post = { method: 'POST', body: linesOf(1), headers: { authorization: 'Bearer it' } };
  expect(await (await fetch(address, post)).json()).toMatchObject({ records: 1, indexed: 1 });
  expect(await (await fetch(address, post)).json()).toMatchObject({ records: 1, duplicate: 1 });
  expect((await fetch(address, { ...post, headers: {} })).status).toBe(401);
  posted.signal('SIGINT');
  expect((await posted.ended).code).toBe(130);
  const constants = { accountType: { constant: 'mint' }, callbackTimeMs: { constant: '0' } };
  const fields = { id: 'who', tokens: 'much', version: 'n', ...constants };
  const mapping = makeFile(JSON.stringify({ fields }), 'mine.json');
  const piped = startCli(['connect', '--stdin', '--mapping', mapping, ...place]);
  piped.write('{"who":"a","much":5,"n":7}\n{"who":"a","much":6,"n":8}\n');
  piped.endInput();
  const { code, lines } = await piped.ended;
  expect(code).toBe(0);
  expect(lines.filter((line) => /"event":"(indexed|duplicate)"/.test(line))).toHaveLength(2);
});

it('loses nothing that it has acknowledged, and stores nothing twice, killed in the middle of posts again and again', async () => {
  const KILLS = 3;
  const RECORDS = 20;
  const place = ['--data-dir', join(makeFolder(), 'db'), '--json'];
  const start = (port: string) =>
    startCli(['connect', '--http', port, '--token', 'POST', ...place], { env: { INGOT_SECRET_POST: 'it' } });
  let server = start('0');
  let isUp = addressOf(server);
  const address = await isUp;
  const { port } = new URL(address);
  let acknowledged = 0;
  let unanswered = 0;
  let batches = 0;
  let duplicates = 0;
  let isLast = false;
  let onAnswer = () => {};
  const batchOf = (batch: number) =>
    toNdjson(
      Array.from({ length: RECORDS }, (_, n) =>
        record({ id: `${batch}-${n}`, slot: batch + 1, data: { n } }),
      ),
    );
  /** Posts until it is answered, as a client has to. */
  const post = async (batch: number): Promise<void> => {
    const headers = { authorization: 'Bearer it' };
    const response = await fetch(address, { method: 'POST', body: batchOf(batch), headers }).catch(
      () => null,
    );
    // The answer may break off as well.
    const counts = response?.status === 200 ? await response.json().catch(() => null) : null;
    if (counts !== null) {
      const { indexed, duplicate } = counts as { indexed: number; duplicate: number };
      expect(indexed + duplicate).toBe(RECORDS);
      duplicates += duplicate;
      acknowledged += 1;
      onAnswer();
      return;
    }
    if (response) expect([200, 429, 503]).toContain(response.status);
    unanswered += 1;
    await isUp;
    return post(batch);
  };
  const client = async () => {
    while (!isLast) await post(batches++);
  };
  const clients = Array.from({ length: 8 }, client);
  for (let kill = 1; kill <= KILLS; kill += 1) {
    const until = acknowledged + 4 * kill;
    await new Promise<void>((resolve) => {
      onAnswer = () => acknowledged >= until && resolve();
    });
    server.child.kill('SIGKILL');
    isUp = server.ended.then(() => {
      server = start(port);
      return addressOf(server);
    });
    await isUp;
  }
  isLast = true;
  await Promise.all(clients);
  server.signal('SIGINT');
  const { code, lines } = await server.ended;
  expect(code).toBe(130);
  expect(unanswered).toBeGreaterThanOrEqual(KILLS);
  const summary = lines.map((line) => JSON.parse(line)).find(({ event }) => event === 'summary');
  expect(summary).toMatchObject({ conflict: 0, stale: 0, rejected: 0, indexed: batches * RECORDS });
  expect(summary.duplicate).toBeGreaterThanOrEqual(duplicates);
  const query =
    "SELECT count(*) AS rows, count(DISTINCT account_id) AS ids, count(*) FILTER (WHERE data ->> 'n' = split_part(account_id, '-', 2)) AS same, (SELECT count(*) FROM slot_coverage) AS ranges FROM account_updates";
  const stored = await runCli(['sql', query, '--format', 'ndjson', ...place.slice(0, 2)]);
  const all = String(batches * RECORDS);
  // What was not acknowledged is posted again, so there is no gap.
  expect(JSON.parse(stored.stdout)).toEqual({ rows: all, ids: all, same: all, ranges: '0' });
});
