import { describe, expect, it } from 'vitest';
import { eventsOf, makeFile, record, runCli, toNdjson } from './testing/run-cli';

const args = (file: string) => ['ingest', file, '--memory', '--simulate', '--json'];

describe('ingest reads', () => {
  const older = (id: string) => ({ id, account_type: 'm', tokens: 1, callback_time_ms: 1, version: 1 });

  it('older names of the fields, and says which, also into a pipe', async () => {
    const file = makeFile(toNdjson([{ id: 'x', tokens: 1, version: 1, data: {} }, older('b')]));
    const { lines, stderr, code } = await runCli(args(file));
    expect(eventsOf(lines, 'indexed').map(({ id }) => id)).toEqual(['b']);
    expect(stderr).toBe('updates.json uses other names of the fields: account_type, callback_time_ms.\n');
    expect(code).toBe(0);
    const text = await runCli(['ingest', file, '--memory', '--simulate']);
    expect(text.stderr).toBe(stderr);
  });

  it('records of several producers, each by its own names, and says so', async () => {
    const records = [
      record({ id: 'a' }),
      ...Array.from({ length: 2_000 }, (_, at) => record({ id: `c${at}` })),
    ];
    const { lines, stderr, code } = await runCli(args(makeFile(toNdjson([...records, older('b')]))));
    expect(JSON.parse(lines.at(-1) ?? '')).toMatchObject({ indexed: 2_002, rejected: 0 });
    expect(stderr).toBe(
      'updates.json mixes names of the same field: accountType, account_type, callbackTimeMs, callback_time_ms. ' +
        'Each record is read by its own.\n',
    );
    expect(code).toBe(0);
  });

  it('records of which nearly all are rejected, and says why', async () => {
    const records = [
      record({ id: 'a' }),
      ...Array.from({ length: 20 }, () => ({ pubkey: 'b', lamports: 1 })),
    ];
    const { lines, stderr } = await runCli(args(makeFile(toNdjson(records))));
    expect(JSON.parse(lines.at(-1) ?? '')).toMatchObject({ indexed: 1, rejected: 20 });
    expect(stderr).toBe(
      'Nearly every record was rejected, the first of them, record 1, for "id: required; found pubkey, lamports".\n',
    );
  });
});
