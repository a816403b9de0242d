import { expect, it } from 'vitest';
import { accountsQuerySchema } from './views';

it('refuses as a bound what is no whole number of 64 bits, instead of failing on it', () => {
  const query = (bound: string) => ({
    window: { from: { edge: 'start' }, limit: 1 },
    sort: { by: 'id', direction: 'asc' },
    filter: { tokensFrom: bound, versionTo: bound },
  });
  expect(accountsQuerySchema.safeParse(query('18446744073709551615')).success).toBe(true);
  for (const bound of ['1e3', 'many', '-1', '1.5', '', ' 1', '18446744073709551616']) {
    expect(accountsQuerySchema.safeParse(query(bound)).success, bound).toBe(false);
  }
});
