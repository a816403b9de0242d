import { describe, expect, it } from 'vitest';
import type { OpeningTrouble, Setback } from '../../src-shared/database-state';
import { IngotError } from '../../src-shared/errors';
import { NO_COUNTS } from '../../src-shared/events';
import { runStatus } from '../../src-shared/testing/events';
import {
  describeState,
  type Effect,
  FIRST,
  type Life,
  type LifeEvent,
  type LifeState,
  REOPENED,
  transition,
  troubleOf,
} from './life-states';

const troubleFrom = (kind: OpeningTrouble['kind']): OpeningTrouble => ({
  kind,
  message: `It is ${kind}.`,
  hint: 'a hint',
  dataDir: '/data',
  sinceMs: 5,
  canStartAfresh: false,
});
const UNREACHABLE = troubleFrom('unreachable');
const GONE = troubleFrom('gone');
const SETBACK: Setback = { missingUpdates: '3', missingRuns: 0, acknowledgedAtMs: 5 };
const runAt = (records: number) =>
  runStatus({ runId: '7', source: 'a.json', state: 'running', counts: { ...NO_COUNTS, records } });

const opening = (waitsMs: readonly number[], cutOff: ReturnType<typeof runAt> | null): LifeState => ({
  phase: 'opening',
  why: 'lost',
  message: 'It broke.',
  waitsMs,
  cutOff,
});
const open = { phase: 'open', readOnly: false, setback: SETBACK } as const;
const replacing = { phase: 'replacing', change: 'reset', setback: SETBACK, lost: null, ended: null } as const;
const still = { phase: 'still', readOnly: false, setback: SETBACK, lost: null } as const;

const STATES = {
  start: { phase: 'opening', why: 'start' },
  asked: { phase: 'opening', why: 'asked', before: UNREACHABLE },
  reopening: opening([1_000, 5_000], null),
  'last attempt': opening([], runAt(10)),
  open,
  'open, read-only': { ...open, readOnly: true },
  replacing,
  'replacing, lost': { ...replacing, lost: UNREACHABLE },
  'replacing, gone': { ...replacing, lost: GONE },
  'replacing, ended': { ...replacing, ended: 'reset' },
  still,
  'still, read-only': { ...still, readOnly: true },
  'still, lost': { ...still, lost: UNREACHABLE },
  trouble: { phase: 'trouble', trouble: UNREACHABLE },
  closed: { phase: 'closed' },
} as const satisfies Record<string, LifeState>;
type StateName = keyof typeof STATES;

const EVENTS = {
  opened: { type: 'opened', readOnly: false, setback: null },
  openFailed: { type: 'openFailed', trouble: UNREACHABLE },
  'openFailed, held': { type: 'openFailed', trouble: troubleFrom('held') },
  'openFailed, disk full': { type: 'openFailed', trouble: troubleFrom('disk_full') },
  'openFailed, gone': { type: 'openFailed', trouble: GONE },
  lost: { type: 'lost', trouble: UNREACHABLE, run: null },
  'lost, held': { type: 'lost', trouble: troubleFrom('held'), run: null },
  'lost, disk full': { type: 'lost', trouble: troubleFrom('disk_full'), run: null },
  'lost, gone': { type: 'lost', trouble: GONE, run: null },
  workDone: { type: 'workDone' },
  workFailed: { type: 'workFailed' },
  read: { type: 'read' },
  write: { type: 'write' },
  pause: { type: 'pause' },
  replace: { type: 'replace', change: 'reset', isBusy: false, isConnected: false },
  'replace, busy': { type: 'replace', change: 'reset', isBusy: true, isConnected: false },
  'replace, connected': { type: 'replace', change: 'reset', isBusy: false, isConnected: true },
  holdStill: { type: 'holdStill', isBusy: false },
  'holdStill, busy': { type: 'holdStill', isBusy: true },
  openAgain: { type: 'openAgain' },
  close: { type: 'close' },
} as const satisfies Record<string, LifeEvent>;
type EventName = keyof typeof EVENTS;

const REOPENS = 'opening: tell lost + notice, release, open after 0';
const GIVES_UP = 'opening: tell lost + notice, release, giveUp';
const TROUBLE = 'trouble: tell trouble';
const LOST = {
  open: GIVES_UP,
  'open, read-only': GIVES_UP,
  replacing: 'replacing',
  'replacing, lost': 'replacing',
  'replacing, gone': 'replacing',
  'replacing, ended': 'replacing',
  still: 'still',
  'still, read-only': 'still',
  'still, lost': 'still',
  rest: '–',
};
const WORK_ENDED = {
  replacing: 'replacing: openEngine',
  'replacing, lost': REOPENS,
  'replacing, gone': GIVES_UP,
  still: 'open',
  'still, read-only': 'open',
  'still, lost': REOPENS,
  closed: 'closed: release',
  rest: '–',
};
const OPEN_FAILED = {
  start: TROUBLE,
  asked: TROUBLE,
  reopening: TROUBLE,
  'last attempt': TROUBLE,
  replacing: GIVES_UP,
  // What was lost first counts.
  'replacing, lost': REOPENS,
  'replacing, gone': GIVES_UP,
  'replacing, ended': GIVES_UP,
  rest: '–',
};
const WRITE = {
  open: '–',
  'open, read-only': 'conflict',
  replacing: 'conflict',
  'replacing, lost': 'conflict',
  'replacing, gone': 'conflict',
  'replacing, ended': 'conflict',
  still: 'conflict',
  'still, read-only': 'conflict',
  'still, lost': 'conflict',
  rest: 'database_unavailable',
};

