import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { findTerms, GLOSSARY, termOf } from './glossary';
import { CALLBACK_STATES, OUTCOMES } from './update';

test('the documentation has the same words with the same meanings', () => {
  const doc = readFileSync(join(import.meta.dirname, '../docs/architecture.md'), 'utf8');
  const table = /## Glossary\n(.*?)\n## /s.exec(doc)?.[1] ?? '';
  const rows = table
    .replaceAll('`', '')
    .split('\n')
    .filter((line) => line.startsWith('| ') && !/^\| (---|term )/.test(line))
    .map((line) => line.split('|').map((cell) => cell.trim()))
    .map(([, word, meaning]) => ({ word, meaning }));
  expect(rows).toEqual(GLOSSARY.map(({ word, meaning }) => ({ word, meaning })));
});

test('every outcome and every state of a callback is explained, and no word twice', () => {
  for (const word of [...OUTCOMES, ...CALLBACK_STATES]) expect(termOf(word)?.word).toBe(word);
  const words = GLOSSARY.flatMap(({ word, also = [] }) => [...word.split(', '), ...also]);
  expect(words.filter((word, at) => words.indexOf(word) !== at)).toEqual([]);
});

test('a word is found by its name first, then by its meaning', () => {
  expect(findTerms(' STALE ')[0]?.word).toBe('stale');
  expect(findTerms('stale').map(({ word }) => word)).toContain('history');
  expect(findTerms('slot')[0]?.word).toBe('version');
  expect(findTerms('nothing is called like this')).toEqual([]);
  expect(findTerms('')).toHaveLength(GLOSSARY.length);
});
