import { describe, expect, it } from 'vitest';
import { formatRunTime, type Moment } from './run-clock';
import type { VersionRow } from './views';
import { explainStanding, explainUpdate, lifelineOf, plainSentence, type Why } from './why';

const HOUR_MS = 3_600_000;
const START_MS = 1_700_000_000_000;

/** Of a real run at speed 1 that began at the hour of its number; run 9 is virtual. */
const moment = (at: number, runId = '1'): Moment => ({
  runId,
  at,
  wallMs: runId === '9' ? null : START_MS + Number(runId) * HOUR_MS + at,
});

const row = (changes: Partial<VersionRow> = {}): VersionRow => ({
  seq: '7',
  runId: '1',
  record: 3,
  position: 3,
  id: 'a',
  accountType: 'mint',
  version: '10',
  tokens: '5',
  tokensChange: null,
  outcome: 'indexed',
  retracted: null,
  arrived: moment(10_000),
  callbackTimeMs: 9_600,
  callbackState: 'pending',
  callbackDue: moment(19_600),
  callbackSettled: null,
  settledHow: null,
  supersededBy: null,
  decoded: null,
  data: '{}',
  ...changes,
});

const STALE = {
  outcome: 'stale',
  callbackState: null,
  callbackDue: null,
} as const;
const fired = (at: Moment, how: VersionRow['settledHow'] = 'due') =>
  row({ callbackState: 'fired', callbackSettled: at, settledHow: how });
const cancelled = (at: Moment, how: VersionRow['settledHow'], supersededBy: string | null = null) =>
  row({ callbackState: 'cancelled', callbackSettled: at, settledHow: how, supersededBy });
const clock = (at: number, state: 'moves' | 'paused' | 'ended' | 'still' = 'moves') => ({
  at,
  rate: 1,
  state,
});

const why = (changes: Partial<Why>): Why => ({
  row: row(),
  before: null,
  next: null,
  dead: null,
  clock: null,
  held: false,
  standing: null,
  ...changes,
});

const CASES: readonly (readonly [sentence: string, changes: Partial<Why>])[] = [
  [
    'Stale: version 11 was there 120 ms before.',
    {
      row: row(STALE),
      before: { version: '11', arrived: moment(9_880) },
    },
  ],
  [
    'Stale: version 2:11 was there already.',
    {
      row: row(STALE),
      before: { version: '2:11', arrived: moment(10_000) },
    },
  ],
  [
    'Stale: version 11 was there 1 h 00 m before.',
    {
      row: row({ ...STALE, runId: '2', arrived: moment(10_000, '2') }),
      before: { version: '11', arrived: moment(10_000) },
    },
  ],
  [
    'Stale: version 11 was there since 00:09.880 of run 9.',
    {
      row: row(STALE),
      before: { version: '11', arrived: moment(9_880, '9') },
    },
  ],
  ['Stale: a newer version was there.', { row: row(STALE) }],

  ['Fired on time at 00:19.600.', { row: fired(moment(19_600)) }],
  ['Fired 12 ms late at 00:19.612.', { row: fired(moment(19_612)) }],
  ['Fired 2 h 00 m late at 2:00:19.600.', { row: fired(moment(19_600 + 2 * HOUR_MS)) }],
  // At 20 times the speed, half a second of the run is 25 ms of a person's time.
  [
    'Fired 25 ms late at 00:20.100.',
    {
      row: {
        ...fired({ ...moment(20_100), wallMs: START_MS + 1_025 }),
        callbackDue: { ...moment(19_600), wallMs: START_MS + 1_000 },
      },
    },
  ],
  ['Fired by hand at 00:12.000, 7.6 s before it was due.', { row: fired(moment(12_000), 'fired by hand') }],
  ['Fired by hand at 00:20.000, 400 ms after it was due.', { row: fired(moment(20_000), 'fired by hand') }],
  ['Fired by hand at 00:19.600, when it was due.', { row: fired(moment(19_600), 'fired by hand') }],

  [
    'Did not fire: cancelled by version 13 at 00:14.900, 4.7 s before it was due.',
    {
      row: cancelled(moment(14_900), 'newer version', '13'),
    },
  ],
  [
    'Did not fire: cancelled by version 250:13 at 00:14.900, 4.7 s before it was due.',
    {
      row: cancelled(moment(14_900), 'newer version', '250:13'),
    },
  ],
  // Not claimed in time, or all callbacks were paused.
  [
    'Did not fire: cancelled by version 13 at 00:20.000, 400 ms after it was due.',
    {
      row: cancelled(moment(20_000), 'newer version', '13'),
    },
  ],
  [
    'Did not fire: cancelled by version 13 at 00:03.000 of run 2, 59 m 43 s after it was due.',
    {
      row: cancelled(moment(3_000, '2'), 'newer version', '13'),
    },
  ],
  [
    'Did not fire: cancelled by version 13 at 00:03.000 of run 9.',
    {
      row: cancelled(moment(3_000, '9'), 'newer version', '13'),
    },
  ],
  [
    'Did not fire: cancelled by a newer version at 00:14.900, 4.7 s before it was due.',
    {
      row: cancelled(moment(14_900), 'newer version'),
    },
  ],
  [
    'Did not fire: cancelled by hand at 00:14.900, 4.7 s before it was due.',
    {
      row: cancelled(moment(14_900), 'cancelled by hand'),
    },
  ],
  [
    'Skipped: it fell due at 00:19.600, while Ingot was not running.',
    {
      row: cancelled(moment(HOUR_MS), 'skipped'),
    },
  ],

  ['Waits: due at 00:19.600, in 4.2 s of the run.', { clock: clock(15_400) }],
  [
    'Waits: due at 00:19.600, in 4.2 s of the run, but all callbacks are paused.',
    {
      clock: clock(15_400),
      held: true,
    },
  ],
  ['Waits: due at 00:19.600, in 4.2 s of the run, which is paused.', { clock: clock(15_400, 'paused') }],
  ['Overdue: it was due at 00:19.600, 2.0 s of the run ago, and has not fired.', { clock: clock(21_600) }],
  [
    'Overdue: it was due at 00:19.600, 2.0 s of the run ago, and has not fired: all callbacks are paused.',
    {
      clock: clock(21_600),
      held: true,
    },
  ],
  [
    'Waits, frozen: due at 00:19.600, 4.2 s after the end of its virtual run. Fire or cancel it by hand.',
    {
      clock: clock(15_400, 'ended'),
    },
  ],
  [
    'Waits, frozen: due at 00:19.600, but the clock of its run stands still 4.2 s before. Resume its callbacks in Runs.',
    { clock: clock(15_400, 'still') },
  ],
  ['Waits: due at 00:19.600.', {}],
  [
    'Waits: due at 00:19.600. Its slot 1,234 was declared dead at 00:14.000; the latest fell back to version 7.',
    {
      row: row({ retracted: moment(14_000) }),
      dead: { slot: '1234', atArrival: false, fellBack: true, back: '7', isBackRemoved: false },
    },
  ],
  [
    'Waits: due at 00:19.600. Its slot 1,234 was declared dead at 00:14.000; nothing else is left of the account.',
    {
      row: row({ retracted: moment(14_000) }),
      dead: { slot: '1234', atArrival: false, fellBack: true, back: null, isBackRemoved: false },
    },
  ],
  [
    'Kept, and changes nothing: its slot 1,234 was declared dead at 00:01.000.',
    {
      row: row({ ...STALE, retracted: moment(1_000) }),
      dead: { slot: '1234', atArrival: true, fellBack: false, back: null, isBackRemoved: false },
    },
  ],
];

