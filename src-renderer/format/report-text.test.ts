import { expect, test } from 'vitest';
import { reportCsv, reportJson } from './report-text';

const types = [
  {
    accountType: 'escrow',
    tokens: '18446744073709551615',
    tied: 1,
    leaders: [{ id: 'A72K', version: '12' }],
  },
  {
    accountType: '7',
    tokens: '330',
    tied: 140_000,
    leaders: [
      { id: '6Bhk', version: '39' },
      { id: '=cmd()', version: '40' },
    ],
  },
];

test('a table for a spreadsheet keeps 64-bit integers and starts no formula', () => {
  expect(reportCsv(types)).toBe(
    "accountType,id,tokens,version,tied\nescrow,A72K,18446744073709551615,12,1\n7,6Bhk,330,39,140000\n7,'=cmd(),330,40,140000\n",
  );
});

test('JSON is the shape of the command line, integers as strings, types in the order of the report', () => {
  const text = reportJson(types);
  expect(JSON.parse(text).leaders[0]).toEqual({
    accountType: 'escrow',
    id: 'A72K',
    tokens: '18446744073709551615',
    version: '12',
  });
  expect(text).toContain('"tied":{"escrow":1,"7":140000}');
});
