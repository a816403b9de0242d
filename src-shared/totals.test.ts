import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { EngineEvent } from './feed';
import { runEvent, runStatus } from './testing/events';
import { TIMELINE_KINDS } from './timeline';
import { foldEvents, NO_TOTALS, withNewContent } from './totals';

const runId = fc.constantFrom('1', '2');
const counted = fc
  .tuple(fc.constantFrom(...TIMELINE_KINDS), runId, runId)
  .map(([event, id, callbackRunId]): EngineEvent => runEvent(event, { runId: id, callbackRunId }));
const uncounted = fc.oneof(
  runId.map((id): EngineEvent => runEvent('summary', { runId: id })),
  fc.tuple(runId, fc.boolean()).map(
    ([id, isUnderWay]): EngineEvent => ({
      event: 'run',
      status: runStatus({ runId: id, endedAtMs: isUnderWay ? null : 1 }),
    }),
  ),
  fc.constantFrom<EngineEvent>(
    runEvent('report'),
    { event: 'notice', level: 'info', message: 'Something.' },
    { event: 'database', change: 'lost' },
  ),
);
const events = fc.array(fc.oneof(counted, uncounted));

describe('the totals', () => {
  it('of all events are those of the later ones on top of the earlier ones', () => {
    fc.assert(
      fc.property(events, events, (earlier, later) => {
        const atOnce = foldEvents(NO_TOTALS, [...earlier, ...later]);
        expect(foldEvents(foldEvents(NO_TOTALS, earlier), later)).toEqual(atOnce);
      }),
    );
  });

  it('count each event once, by its kind, and each record', () => {
    fc.assert(
      fc.property(events, (all) => {
        const totals = foldEvents(NO_TOTALS, all);
        for (const kind of TIMELINE_KINDS) {
          expect(totals[kind]).toBe(all.filter(({ event }) => event === kind).length);
        }
        const { records, indexed, stale, duplicate, conflict, rejected } = totals;
        expect(records).toBe(indexed + stale + duplicate + conflict + rejected);
      }),
    );
  });

  it('say how many callbacks wait, where each was indexed before it was settled', () => {
    fc.assert(
      fc.property(events, fc.nat(20), (all, waiting) => {
        const from = { ...NO_TOTALS, pending: waiting + all.length };
        const { pending, indexed, fired, cancelled } = foldEvents(from, all);
        expect(pending).toBe(from.pending + indexed - fired - cancelled);
      }),
    );
  });

  it('never say that fewer than none wait', () => {
    const { pending } = foldEvents({ ...NO_TOTALS, pending: 1 }, [runEvent('fired'), runEvent('cancelled')]);
    expect(pending).toBe(0);
  });

  it('keep apart what the run under way counts itself, and what it does not', () => {
    const begun: EngineEvent = { event: 'run', status: runStatus({ runId: '1' }) };
    const byOthers = [runEvent('fired', { runId: '2' }), runEvent('cancelled', { callbackRunId: '2' })];
    const during = foldEvents(NO_TOTALS, [begun, runEvent('fired'), runEvent('cancelled'), ...byOthers]);
    expect(during).toMatchObject({ fired: 2, cancelled: 2, sinceRun: { fired: 1, cancelled: 1 } });
    const after = foldEvents(during, [runEvent('summary'), runEvent('fired')]);
    expect(after).toMatchObject({ fired: 3, sinceRun: { fired: 2, cancelled: 1 } });
    const next: EngineEvent = { event: 'run', status: runStatus({ runId: '2' }) };
    expect(foldEvents(after, [next])).toMatchObject({ fired: 3, sinceRun: { fired: 0, cancelled: 0 } });
  });

  it('stay with another content, but for what waits and what was settled since its run', () => {
    const before = foldEvents(NO_TOTALS, [runEvent('indexed'), runEvent('indexed'), runEvent('fired')]);
    expect(withNewContent(before, 7)).toEqual({ ...before, pending: 7, sinceRun: NO_TOTALS.sinceRun });
    expect(before.sinceRun.fired).toBe(1);
  });
});