describe('the sentence of an update', () => {
  it.each(CASES)('%s', (sentence, changes) => {
    expect(plainSentence(explainUpdate(why(changes), ({ at }) => formatRunTime(at)))).toBe(sentence);
  });

  it('names other versions apart from the text, for links', () => {
    const changes = { row: cancelled(moment(14_900), 'newer version', '13') };
    expect(explainUpdate(why(changes), ({ at }) => formatRunTime(at))[1]).toEqual({ version: '13' });
  });
});

describe('the sentence of an account among those of its type', () => {
  it.each([
    ['Leader of mint.', { tied: 1, leader: 'a', behind: '0' }],
    ['Leader of mint, tied with 1 other.', { tied: 2, leader: 'a', behind: '0' }],
    ['Leader of mint, tied with 3 others.', { tied: 4, leader: 'a', behind: '0' }],
    ['Not the leader of mint: b has 12 more.', { tied: 1, leader: 'b', behind: '12' }],
    ['Not the leader of mint: b and 2 others have 1,200 more.', { tied: 3, leader: 'b', behind: '1200' }],
  ])('%s', (sentence, standing) => {
    expect(plainSentence(explainStanding({ accountType: 'mint', ...standing }))).toBe(sentence);
  });
});

describe('the lifeline', () => {
  const pointsOf = (changes: Partial<Why>) =>
    lifelineOf(why(changes)).map(({ kind, afterMs, version }) => [kind, afterMs, version]);

  it.each<readonly [string, Partial<Why>, readonly unknown[]]>([
    [
      'a pending one',
      {},
      [
        ['arrived', 0, null],
        ['due', 9_600, null],
      ],
    ],
    [
      'one that fired, and was the latest for a while',
      {
        row: fired(moment(19_612)),
        next: { version: '13', arrived: moment(30_000) },
      },
      [
        ['arrived', 0, null],
        ['due', 9_600, null],
        ['fired', 9_612, null],
        ['superseded', 20_000, '13'],
      ],
    ],
    [
      'one whose slot died later',
      { row: { ...cancelled(moment(14_000), 'dead slot'), retracted: moment(14_000) } },
      [
        ['arrived', 0, null],
        ['cancelled', 4_000, null],
        ['retracted', 4_000, null],
        ['due', 9_600, null],
      ],
    ],
    [
      'a cancelled one, whose due time comes after',
      {
        row: cancelled(moment(14_900), 'newer version', '13'),
        next: { version: '13', arrived: moment(14_900) },
      },
      [
        ['arrived', 0, null],
        ['cancelled', 4_900, '13'],
        ['due', 9_600, null],
      ],
    ],
    [
      'a stale one, which begins with the version that was there',
      {
        row: row(STALE),
        before: { version: '11', arrived: moment(9_880) },
      },
      [
        ['before', -120, '11'],
        ['arrived', 0, null],
      ],
    ],
    [
      'one cancelled by a virtual run, whose clock has no wall time',
      {
        row: cancelled(moment(3_000, '9'), 'newer version', '13'),
      },
      [
        ['arrived', 0, null],
        ['due', 9_600, null],
        ['cancelled', null, '13'],
      ],
    ],
  ])('of %s', (_, changes, points) => {
    expect(pointsOf(changes)).toEqual(points);
  });
});
