import { stripVTControlCharacters } from 'node:util';
import pc from 'picocolors';
import { expect, it } from 'vitest';
import { NO_COUNTS } from './events';
import { formatReport, formatSummary, formatTable } from './report-text';

it('aligns the leaders of each type, numbers to the right', () => {
  const types = [
    { accountType: 'auction', tokens: '7', tied: 1, leaders: [{ id: 'A', version: '1' }] },
    { accountType: 'mint', tokens: '18446744073709551615', tied: 1, leaders: [{ id: 'BB', version: '39' }] },
  ];
  expect(formatReport(types).split('\n')).toEqual([
    'Account type                Tokens  Account  Version',
    'auction                          7  A              1',
    'mint          18446744073709551615  BB            39',
  ]);
});

it('shows how many accounts tie, those that are named, and how many are not', () => {
  const leaders = ['A', 'B'].map((id) => ({ id, version: '1' }));
  const type = { accountType: 'mint', tokens: '7', tied: 2, leaders };
  expect(formatReport([type]).split('\n').slice(1)).toEqual([
    'mint               7  A              1',
    '(2 tie)            7  B              1',
  ]);
  expect(
    formatReport([{ ...type, tied: 140_000 }])
      .split('\n')
      .slice(1),
  ).toEqual([
    'mint                7  A                       1',
    '(140,000 tie)       7  B                       1',
    '                       and 139,998 more',
  ]);
});

it('says so when there is nothing to report', () => {
  expect(formatReport([])).toBe('No accounts: there is nothing to report.');
});

it('aligns coloured heads as plain ones', () => {
  const table = (paint?: (title: string) => string) =>
    formatTable(['A', 'B'], [['long', 'x']], paint ? { paint } : {});
  const coloured = table(pc.createColors(true).bold);
  expect(coloured).not.toBe(table());
  expect(stripVTControlCharacters(coloured).replace(/ +$/gm, '')).toBe(table());
});

it('takes a report of any length', () => {
  const leaders = Array.from({ length: 200_000 }, (_, at) => ({ id: `id-${at}`, version: '1' }));
  const type = { accountType: 'mint', tokens: '7', tied: 200_000, leaders };
  expect(formatReport([type]).split('\n')).toHaveLength(200_001);
});

it('sums up records and callbacks', () => {
  const counts = { ...NO_COUNTS, records: 1234, indexed: 1230, rejected: 4, fired: 30, pending: 1200 };
  expect(formatSummary(counts, 66_600).split('\n')).toEqual([
    '1,234 records: 1,230 indexed, 0 stale, 0 duplicate, 0 conflict, 4 rejected',
    "Callbacks: 30 fired, 0 cancelled, 1,200 pending, after 01:06.600 of the run's clock",
  ]);
});

it('says that the counts are not complete when the database was lost', () => {
  expect(formatSummary(NO_COUNTS, 0, false).split('\n')[2]).toBe(
    'Not complete: the database was lost. These are the counts known until then.',
  );
});
