import { describe, expect, it } from 'vitest';
import { NO_COUNTS, type RunStatus } from '../../../src-shared/events';
import { composeLastWords } from './last-words';

const status: RunStatus = {
  runId: '1',
  source: 'updates.json',
  state: 'completed',
  counts: { ...NO_COUNTS, records: 100, indexed: 100 },
  bytesRead: 1,
  bytesTotal: 1,
  expectedRecords: 1,
  startedAtMs: 0,
  endedAtMs: 1,
  awayMs: 0,
  at: 1,
  rate: 1,
  speed: 1,
  simulated: false,
  sourceEnded: true,
  until: null,
  fieldMap: 'canonical',
  failure: null,
};
const end = {
  status,
  inMemory: false,
  location: '/state',
  resetCommand: 'ingot reset',
  knewNearlyAll: false,
  resumeCommand: 'ingot resume 1',
  interrupted: false,
  rejection: null,
  notes: [],
  cutReport: null,
};
const withCounts = (counts: Partial<RunStatus['counts']>) => ({
  ...end,
  status: { ...status, counts: { ...status.counts, ...counts } },
});

describe('the last words', () => {
  it('are none when all went as it should', () => {
    expect(composeLastWords(end)).toEqual([]);
  });

  it('say where pending callbacks wait', () => {
    expect(composeLastWords(withCounts({ pending: 1200 }))).toEqual([
      '1,200 callbacks are still pending in /state: the next run takes them up.',
    ]);
  });

  it('say that those of a simulated run are frozen', () => {
    const end = withCounts({ pending: 1 });
    expect(composeLastWords({ ...end, status: { ...end.status, simulated: true } })).toEqual([
      '1 callback is still pending in /state, frozen: a person fires or cancels it, in the window.',
    ]);
  });

  it('say that pending callbacks are lost with a database in memory', () => {
    expect(composeLastWords({ ...withCounts({ pending: 1 }), inMemory: true })).toEqual([
      '1 callback is still pending, and is lost now: --memory keeps nothing.',
    ]);
  });

  it('say that nearly every record was known, where, and how to start afresh', () => {
    const [words, ...more] = composeLastWords({ ...end, knewNearlyAll: true });
    expect(words).toMatch(/^Nearly every record was known already: \/state .*ingot reset/);
    expect(more).toEqual([]);
  });

  it('say that nearly every record was rejected', () => {
    expect(composeLastWords({ ...end, rejection: 'Every record was rejected.' })).toEqual([
      'Every record was rejected.',
    ]);
  });

  it('say how to go on with a run that ended early, if it can be', () => {
    const stopped = { ...end, status: { ...status, state: 'stopped' as const } };
    expect(composeLastWords(stopped)).toEqual(['To go on from there: ingot resume 1']);
    expect(composeLastWords({ ...stopped, resumeCommand: null })).toEqual([]);
  });

  it('name the failure last', () => {
    const failed: RunStatus = { ...status, state: 'failed', failure: 'updates.json breaks off.' };
    expect(composeLastWords({ ...end, status: failed }).at(-1)).toBe(
      'The run failed. updates.json breaks off.',
    );
  });
});
