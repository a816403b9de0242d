import { expect, test } from 'vitest';
import type { Ask, Mapping, SourceReading } from '../../src-shared/mapping';
import { DEFAULT_READING } from './reading';
import { describeReading, formatDelay, parseDelay, whatIsMissing } from './reading-words';

const ask = (label: string, changes: Partial<Ask> = {}): Ask => ({
  name: label.toLowerCase(),
  label,
  hint: '',
  isLong: false,
  isOptional: false,
  error: null,
  isAnswered: false,
  ...changes,
});
const read = (asks: readonly Ask[], fields: Mapping['fields']) =>
  ({ asks, mapping: { fields } }) as unknown as SourceReading;
const CHAIN = { id: 'pubkey', lamports: 'lamports', owner: 'owner' };

test('names all that is missing, and nothing that may be left out', () => {
  expect(whatIsMissing(null)).toBeNull();
  expect(whatIsMissing(read([], CHAIN))).toBeNull();
  expect(whatIsMissing(read([ask('Keys'), ask('Owner')], CHAIN))).toBe('Still missing: keys, owner');
  expect(
    whatIsMissing(read([ask('Keys', { isAnswered: true }), ask('Slot', { isOptional: true })], CHAIN)),
  ).toBe(null);
});

test('an answer that cannot be used is missing, also where none is needed', () => {
  const wrong = ask('Slot', { isAnswered: true, isOptional: true, error: 'must be a number' });
  expect(whatIsMissing(read([wrong], CHAIN))).toBe('Still missing: slot');
});

test('a mapping needs an account, and what tells its tokens and its type', () => {
  expect(whatIsMissing(read([], { id: 'id', lamports: 'a' }))).toBe(
    'No field is chosen yet for: accountType, tokens',
  );
  expect(whatIsMissing(read([], { accountType: 'a', tokens: 'b' }))).toBe('No field is chosen yet for: id');
});

test('reads a delay as people write it, and writes it so that it is read as the same', () => {
  const typed = {
    '90 s': 90_000,
    '5m': 300_000,
    '1h 30m': 5_400_000,
    '1,500': 1500,
    '0': 0,
    '00:02.500': 2500,
  };
  for (const [text, ms] of Object.entries(typed)) {
    expect(parseDelay(text)).toBe(ms);
    expect(parseDelay(formatDelay(ms))).toBe(ms);
  }
  for (const text of ['', 'soon', '-5 s', '5 x', '1.5']) expect(parseDelay(text)).toBeNull();
});

test('states what was chosen, and long answers only by their name', () => {
  expect(describeReading(DEFAULT_READING)).toEqual([
    'tokens: as it says, otherwise lamports',
    'type: as it says, otherwise the owner program',
    'callbacks after 1 m if it names no time',
  ]);
  const chosen = { tokens: 'decoded:stake.amount', accountType: 'vault', callbackTimeMs: 0 };
  const answers = { slot: '5', keys: 'x'.repeat(45) };
  expect(describeReading({ mapping: 'mine', ...chosen, answers })).toEqual([
    'tokens: decoded stake.amount',
    'type: vault',
    'callbacks after 0 ms if it names no time',
    'slot 5',
    'keys given',
  ]);
});
