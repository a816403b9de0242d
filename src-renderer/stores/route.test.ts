import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatRoute, HOME, parseRoute, VIEWS } from './route';

test('any route survives its address', () => {
  const text = fc.string({ unit: 'binary', minLength: 1 });
  fc.assert(
    fc.property(
      fc.constantFrom(...VIEWS),
      fc.option(text),
      fc.option(text),
      fc.option(text),
      fc.option(text),
      fc.option(text),
      fc.option(text),
      (view, detail, inspect, shown, against, where, at) => {
        const route = { view, detail, inspect, shown, against, where, at };
        const versions = inspect === null ? { shown: null, against: null } : {};
        if (view === 'history' && /^\d+$/.test(detail ?? '')) return;
        expect(parseRoute(formatRoute(route))).toEqual({ ...route, ...versions });
      },
    ),
  );
});

test('an address that leads nowhere leads home', () => {
  for (const hash of ['', '#', '#/', '#/nowhere', '#/%E0%A4%A', 'live'])
    expect(parseRoute(hash)).toEqual(HOME);
});

test('a plain view and one with the inspector open', () => {
  expect(parseRoute('#/accounts')).toEqual({ ...HOME, view: 'accounts' });
  expect(parseRoute('#/callbacks/fired?inspect=a%26b')).toEqual({
    view: 'callbacks',
    detail: 'fired',
    inspect: 'a&b',
    shown: null,
    against: null,
    where: null,
    at: null,
  });
  expect(parseRoute('#/live?inspect=a&version=7:12&against=3')).toEqual({
    ...HOME,
    inspect: 'a',
    shown: '7:12',
    against: '3',
  });
});

test('a filter is written as on the command line, and a run was once a part of the path', () => {
  const route = { ...HOME, view: 'history', where: 'type!=mint|escrow,run=3,during=3@12.5s-20s' } as const;
  expect(formatRoute(route)).toBe('#/history?where=type!=mint|escrow,run=3,during=3@12.5s-20s');
  expect(parseRoute('#/history?where=tokens%3E=5%20000')).toMatchObject({ where: 'tokens>=5 000' });
  expect(parseRoute('#/history/12')).toEqual({ ...HOME, view: 'history', where: 'run=12' });
});

test('the instant is read as it is said', () => {
  const route = { ...HOME, view: 'accounts', at: '3@12.4s' } as const;
  expect(formatRoute(route)).toBe('#/accounts?at=3@12.4s');
  expect(parseRoute('#/accounts?at=3@12.4s')).toEqual(route);
});
