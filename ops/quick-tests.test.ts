import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { findQuickTests, findTests } from './quick-tests.mjs';

const root = join(import.meta.dirname, '..');

it('calls no test quick that names what opens a database, a program or a server', () => {
  const opens = /describeOnEachDatabase|openTestHost|useWebServer|startCli|runCli|\bspawn\(/;
  const slow = findTests(root).filter((path) => opens.test(readFileSync(join(root, path), 'utf8')));
  const quick = findQuickTests(root);
  expect(slow.length).toBeGreaterThan(50);
  // This one names them all.
  expect(slow.filter((path) => quick.includes(path))).toEqual(['ops/quick-tests.test.ts']);
  expect(quick).toEqual(
    expect.arrayContaining([
      'src-main/ingestion/record-reader.test.ts',
      'src-renderer/stores/row-window.test.ts',
    ]),
  );
});
