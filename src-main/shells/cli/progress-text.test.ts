import { describe, expect, it } from 'vitest';
import { formatProgress, type Progress } from './progress';

const reading: Progress = {
  records: 62,
  fired: 10,
  cancelled: 3,
  pending: 12,
  draining: false,
  expectedRecords: 124,
  ratePerSecond: 31,
};

describe('the progress line', () => {
  it('shows share, counts, rate and time left', () => {
    expect(formatProgress(reading, 100)).toBe(
      '██████████░░░░░░░░░░   50%  62 records  31/s  2.0 s left  12 pending',
    );
  });

  it('shows no share where the size is unknown', () => {
    expect(formatProgress({ ...reading, expectedRecords: null }, 100)).toBe('62 records  31/s  12 pending');
  });

  it('says what is waited for at the end', () => {
    expect(formatProgress({ ...reading, draining: true }, 100)).toBe(
      'Waiting for 12 callbacks  10 fired  3 cancelled',
    );
  });

  it('never claims more than all', () => {
    expect(formatProgress({ ...reading, records: 200 }, 100)).toContain(' 100%  200 records');
  });

  it.each([0, 10, 30, 50, 60])('fits into %i columns', (width) => {
    expect(formatProgress(reading, width).length).toBeLessThanOrEqual(width);
  });
});
