import { existsSync, mkdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { makeDirectory } from './make-directory';
import { createTestFolder } from './testing/each-database';

const isWindows = process.platform === 'win32';

function codeOf(make: () => void): unknown {
  try {
    make();
  } catch (error) {
    return (error as NodeJS.ErrnoException).code;
  }
  return 'no error';
}

test('a directory is made with all that lead to it', () => {
  const path = join(createTestFolder(), 'not', 'there', 'yet');
  makeDirectory(path);
  expect(statSync(path).isDirectory()).toBe(true);
});

test('one that is there stays as it is', () => {
  const path = createTestFolder();
  writeFileSync(join(path, 'kept'), '');
  makeDirectory(path);
  expect(existsSync(join(path, 'kept'))).toBe(true);
});

test.skipIf(isWindows)('all that are made get the mode that was asked for', () => {
  const folder = createTestFolder();
  makeDirectory(join(folder, 'outer', 'inner'), 0o700);
  expect(statSync(join(folder, 'outer')).mode & 0o077).toBe(0);
  expect(statSync(join(folder, 'outer', 'inner')).mode & 0o077).toBe(0);
});

test('a file in its place, or in that of one that leads to it, is an error', () => {
  const file = join(createTestFolder(), 'file');
  writeFileSync(file, '');
  expect(codeOf(() => makeDirectory(file))).toBe('EEXIST');
  expect(codeOf(() => makeDirectory(join(file, 'below')))).toMatch(/^(ENOTDIR|EEXIST)$/);
});

test.skipIf(isWindows)('a link is followed, and one that leads nowhere is an error', () => {
  const folder = createTestFolder();
  mkdirSync(join(folder, 'target'));
  symlinkSync(join(folder, 'target'), join(folder, 'link'));
  symlinkSync(join(folder, 'gone'), join(folder, 'dangling'));
  makeDirectory(join(folder, 'link', 'below'));
  expect(existsSync(join(folder, 'target', 'below'))).toBe(true);
  expect(codeOf(() => makeDirectory(join(folder, 'dangling')))).toBe('EEXIST');
});

// Only Linux has /proc, where creating a directory always fails with "not there".
test.runIf(process.platform === 'linux')('one that cannot be made is an error, not a try without end', () => {
  expect(codeOf(() => makeDirectory('/proc/x'))).toBe('ENOENT');
  expect(codeOf(() => makeDirectory('/proc/x/y/z'))).toBe('ENOENT');
});
