import { describe, expect, it } from 'vitest';
import { ALERTS } from './definitions';
import { anchorOf, describeAlert, formatValue } from './describe-alert';

describe('an alert in words', () => {
  it.each([
    [0.25, 'ratio', '25 %'],
    [0.01234, 'ratio', '1.23 %'],
    [0.0125, 'seconds', '12.5 ms'],
    [3.98, 'seconds', '3.98 s'],
    [135, 'seconds', '2 min 15 s'],
    [300, 'seconds', '5 min'],
    [7_380, 'seconds', '2 h 3 min'],
    [512 * 2 ** 20, 'bytes', '512 MiB'],
    [4.5 * 2 ** 30, 'bytes', '4.5 GiB'],
    [0, 'switch', '0'],
  ] as const)('says %d as a %s as %s', (value, unit, text) => {
    expect(formatValue(value, unit)).toBe(text);
  });

  it('has its value and its threshold in its sentence', () => {
    const rejects = ALERTS.find(({ name }) => name === 'IngotRejectRatio');
    expect(rejects && describeAlert(rejects, 0.25)).toBe(
      '25 % of the records of the last 5 min were not valid; more than 10 % is too many.',
    );
  });

  it('leaves no placeholder unfilled, and has a name, a title and a runbook of its own', () => {
    for (const alert of ALERTS) expect(describeAlert(alert, 1)).not.toMatch(/[{}]/);
    for (const key of ['name', 'title'] as const) {
      expect(new Set(ALERTS.map((alert) => alert[key])).size).toBe(ALERTS.length);
    }
    for (const alert of ALERTS) expect(anchorOf(alert)).toMatch(/^[a-z]+(-[a-z]+)+$/);
  });
});
