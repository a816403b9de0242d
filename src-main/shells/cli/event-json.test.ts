import { describe, expect, it } from 'vitest';
import type { RunEvent } from '../../../src-shared/events';
import { formatEventJson } from './event-json';

const account = { id: 'a', accountType: 'mint', tokens: '18446744073709551615', version: '5', data: '{}' };
const fired: RunEvent = {
  event: 'fired',
  at: 1000,
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
        dueAtMs: 1700000000000,
        tokens: '18446744073709551615',
        accountType: 'mint',
        version: '5',
        id: 'a',
        record: 0,
        at: 500,
        event: 'indexed',
      },
      '{"event":"indexed","at":500,"record":0,"id":"a","version":"5","accountType":"mint","tokens":"18446744073709551615"}',
    ],
    [
      {
        event: 'stale',
        at: 1,
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
      { event: 'duplicate', at: 1, record: 9, id: 'a', version: '5', accountType: 'mint', tokens: '1' },
      '{"event":"duplicate","at":1,"record":9,"id":"a","version":"5"}',
    ],
    [
      { event: 'conflict', at: 1, record: 9, id: 'a', version: '5', accountType: 'mint', tokens: '1' },
      '{"event":"conflict","at":1,"record":9,"id":"a","version":"5"}',
    ],
    [
      { event: 'rejected', at: 1, record: 97, reason: 'version: required' },
      '{"event":"rejected","at":1,"record":97,"reason":"version: required"}',
    ],
    [
      { event: 'cancelled', at: 1, id: 'a', version: '7', supersededBy: '9' },
      '{"event":"cancelled","at":1,"id":"a","version":"7","supersededBy":"9"}',
    ],
    [
      fired,
      '{"event":"fired","at":1000,"id":"a","version":"5","late":false,"account":{"id":"a","accountType":"mint","tokens":"18446744073709551615","version":"5","data":{}}}',
    ],
    [
      {
        event: 'report',
        at: 2000,
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
      { event: 'report', at: 2000, types: [], moreTypes: false, complete: false },
      '{"event":"report","leaders":[],"tied":{},"moreTypes":false,"complete":false}',
    ],
    [
      {
        event: 'summary',
        at: 2000,
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
    expect(formatEventJson(event)).toBe(line);
  });

  it('keeps numbers inside data as they were written', () => {
    const data = '{"big": 18446744073709551615, "fine": 1.10, "text": "a\\nb"}';
    expect(formatEventJson({ ...fired, account: { ...account, data } })).toContain(`"data":${data}}}`);
  });

  it('stays on one line when data was laid out on several', () => {
    const line = formatEventJson({ ...fired, account: { ...account, data: '{\r\n  "a": 1\n}' } });
    expect(line).not.toMatch(/[\r\n]/);
    expect(JSON.parse(line ?? '').account.data).toEqual({ a: 1 });
  });

  it('escapes what is special in an id', () => {
    const id = 'a"\\\n\u2028';
    const line = formatEventJson({
      event: 'duplicate',
      at: 1,
      record: 1,
      id,
      version: '1',
      accountType: 'mint',
      tokens: '1',
    });
    expect(line).not.toContain('\n');
    expect(JSON.parse(line ?? '').id).toBe(id);
  });

  it('is nothing for what the host says of itself', () => {
    expect(formatEventJson({ event: 'notice', level: 'info', message: 'hello' })).toBeUndefined();
    expect(formatEventJson({ event: 'database', change: 'reset' })).toBeUndefined();
  });
});