/** Every state for every event: the phase and the effects that follow, or the code of the refusal. A dash: unchanged. */
const CELLS: Readonly<
  Record<EventName, Readonly<Partial<Record<StateName, string>> & { readonly rest: string }>>
> = {
  opened: {
    start: 'open: show',
    asked: 'open: show reopened',
    reopening: 'open: show reopened, tell notice',
    'last attempt': 'open: show reopened, resumeRun',
    'replacing, ended': 'open: show reset',
    closed: 'closed: release',
    rest: '–',
  },
  openFailed: {
    ...OPEN_FAILED,
    reopening: 'opening: open after 1000',
    replacing: REOPENS,
    'replacing, ended': REOPENS,
  },
  'openFailed, held': { ...OPEN_FAILED, reopening: 'opening: open after 1000' },
  'openFailed, disk full': { ...OPEN_FAILED, 'last attempt': 'trouble: blameRun, tell trouble' },
  'openFailed, gone': OPEN_FAILED,
  lost: { ...LOST, open: REOPENS, 'open, read-only': REOPENS },
  'lost, held': LOST,
  'lost, disk full': LOST,
  'lost, gone': LOST,
  workDone: {
    asked: 'opening: open after 0',
    ...WORK_ENDED,
  },
  workFailed: {
    asked: 'trouble',
    ...WORK_ENDED,
  },
  read: {
    open: '–',
    'open, read-only': '–',
    still: '–',
    'still, read-only': '–',
    'still, lost': '–',
    rest: 'database_unavailable',
  },
  write: WRITE,
  pause: { 'open, read-only': 'conflict', 'still, read-only': 'conflict', rest: '–' },
  replace: { ...WRITE, open: 'replacing: tell resetting' },
  'replace, busy': { ...WRITE, open: 'conflict' },
  'replace, connected': { ...WRITE, open: 'conflict' },
  holdStill: { ...WRITE, open: 'still', 'open, read-only': 'still' },
  'holdStill, busy': { ...WRITE, open: 'conflict' },
  openAgain: { trouble: 'opening', rest: 'conflict' },
  close: { open: 'closed: release', 'open, read-only': 'closed: release', closed: '–', rest: 'closed' },
};

const nameOf = (effect: Effect): string => {
  switch (effect.do) {
    case 'open':
      return `open after ${effect.afterMs}`;
    case 'show':
      return effect.change ? `show ${effect.change}` : 'show';
    case 'tell':
      return `tell ${effect.events.map((event) => (event.event === 'database' ? event.change : event.event)).join(' + ')}`;
    default:
      return effect.do;
  }
};
const lifeIn = (state: LifeState): Life => ({ state, resumed: null });

