import fc from 'fast-check';
import { expect, it } from 'vitest';
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
])('%j is refused with a hint', (text) => {
  expect(() => parseInstant(text)).toThrow(expect.objectContaining({ code: 'invalid_input' }));
});

it('an instant is the same after printing and reading it', () => {
  const run = fc.oneof(fc.constant('last'), fc.bigInt(1n, 10n ** 18n).map(String));
  const instants: fc.Arbitrary<Instant> = fc.oneof(
    fc.constant({ kind: 'now' } as const),
    fc
      .tuple(run, fc.nat())
      .map(([of, position]) => ({ kind: 'arrival', run: of, position: String(position) }) as const),
    fc.tuple(run, fc.nat({ max: 1e12 })).map(([of, at]) => ({ kind: 'runTime', run: of, at }) as const),
    fc.nat({ max: 4e12 }).map((wallMs) => ({ kind: 'wall', wallMs }) as const),
  );
  fc.assert(
    fc.property(instants, (instant) => {
      expect(parseInstant(formatInstant(instant))).toEqual(instant);
    }),
  );
});
