import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { openOpeningJournal } from './opening-journal';
import { createTestFolder } from './testing/each-database';

const NAMES = ['a', 'b', 'c', 'folder'];

const change = fc.oneof(
  fc.record({
    kind: fc.constant('write' as const),
    name: fc.constantFrom(...NAMES),
    position: fc.nat(40),
    bytes: fc.uint8Array({ minLength: 1, maxLength: 40 }),
  }),
  fc.record({ kind: fc.constant('resize' as const), name: fc.constantFrom(...NAMES), size: fc.nat(60) }),
  fc.record({ kind: fc.constant('create' as const), name: fc.constantFrom(...NAMES) }),
  fc.record({ kind: fc.constant('remove' as const), name: fc.constantFrom(...NAMES) }),
  fc.record({ kind: fc.constant('makeFolder' as const), name: fc.constantFrom(...NAMES) }),
  fc.record({ kind: fc.constant('removeFolder' as const), name: fc.constantFrom(...NAMES) }),
  fc.record({
    kind: fc.constant('rename' as const),
    name: fc.constantFrom(...NAMES),
    to: fc.constantFrom(...NAMES),
  }),
);
type Change = typeof change extends fc.Arbitrary<infer Value> ? Value : never;

function isFile(path: string): boolean {
  try {
    readFileSync(path);
    return true;
  } catch {
    return false;
  }
}

/** Makes one change after its journal entry; ignores what the file system would refuse. */
function make(folder: string, journal: ReturnType<typeof openOpeningJournal>, what: Change): void {
  const path = join(folder, what.name);
  switch (what.kind) {
    case 'write': {
      if (!isFile(path)) return;
      journal.beforeWrite(path, what.position, what.bytes.length);
      const file = openSync(path, 'r+');
      writeSync(file, what.bytes, 0, what.bytes.length, what.position);
      closeSync(file);
      break;
    }
    case 'resize':
      if (!isFile(path)) return;
      journal.beforeResize(path, what.size);
      truncateSync(path, what.size);
      break;
    case 'create':
    case 'makeFolder':
      if (existsSync(path)) return;
      journal.beforeCreate(path);
      if (what.kind === 'create') writeFileSync(path, '');
      else mkdirSync(path);
      break;
    case 'remove':
      if (!isFile(path)) return;
      journal.beforeRemove(path);
      rmSync(path);
      break;
    case 'removeFolder':
      if (!existsSync(path) || isFile(path)) return;
      journal.beforeRemoveDirectory(path);
      rmdirSync(path);
      break;
    case 'rename': {
      const to = join(folder, what.to);
      if (!isFile(path) || what.name === what.to || (existsSync(to) && !isFile(to))) return;
      journal.beforeRename(path, to);
      renameSync(path, to);
    }
  }
}

function contentOf(folder: string): Record<string, string> {
  return Object.fromEntries(
    readdirSync(folder, { withFileTypes: true }).map((entry) => [
      entry.name,
      entry.isFile() ? readFileSync(join(folder, entry.name), 'latin1') : 'a folder',
    ]),
  );
}

function prepare() {
  const root = createTestFolder();
  const folder = join(root, 'pg');
  mkdirSync(folder);
  writeFileSync(join(folder, 'a'), 'the first file, some thirty bytes');
  writeFileSync(join(folder, 'b'), 'the second');
  return { folder, undoFolder: join(root, 'pg.undo') };
}

test('every change is undone, byte for byte', () => {
  fc.assert(
    fc.property(fc.array(change, { maxLength: 25 }), (changes) => {
      const { folder, undoFolder } = prepare();
      const before = contentOf(folder);
      const journal = openOpeningJournal(undoFolder);
      for (const what of changes) make(folder, journal, what);
      expect(journal.undo()).toBe(true);
      expect(contentOf(folder)).toEqual(before);
      expect(existsSync(undoFolder)).toBe(false);
    }),
  );
});

test('what was accepted stays', () => {
  const { folder, undoFolder } = prepare();
  const journal = openOpeningJournal(undoFolder);
  make(folder, journal, { kind: 'remove', name: 'a' });
  journal.accept();
  expect(journal.isTaking()).toBe(false);
  expect(existsSync(undoFolder)).toBe(false);
  expect(readdirSync(folder)).toEqual(['b']);
});

test('without room to take everything down nothing is put back by halves', () => {
  const { folder, undoFolder } = prepare();
  const journal = openOpeningJournal(undoFolder);
  make(folder, journal, { kind: 'write', name: 'b', position: 0, bytes: Uint8Array.of(1) });
  rmSync(undoFolder, { recursive: true });
  writeFileSync(undoFolder, 'in the way: nothing can be kept here any more');
  make(folder, journal, { kind: 'remove', name: 'a' });
  const after = contentOf(folder);
  expect(journal.undo()).toBe(false);
  expect(contentOf(folder)).toEqual(after);
});
