import { describe, expect, it } from 'vitest';
import type { RunEvent } from '../../../src-shared/events';
import { formatEventJson } from './event-json';

const account = { id: 'a', accountType: 'mint', tokens: '18446744073709551615', version: '5', data: '{}' };
const stamp = (at: number) => ({ runId: '4', at, wallMs: 1_700_000_000_000 + at });
const fired: RunEvent = {
  event: 'fired',
  ...stamp(1000),
  id: 'a',
  version: '5',
  late: false,
  byHand: false,
  latenessMs: 3,
  account,
};

describe('an event as JSON', () => {
  it.each<[RunEvent, string]>([
    [
      {
        // Out of order and with a key of the inside: neither may show.
        dueMs: 1_000,
        tokens: '18446744073709551615',
        accountType: 'mint',
        version: '5',
        id: 'a',
        record: 0,
        ...stamp(500),
        event: 'indexed',
      },
      '{"event":"indexed","at":500,"record":0,"id":"a","version":"5","accountType":"mint","tokens":"18446744073709551615"}',
    ],
    [
      {
        event: 'stale',
        ...stamp(1),
        record: 9,
        id: 'a',
        version: '0',
        latest: '1',
        accountType: 'mint',
        tokens: '1',
      },
      '{"event":"stale","at":1,"record":9,"id":"a","version":"0","latest":"1"}',
    ],
    [
      { event: 'duplicate', ...stamp(1), record: 9, id: 'a', version: '5', accountType: 'mint', tokens: '1' },
      '{"event":"duplicate","at":1,"record":9,"id":"a","version":"5"}',
    ],
    [
      { event: 'conflict', ...stamp(1), record: 9, id: 'a', version: '5', accountType: 'mint', tokens: '1' },
      '{"event":"conflict","at":1,"record":9,"id":"a","version":"5"}',
    ],
    [
      { event: 'rejected', ...stamp(1), record: 97, reason: 'version: required' },
      '{"event":"rejected","at":1,"record":97,"reason":"version: required"}',
    ],
    [
      {
        event: 'cancelled',
        ...stamp(1),
        callbackRunId: '3',
        id: 'a',
        version: '12:7',
        supersededBy: '12:9',
        skipped: false,
      },
      '{"event":"cancelled","at":1,"id":"a","version":"12:7","supersededBy":"12:9"}',
    ],
    [
      fired,
      '{"event":"fired","at":1000,"id":"a","version":"5","late":false,"account":{"id":"a","accountType":"mint","tokens":"18446744073709551615","version":"5","data":{}}}',
    ],
    [
      {
        event: 'report',
        ...stamp(2000),
        types: [
          // An object would put it first, whatever the order of types is.
          { leaders: [{ version: '39', id: 'a' }], tied: 1, tokens: '330', accountType: 'A' },
          { leaders: [{ version: '1', id: 'b' }], tied: 140_000, tokens: '1', accountType: '7' },
        ],
        moreTypes: false,
        complete: true,
      },
      '{"event":"report","leaders":[{"accountType":"A","id":"a","tokens":"330","version":"39"},{"accountType":"7","id":"b","tokens":"1","version":"1"}],"tied":{"A":1,"7":140000},"moreTypes":false,"complete":true}',
    ],
    [
      { event: 'report', ...stamp(2000), types: [], moreTypes: false, complete: false },
      '{"event":"report","leaders":[],"tied":{},"moreTypes":false,"complete":false}',
    ],
    [
      {
        event: 'summary',
        ...stamp(2000),
        counts: {
          pending: 9,
          cancelled: 8,
          fired: 7,
          rejected: 6,
          conflict: 5,
          duplicate: 4,
          stale: 3,
          indexed: 2,
          records: 1,
        },
        complete: true,
      },
      '{"event":"summary","records":1,"indexed":2,"stale":3,"duplicate":4,"conflict":5,"rejected":6,"fired":7,"cancelled":8,"pending":9,"complete":true}',
    ],
  ])('is exactly the promised line: %#', (event, line) => {
    expect(formatEventJson(event, '4')).toBe(line);
  });

  it('keeps numbers inside data as they were written', () => {
    const data = '{"big": 18446744073709551615, "fine": 1.10, "text": "a\\nb"}';
    expect(formatEventJson({ ...fired, account: { ...account, data } }, '4')).toContain(`"data":${data}}}`);
  });

  it('stays on one line when data was laid out on several', () => {
    const line = formatEventJson({ ...fired, account: { ...account, data: '{\r\n  "a": 1\n}' } }, '4');
    expect(line).not.toMatch(/[\r\n]/);
    expect(JSON.parse(line ?? '').account.data).toEqual({ a: 1 });
  });

  it('escapes what is special in an id', () => {
    const id = 'a"\\\n\u2028';
    const line = formatEventJson(
      {
        event: 'duplicate',
        ...stamp(1),
        record: 1,
        id,
        version: '1',
        accountType: 'mint',
        tokens: '1',
      },
      '4',
    );
    expect(line).not.toContain('\n');
    expect(JSON.parse(line ?? '').id).toBe(id);
  });

  it('has the run at its end where that is another than the one under way', () => {
    const line = formatEventJson(fired, '5') ?? '';
    expect(line).toBe(`${formatEventJson(fired, '4')?.slice(0, -1)},"run":"4"}`);
    expect(formatEventJson(fired, null)).toBe(line);
  });

  it('is nothing for what the host says of itself', () => {
    expect(formatEventJson({ event: 'notice', level: 'info', message: 'hello' }, null)).toBeUndefined();
    expect(formatEventJson({ event: 'database', change: 'reset' }, null)).toBeUndefined();
  });
});
