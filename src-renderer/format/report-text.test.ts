import { expect, test } from 'vitest';
import { groupLeaders, reportCsv, reportJson, reportPlain } from './report-text';

const leaders = [
  { accountType: 'escrow', id: 'A72K', tokens: '18446744073709551615', version: '12' },
  { accountType: 'mint', id: '6Bhk', tokens: '330', version: '39' },
  { accountType: 'mint', id: '=cmd()', tokens: '330', version: '40' },
];

test('leaders that are even stand together', () => {
  expect(groupLeaders(leaders).map(({ accountType, leaders: group }) => [accountType, group.length])).toEqual(
    [
      ['escrow', 1],
      ['mint', 2],
    ],
  );
});

test('a table for a spreadsheet keeps 64-bit integers and starts no formula', () => {
  expect(reportCsv(leaders)).toBe(
    "accountType,id,tokens,version\nescrow,A72K,18446744073709551615,12\nmint,6Bhk,330,39\nmint,'=cmd(),330,40\n",
  );
});

test('JSON is the shape of the command line, integers as strings', () => {
  expect(JSON.parse(reportJson(leaders)).leaders[0]).toEqual(leaders[0]);
});

test('plain text is aligned', () => {
  const lines = reportPlain(leaders).trimEnd().split('\n');
  expect(new Set(lines.map((line) => line.length)).size).toBe(1);
  expect(lines[1]).toContain('18,446,744,073,709,551,615');
});
