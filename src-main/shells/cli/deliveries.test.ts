import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openReceiver } from '../../deliveries/testing/receiver';
import { type CliProcess, makeFile, makeFolder, record, runCli, startCli, toNdjson } from './testing/run-cli';

const updates = (count: number) =>
  makeFile(
    toNdjson(Array.from({ length: count }, (_, n) => record({ id: `account-${n}`, callbackTimeMs: 0 }))),
    'updates.ndjson',
  );

/** Accepts an event only once it is in the file; refuses one in three, and breaks off one in seven, the first time. */
const RECEIVER = `
const { appendFileSync } = require('node:fs');
const seen = new Set();
const server = require('node:http').createServer((request, response) => {
  let body = '';
  request.on('data', (part) => (body += part)).on('end', () => {
    const { id } = JSON.parse(body);
    const isFirst = !seen.has(id);
    seen.add(id);
    if (isFirst && seen.size % 3 === 0) response.writeHead(500).end();
    else if (isFirst && seen.size % 7 === 0) response.destroy();
    else {
      appendFileSync(process.argv[1], request.headers['webhook-id'] + ' ' + id + '\\n');
      response.writeHead(204).end();
    }
    console.log(id);
  });
}).listen(Number(process.argv[2]), '127.0.0.1', () => console.log('port ' + server.address().port));`;

it('delivers every fired callback though one request in three fails, and Ingot and the receiver are killed', async () => {
  const dir = makeFolder();
  const accepted = join(makeFolder(), 'accepted');
  writeFileSync(accepted, '');
  const run = async (...args: string[]) => {
    const result = await runCli([...args, '--data-dir', dir]);
    expect(result.stderr).not.toContain('ingot:');
    return result;
  };
  let requests = 0;
  let killed: CliProcess | null = null;
  const ingotDiesAt = [90, 210];
  const receiverDiesAt = [40, 130, 170, 250];
  let deaths = 0;
  const receive = async (port: string): Promise<string> => {
    const receiver = startCli(['-e', RECEIVER, accepted, port], { command: [process.execPath] });
    let isKilled = false;
    receiver.child.stdout?.on('data', (text: string) => {
      for (const line of text.trim().split('\n')) {
        if (line.startsWith('port ')) continue;
        requests += 1;
        if (requests >= (ingotDiesAt[0] ?? Number.POSITIVE_INFINITY) && killed) {
          ingotDiesAt.shift();
          killed.child.kill('SIGKILL');
          killed = null;
        }
        // What it had said before it died may come in one piece with much more.
        if (isKilled || requests < (receiverDiesAt[0] ?? Number.POSITIVE_INFINITY)) continue;
        receiverDiesAt.shift();
        isKilled = true;
        receiver.child.kill('SIGKILL');
      }
    });
    void receiver.ended.then(() => {
      if (!isKilled) return;
      deaths += 1;
      return receive(used);
    });
    const used = (await receiver.untilLine('port ')).slice('port '.length);
    return used;
  };
  const url = `http://127.0.0.1:${await receive('0')}/hook`;
  await run('targets', 'add', 'hook', '--webhook', url, '--allow-private', '--arm');
  const killDuring = async (...args: string[]) => {
    killed = startCli([...args, '--data-dir', dir]);
    expect((await killed.ended).code).toBe(null);
  };
  await killDuring('ingest', updates(300), '--arrival', 'none', '--deliver');
  await killDuring('deliveries', '--send');
  expect(readFileSync(accepted, 'utf8').trim().split('\n').length).toBeLessThan(300);
  // The run may have been cut off before its end: then the rest of it fires now.
  if ((await run('resume', '--list', '--json')).stdout !== '') await run('resume');
  expect((await run('deliveries', '--send')).code).toBe(0);

  const lines = readFileSync(accepted, 'utf8').trim().split('\n');
  const all = Array.from({ length: 300 }, (_, n) => `account-${n}:1 account-${n}:1`);
  expect(new Set(lines)).toEqual(new Set(all));
  expect([ingotDiesAt.length, deaths]).toEqual([0, 4]);
  const [hook] = (await run('targets', '--json')).lines.map((line) => JSON.parse(line));
  expect(hook).toMatchObject({ armed: true, delivered: 300, waiting: 0, dead: 0, behind: 0 });
  const fired = await run('callbacks', '--where', 'state=fired', '--format', 'ndjson');
  const states = fired.lines.map((line) => JSON.parse(line).deliveries[0].state);
  expect(states).toEqual(all.map(() => 'delivered'));
});

