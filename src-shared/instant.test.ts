import fc from 'fast-check';
import { expect, it } from 'vitest';
import { withKnown, withPlace } from './chain-place';
import { formatInstant, type Instant, parseInstant } from './instant';

it.each<[string, Instant]>([
  ['now', { kind: 'now' }],
  [' last:0 ', { kind: 'arrival', run: 'last', position: '0' }],
  ['12:0345', { kind: 'arrival', run: '12', position: '345' }],
  ['last@12.5s', { kind: 'runTime', run: 'last', at: 12_500 }],
  ['7@1m03.2s', { kind: 'runTime', run: '7', at: 63_200 }],
  ['7@2h', { kind: 'runTime', run: '7', at: 7_200_000 }],
  ['7@12500ms', { kind: 'runTime', run: '7', at: 12_500 }],
  ['7@0s', { kind: 'runTime', run: '7', at: 0 }],
  ['7@00:12.500', { kind: 'runTime', run: '7', at: 12_500 }],
  ['7@2:00:12.5', { kind: 'runTime', run: '7', at: 7_212_500 }],
  ['2026-01-31T12:00:00Z', { kind: 'wall', wallMs: Date.UTC(2026, 0, 31, 12) }],
  ['2026-01-31T12:00+01:00', { kind: 'wall', wallMs: Date.UTC(2026, 0, 31, 11) }],
  [
    'slot:18446744073709551615',
    { kind: 'chain', place: { slot: '18446744073709551615' }, known: { kind: 'now' } },
  ],
  [
    `after:${'5'.repeat(88)}, last:7`,
    {
      kind: 'chain',
      place: { after: '5'.repeat(88) },
      known: { kind: 'arrival', run: 'last', position: '7' },
    },
  ],
])('%s is understood', (text, instant) => {
  expect(parseInstant(text)).toEqual(instant);
});

it.each([
  '',
  'later',
  '0:1',
  '1:',
  '1:-1',
  '1@',
  '1@12',
  '1@1.5ms',
  'first@1s',
  '2026-01-31',
  '2026-13-31T12:00Z',
  'slot:',
  'slot:18446744073709551616',
  'slot:5,',
  'slot:5,slot:6',
  'after:5',
  `before:${'0'.repeat(88)}`,
])('%j is refused with a hint', (text) => {
  expect(() => parseInstant(text)).toThrow(expect.objectContaining({ code: 'invalid_input' }));
});

it('either half of an instant on the chain can be exchanged', () => {
  expect([withKnown('slot:5', '1@2s'), withKnown('slot:5,1@1s', '1@2s')]).toEqual([
    'slot:5,1@2s',
    'slot:5,1@2s',
  ]);
  expect([withKnown('1@1s', '1@2s'), withKnown(null, '1@2s')]).toEqual(['1@2s', '1@2s']);
  expect([withPlace('slot:5,1@1s', 'slot:6'), withPlace('1@1s', 'slot:6')]).toEqual([
    'slot:6,1@1s',
    'slot:6,1@1s',
  ]);
  expect([withPlace('slot:5', 'slot:6'), withPlace(null, 'slot:6')]).toEqual(['slot:6', 'slot:6']);
});

it('an instant is the same after printing and reading it', () => {
  const run = fc.oneof(fc.constant('last'), fc.bigInt(1n, 10n ** 18n).map(String));
  const known = fc.oneof(
    fc.constant({ kind: 'now' } as const),
    fc
      .tuple(run, fc.nat())
      .map(([of, position]) => ({ kind: 'arrival', run: of, position: String(position) }) as const),
    fc.tuple(run, fc.nat({ max: 1e12 })).map(([of, at]) => ({ kind: 'runTime', run: of, at }) as const),
    fc.nat({ max: 4e12 }).map((wallMs) => ({ kind: 'wall', wallMs }) as const),
  );
  const place = fc.oneof(
    fc.bigInt(0n, 2n ** 64n - 1n).map((slot) => ({ slot: String(slot) })),
    fc.constantFrom({ after: 'A'.repeat(64) }, { before: 'z'.repeat(88) }),
  );
  const instants: fc.Arbitrary<Instant> = fc.oneof(
    known,
    fc.tuple(place, known).map(([on, of]) => ({ kind: 'chain', place: on, known: of }) as const),
  );
  fc.assert(
    fc.property(instants, (instant) => {
      expect(parseInstant(formatInstant(instant))).toEqual(instant);
    }),
  );
});
