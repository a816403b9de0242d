import { File } from 'node:buffer';
import { expect, test } from 'vitest';
import { folderOf, joinFolder } from './folder';

const file = (path: string, text: string) =>
  Object.assign(new File([text], path.split('/').at(-1) ?? ''), { path, webkitRelativePath: '' }) as never;

test('only what was dropped within a folder is of it', () => {
  expect(folderOf(file('./accounts.json', '{}'))).toBeNull();
  expect(folderOf(file('/accounts/a.json', '{}'))).toBe('accounts');
  expect(folderOf(file('./accounts/more/a.json', '{}'))).toBe('accounts');
});

test('documents follow each other by their names, and a key pair is not among them', async () => {
  const { file: joined, leftOut } = await joinFolder('accounts', [
    file('accounts/b.json', '\n {"b": 1}'),
    file('accounts/id.json', '[1, 2, 3]'),
    file('accounts/a.json', '{"a": 1}'),
    file('accounts/.DS_Store', 'Bud1'),
  ]);
  expect(joined.name).toBe('accounts, 2 files');
  expect(await joined.text()).toBe('{"a": 1}\n\n {"b": 1}\n');
  expect(leftOut).toBe(2);
});
