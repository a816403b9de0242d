import { expect, test } from 'vitest';
import { dueOfRun } from './due';

test('only callbacks of the run that is shown stand on its axis', () => {
  const due = (runId: string, at: number) => ({ runId, at, wallMs: null });
  const next = [due('1', 500), due('2', 100), due('1', 700)];
  expect(dueOfRun({ next, last: due('1', 9_000) }, '1')).toEqual({ ats: [500, 700], lastAt: 9_000 });
  expect(dueOfRun({ next, last: due('1', 9_000) }, '2')).toEqual({ ats: [100], lastAt: 100 });
  expect(dueOfRun({ next: [], last: due('1', 9_000) }, '2')).toEqual({ ats: [], lastAt: null });
});
