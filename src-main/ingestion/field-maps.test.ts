import { expect, test } from 'vitest';
import { detectFieldMap, FIELD_MAPS } from './field-maps';

test.each([
  ['canonical', ['id', 'accountType', 'tokens', 'callbackTimeMs', 'data', 'version']],
  [
    'parent-program',
    ['id', 'parentProgram', 'parentProgramSubType', 'tokens', 'callbackTimeMs', 'data', 'version'],
  ],
  ['parent-program', ['id', 'parentProgramSubType', 'tokens', 'callbackTimeMs', 'version']],
  ['snake-case', ['id', 'account_type', 'tokens', 'callback_time_ms', 'data', 'version']],
  ['snake-case', ['id', 'account_type', 'tokens']],
  [
    'snake-case-parent-program',
    ['id', 'parent_program', 'parent_program_sub_type', 'tokens', 'callback_time_ms'],
  ],
  // The first record may lack a field: what it has decides.
  ['parent-program', ['id', 'parentProgram', 'tokens', 'callbackTimeMs', 'data', 'version']],
  ['canonical', ['id', 'tokens', 'callbackTimeMs', 'data', 'version']],
  // A field more than an update has is not a sign of another map.
  ['canonical', ['id', 'accountType', 'parentProgram', 'tokens', 'callbackTimeMs', 'data', 'version']],
])('the map %s is found by the names %j', (name, names) => {
  expect(detectFieldMap(names)?.name).toBe(name);
});

test.each([[[]], [['__proto__', 'constructor']], [['id', 'tokens', 'version', 'data', 'owner']]])(
  'the names %j tell no map',
  (names) => {
    expect(detectFieldMap(names)).toBeUndefined();
  },
);

test('within a map no two names are equally long, so a length finds the field', () => {
  for (const { names } of FIELD_MAPS) {
    const lengths = Object.values(names).map((name) => Buffer.byteLength(name));
    expect(new Set(lengths).size).toBe(lengths.length);
  }
});
