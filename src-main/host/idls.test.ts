import { createHash } from 'node:crypto';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, test } from 'vitest';
import { createTestFolder } from '../database/testing/each-database';
import { previewSource } from '../ingestion/open-source';
import { openIdls } from './idls';
import { AT_ONCE, record, useConnectedHost } from './testing/connected-host';

const PROGRAM = 'SysvarRent111111111111111111111111111111111';
const idl = JSON.stringify({
  address: PROGRAM,
  metadata: { name: 'vault', version: '1.0.0', spec: '0.1.0' },
  instructions: [],
  accounts: [{ name: 'Pool', discriminator: [1, 2, 3, 4, 5, 6, 7, 8] }],
  types: [{ name: 'Pool', type: { kind: 'struct', fields: [{ name: 'held', type: 'u64' }] } }],
});

/** An answer to getProgramAccounts with one pool. */
function writeAnswer(folder: string): string {
  const data = Buffer.from([1, 2, 3, 4, 5, 6, 7, 8, 255, 255, 255, 255, 255, 255, 255, 255]).toString(
    'base64',
  );
  const account = { lamports: 5, owner: PROGRAM, executable: false, rentEpoch: 0, space: 16 };
  const file = join(folder, 'answer.json');
  const result = [{ pubkey: PROGRAM, account: { ...account, data: [data, 'base64'] } }];
  writeFileSync(file, JSON.stringify({ jsonrpc: '2.0', result, id: 1 }));
  return file;
}

test('an IDL that a person added decodes what is read from then on, until it is removed', async () => {
  const folder = createTestFolder();
  const idls = openIdls(null, folder);
  const path = writeAnswer(folder);
  const read = async () => {
    const { records } = await previewSource({ kind: 'file', path }, 1, { idls: idls.paths() });
    return records.map((record) => record.kind === 'update' && record.decoded);
  };
  expect(await idls.list()).toEqual([]);
  expect(await read()).toEqual(['{"reason":"no IDL for its program"}']);
  await idls.add('vault', idl);
  expect(await idls.list()).toMatchObject([
    { name: 'vault', program: 'vault', address: PROGRAM, types: ['pool'], isKept: true },
  ]);
  expect(await read()).toEqual(['{"program":"vault","type":"pool","fields":{"held":18446744073709551615}}']);
  await expect(idls.add('vault', '{"address":1}')).rejects.toMatchObject({ code: 'invalid_input' });
  await expect(idls.add('other', 'x')).rejects.toMatchObject({ code: 'invalid_input' });
  expect(readdirSync(join(folder, 'idls'))).toEqual(['vault.json']);
  expect(await read()).toEqual([expect.stringContaining('pool')]);
  writeFileSync(join(folder, 'idls/later.json'), '{"instructions":1}');
  expect(await read()).toEqual([expect.stringContaining('pool')]);
  expect(await idls.list()).toMatchObject([
    { name: 'vault', problem: null },
    { name: 'later', problem: expect.stringContaining('later.json cannot be used'), isKept: true },
  ]);
  await idls.delete('later');
  await idls.delete('vault');
  expect(await idls.list()).toEqual([]);
});

test('the setting names IDLs too, and a program without state keeps none', async () => {
  const folder = createTestFolder();
  const file = join(folder, 'pool.json');
  writeFileSync(file, idl);
  const idls = openIdls(file, null);
  expect(await idls.list()).toMatchObject([{ name: 'pool', types: ['pool'], isKept: false }]);
  expect(idls.paths()).toEqual([file]);
  await expect(idls.add('vault', idl)).rejects.toMatchObject({ code: 'conflict' });
});

describe('a run', () => {
  const open = useConnectedHost();
  const settingsOf = async (runId: string) => {
    const { rows } = await open().client.call('runs.page', {
      window: { from: { edge: 'start' }, limit: 10 },
    });
    return rows.find((row) => row.runId === runId)?.settings.idls;
  };
  const other = idl.replace('"held"', '"kept"');
  const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
  const [first, second] = [idl, other].map((text) => ({ name: 'vault', sha256: sha256(text) }));

  it('records its IDLs, whatever is asked for, and says that updates keep the fields that they have', async () => {
    const { client, run, test } = open();
    const source = { kind: 'path', path: writeAnswer(test.allowed) } as const;
    const settings = { ...AT_ONCE, idls: [second] };
    await client.call('idls.add', { name: 'vault', text: idl });
    expect((await run(source, settings)).counts.indexed).toBe(1);
    await client.call('idls.add', { name: 'vault', text: other });
    const skip = client.frames.length;
    expect((await run(source, settings)).counts.duplicate).toBe(1);
    expect([await settingsOf('1'), await settingsOf('2')]).toEqual([[first], [second]]);
    await client.untilFrame(
      (frame) =>
        frame.kind === 'events' &&
        frame.events.some(
          (event) => event.event === 'notice' && event.message.startsWith('Duplicates (1) keep the fields'),
        ),
      skip,
    );
    const own = await open().write('own.json', [record('a', 1)]);
    await run({ kind: 'path', path: own }, settings);
    expect(await settingsOf('3')).toEqual([]);
  });

  it('that is resumed with another IDL records both', async () => {
    const { client, test } = open();
    const source = { kind: 'path', path: writeAnswer(test.allowed) } as const;
    await client.call('idls.add', { name: 'vault', text: idl });
    const day = { fromMs: 86_400_000, toMs: 86_400_000 };
    await client.call('run.start', { source, settings: { arrival: 'sequential', delay: day } });
    await client.call('run.stop', {});
    await client.call('idls.add', { name: 'vault', text: other });
    await client.call('runs.resume', { runId: '1' });
    expect(await settingsOf('1')).toEqual([first, second]);
  });
});