it('runs commands and appends to files, and delivers nothing that nobody asked for', async () => {
  const dir = makeFolder();
  const out = makeFolder();
  const run = (...args: string[]) => runCli([...args, '--data-dir', dir], { cwd: out });
  writeFileSync(join(out, 'cut.ndjson'), '{"kept":true}\n{"id":"account-0:1","sou');
  const script =
    "let t='';process.stdin.on('data',d=>t+=d).on('end',()=>{require('fs').appendFileSync('by-command',JSON.parse(t).id+' '+Object.keys(process.env).filter(k=>/HOOK|EVENT/.test(k))+'\\n');process.exit(t.includes('account-1')?3:0)})";
  await run('targets', 'add', 'log', '--file', 'cut.ndjson', '--arm');
  await run(
    'targets',
    'add',
    'script',
    '--attempts',
    '1',
    '--arm',
    '--command',
    process.execPath,
    '--argument=-e',
    `--argument=${script}`,
  );
  expect((await run('ingest', updates(2), '--simulate')).code).toBe(0);
  expect(readFileSync(join(out, 'cut.ndjson'), 'utf8')).toContain('"sou');

  const ended = await run('ingest', updates(3), '--simulate', '--deliver', '--space', 'other');
  expect(ended.stderr).toContain('No target is armed: nothing is delivered.');
  const extra = makeFile(
    toNdjson([0, 1].map((n) => record({ id: `account-${n}`, version: 2, callbackTimeMs: 0 }))),
  );
  expect((await run('ingest', extra, '--simulate', '--deliver')).stderr).toContain('1 delivery dead.');

  const lines = readFileSync(join(out, 'cut.ndjson'), 'utf8').trimEnd().split('\n');
  expect(lines.map((line) => JSON.parse(line))).toMatchObject([
    { kept: true },
    { id: 'account-0:2' },
    { id: 'account-1:2' },
  ]);
  // Of the environment it gets what programs need, and no secret.
  expect(readFileSync(join(out, 'by-command'), 'utf8').split('\n').toSorted()).toEqual([
    '',
    'account-0:2 INGOT_EVENT_ID',
    'account-1:2 INGOT_EVENT_ID',
  ]);
  const dead = (await run('deliveries', 'script', '--dead', '--json')).lines.map((line) => JSON.parse(line));
  expect(dead).toMatchObject([{ id: 'account-1', version: '2', state: 'dead', answer: '3' }]);
  expect((await run('targets', 'test', 'log')).code).toBe(0);
  expect((await run('targets', 'add', 'log', '--file', 'x')).stderr).toContain(
    'There is a target log already',
  );
  expect((await run('targets', 'add', 'No', '--file', 'x')).code).toBe(2);
});

it('disarms targets where their database was copied', async () => {
  const dir = makeFolder();
  const receiver = await openReceiver();
  await runCli([
    'targets',
    'add',
    'hook',
    '--webhook',
    receiver.url,
    '--allow-private',
    '--arm',
    '--data-dir',
    dir,
  ]);
  const { cpSync } = await import('node:fs');
  const copy = join(makeFolder(), 'copy');
  cpSync(dir, copy, { recursive: true });
  const ended = await runCli(['ingest', updates(2), '--simulate', '--deliver', '--data-dir', copy]);
  expect(ended.stderr).toContain('This database is a copy of the one that it was armed in.');
  expect(receiver.received).toEqual([]);
  const there = await runCli(['ingest', updates(2), '--simulate', '--deliver', '--data-dir', dir]);
  expect(there.code).toBe(0);
  expect(receiver.received).toHaveLength(2);
});
