import { describe, expect, it } from 'vitest';
import type { AccountRow, HistoryRow } from '../../src-shared/views';
import { cellFilters, cellText, rowsText } from './cells';

const at = (ms: number) => ({ runId: '3', at: ms, wallMs: null });
const update: HistoryRow = {
  seq: '7',
  runId: '3',
  record: 1,
  position: 1,
  id: '=a"b',
  accountType: 'mint',
  version: '5:18446744073709551615',
  tokens: '18446744073709551615',
  tokensChange: '-4',
  outcome: 'indexed',
  retracted: null,
  arrived: at(12_345),
  callbackTimeMs: 20,
  callbackState: 'fired',
  callbackDue: at(12_365),
  callbackSettled: at(12_366),
  settledHow: 'due',
  supersededBy: null,
};
const account: AccountRow = {
  id: "it's",
  accountType: 'mint',
  tokens: '5',
  version: '2',
  callbackState: 'pending',
  callbackDue: at(1),
  callbackSettled: null,
  created: at(0),
  updated: at(0),
};

describe('a cell', () => {
  it('has its exact value, not the one that is shown', () => {
    expect(cellText(update, 'tokens')).toBe('18446744073709551615');
    expect(cellText(update, 'time')).toBe('00:12.345');
    expect(cellText(account, 'settled')).toBe('');
  });

  it('stands for a filter, and for its opposite where a filter can say it', () => {
    expect(cellFilters(update, 'accountType', { exceptTypes: ['x'] })).toEqual({
      only: { accountTypes: ['mint'] },
      not: { exceptTypes: ['x', 'mint'] },
    });
    expect(cellFilters(update, 'time', {})).toEqual({ only: { during: '3@00:12.000-00:12.999' } });
    expect(cellFilters(update, 'callback', {})).toEqual({ only: { callbackStates: ['fired'] } });
    expect(cellFilters(account, 'callback', {}).not).toEqual({ callbackStates: ['fired', 'cancelled'] });
    expect(cellFilters(update, 'delay', {})).toEqual({});
  });
});

describe('rows', () => {
  it('are CSV without formulas', () => {
    expect(rowsText([update], 'csv').split('\n')[1]).toBe(
      `7,3,00:12.345,"'=a""b",mint,5:18446744073709551615,18446744073709551615,-4,indexed,20,fired,00:12.365,00:12.366,due`,
    );
  });

  it('are JSON with exact numbers, and a statement that finds them', () => {
    expect(JSON.parse(rowsText([update], 'json'))).toMatchObject([
      { seq: '7', tokens: '18446744073709551615' },
    ]);
    expect(rowsText([update, { ...update, seq: '9' }], 'sql')).toBe(
      'SELECT * FROM account_updates WHERE seq IN (7, 9) ORDER BY seq;',
    );
    expect(rowsText([account], 'sql')).toBe("SELECT * FROM accounts WHERE id IN ('it''s') ORDER BY id;");
  });
});