describe('the states of a database', () => {
  const cells = Object.keys(CELLS).flatMap((event) =>
    Object.keys(STATES).map((state) => [event as EventName, state as StateName] as const),
  );

  it.each(cells)('%s, %s', (event, name) => {
    const before = lifeIn(STATES[name]);
    let outcome: string;
    try {
      const { life, effects } = transition(before, EVENTS[event]);
      outcome = [life.state.phase, effects.map(nameOf).join(', ')].filter((part) => part !== '').join(': ');
      if (life === before && effects.length === 0) outcome = '–';
    } catch (error) {
      outcome = (error as IngotError).code;
    }
    expect(outcome).toBe(CELLS[event][name] ?? CELLS[event].rest);
  });

  it('begin with an attempt to open that does not wait', () => {
    expect(FIRST.life).toEqual(lifeIn(STATES.start));
    expect(FIRST.effects.map(nameOf)).toEqual(['open after 0']);
  });

  it('try a lost database again with longer and longer waits, then leave it to a person', () => {
    let { life, effects } = transition(lifeIn(open), EVENTS.lost);
    const done = effects.map(nameOf).slice(-1);
    while (life.state.phase === 'opening') {
      ({ life, effects } = transition(life, EVENTS.openFailed));
      done.push(...effects.map(nameOf));
    }
    const attempts = ['open after 0', 'open after 1000', 'open after 5000', 'open after 30000'];
    expect(done).toEqual([...attempts, 'tell trouble']);
    expect(life.state).toEqual({ phase: 'trouble', trouble: UNREACHABLE });
  });

  it('fire what fell due while the database was lost, and treat the rest as the settings say', () => {
    const isAfterLoss = (state: LifeState, event: LifeEvent) =>
      transition(lifeIn(state), event).effects.flatMap((effect) =>
        effect.do === 'open' ? [effect.afterLoss] : [],
      );
    expect(isAfterLoss(open, EVENTS.lost)).toEqual([true]);
    expect(isAfterLoss(STATES.reopening, EVENTS.openFailed)).toEqual([true]);
    expect(isAfterLoss(STATES.asked, EVENTS.workDone)).toEqual([false]);
  });

  it('keep the trouble that a remedy has not mended', () => {
    const { life } = transition(lifeIn(STATES.asked), EVENTS.workFailed);
    expect(life.state).toEqual(STATES.trouble);
  });

  it('keep the setback, unless the content is another', () => {
    const stateAfter = (state: LifeState, ...events: LifeEvent[]) =>
      events.reduce((life, event) => transition(life, event).life, lifeIn(state)).state;
    expect(stateAfter(still, EVENTS.workDone)).toEqual(open);
    expect(stateAfter(replacing, EVENTS.workFailed, EVENTS.opened)).toEqual(open);
    expect(stateAfter(replacing, EVENTS.workDone, EVENTS.opened)).toEqual({ ...open, setback: null });
    // Main is still there, and what it lost still missing.
    const entered: LifeState = { ...replacing, change: 'entered' };
    expect(stateAfter(entered, EVENTS.workDone, EVENTS.opened)).toEqual(open);
    expect(stateAfter(STATES.start, { ...EVENTS.opened, setback: SETBACK })).toEqual(open);
  });

  it('are told to clients in the words of the contract', () => {
    const told = (name: StateName) => describeState(STATES[name], null);
    expect(told('start')).toEqual({ phase: 'opening', lost: null });
    expect(told('asked')).toEqual({ phase: 'opening', lost: null });
    expect(told('reopening')).toEqual({ phase: 'opening', lost: 'It broke.' });
    expect(told('still')).toEqual({ phase: 'open', setback: SETBACK });
    expect(told('open, read-only')).toEqual({
      phase: 'open',
      setback: SETBACK,
      readOnly: { heldBy: null },
    });
    expect(told('replacing, ended')).toEqual({ phase: 'replacing', change: 'reset' });
    expect(told('trouble')).toEqual({ phase: 'trouble', trouble: UNREACHABLE });
    expect(told('closed')).toEqual({ phase: 'closed' });
  });
});

describe('a run that the loss of its database cut off', () => {
  /** Loses the database at each of these records of the run, null: while no run is under way; gives what follows. */
  const loseAt = (...places: readonly (number | null)[]) => {
    let life = lifeIn(open);
    return places.map((records) => {
      const run = records === null ? null : runAt(records);
      life = transition(life, { ...EVENTS.lost, run }).life;
      const reopened = transition(life, EVENTS.opened);
      life = reopened.life;
      const last = reopened.effects.at(-1);
      return last?.do === 'tell' && last.events[0]?.event === 'notice' ? last.events[0].message : last?.do;
    });
  };

  it('is resumed once for each loss, and only if there was one', () => {
    expect(loseAt(null, 10, null)).toEqual([REOPENED, 'resumeRun', REOPENED]);
  });

  it('is left to a person if it is cut off again before it got further', () => {
    const [first, second, third] = loseAt(10, 10, 11);
    expect([first, third]).toEqual(['resumeRun', 'resumeRun']);
    expect(second).toContain('was cut off twice at record 10');
  });

  it('says that room is needed if the disk is full', () => {
    const { effects } = transition(lifeIn(STATES['last attempt']), EVENTS['openFailed, disk full']);
    expect(effects[0]).toMatchObject({ failure: expect.stringContaining('No room is left on the disk.') });
  });
});

describe('the trouble that an error means', () => {
  const target = { kind: 'data-dir', dataDir: '/data' } as const;

  it.each([
    [new IngotError('database_unusable', 'm', { trouble: 'damaged' }), 'damaged', true],
    [new IngotError('schema_mismatch', 'm', { trouble: 'schema_newer' }), 'schema_newer', true],
    [new IngotError('database_unusable', 'm', { trouble: 'held' }), 'held', false],
    [new IngotError('database_unusable', 'm', { trouble: 'not_writable' }), 'not_writable', false],
    [new IngotError('disk_full', 'm'), 'disk_full', false],
    [new IngotError('database_unavailable', 'm'), 'unreachable', false],
    [new Error('a fault of our own'), 'unreachable', false],
  ] as const)('says what %s leaves to do', (error, kind, canStartAfresh) => {
    expect(troubleOf(error, target, 5)).toMatchObject({
      kind,
      canStartAfresh,
      dataDir: '/data',
      sinceMs: 5,
    });
  });

  it('offers nothing to set aside where there is no directory', () => {
    const damaged = new IngotError('database_unusable', 'm', { trouble: 'damaged', hint: 'h' });
    expect(troubleOf(damaged, { kind: 'memory' }, 5)).toMatchObject({
      dataDir: null,
      canStartAfresh: false,
      hint: 'h',
    });
  });

  it('is a full disk where that led to the loss', () => {
    const full = new IngotError('disk_full', 'm');
    const kindOf = (cause?: IngotError) =>
      troubleOf(new IngotError('database_unavailable', 'm', {}, cause), target, 5).kind;
    expect(kindOf(full)).toBe('disk_full');
    expect(kindOf()).toBe('unreachable');
  });
});
