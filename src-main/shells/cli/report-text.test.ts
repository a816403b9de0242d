import { stripVTControlCharacters } from 'node:util';
import pc from 'picocolors';
import { expect, it } from 'vitest';
import { NO_COUNTS } from '../../../src-shared/events';
import { formatReport, formatSummary, formatTable } from './report-text';

const plain = pc.createColors(false);

it('aligns the leaders of each type, numbers to the right', () => {
  const leaders = [
    { accountType: 'auction', id: 'A', tokens: '7', version: '1' },
    { accountType: 'mint', id: 'BB', tokens: '18446744073709551615', version: '39' },
  ];
  expect(formatReport(leaders, plain).split('\n')).toEqual([
    'Account type                Tokens  Account  Version',
    'auction                          7  A              1',
    'mint          18446744073709551615  BB            39',
  ]);
});

it('shows every account of a tie under its type', () => {
  const leaders = ['A', 'B'].map((id) => ({ accountType: 'mint', id, tokens: '7', version: '1' }));
  expect(formatReport(leaders, plain).split('\n').slice(1)).toEqual([
    'mint               7  A              1',
    '                   7  B              1',
  ]);
});

it('says so when there is nothing to report', () => {
  expect(formatReport([], plain)).toBe('No accounts: there is nothing to report.');
});

it('sums up records and callbacks', () => {
  const counts = { ...NO_COUNTS, records: 1234, indexed: 1230, rejected: 4, fired: 30, pending: 1200 };
  expect(formatSummary(counts, 66_600).split('\n')).toEqual([
    '1,234 records: 1,230 indexed, 0 stale, 0 duplicate, 0 conflict, 4 rejected',
    "Callbacks: 30 fired, 0 cancelled, 1,200 pending, after 01:06.600 of the run's clock",
  ]);
});

it('aligns coloured heads as plain ones', () => {
  const table = (colors: ReturnType<typeof pc.createColors>) =>
    formatTable(['A', 'B'], [['long', 'x']], colors);
  const coloured = table(pc.createColors(true));
  expect(coloured).not.toBe(table(plain));
  expect(stripVTControlCharacters(coloured).replace(/ +$/gm, '')).toBe(table(plain));
});
