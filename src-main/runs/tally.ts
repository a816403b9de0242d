import type { RunEvent } from '../../src-shared/events';
import { clockAt } from '../../src-shared/run-clock';
import type { EpochMs } from '../../src-shared/update';
import { addToFigures, type Figures, type KnownRun } from '../callbacks/known-run';
import type { TimelineMark } from '../callbacks/timeline-bins';

/**
 * What the events of one commit make of the figures of the runs they are of, `run` among them whatever happened. A callback
 * that another run's update cancelled is counted by its own run, at the time that its own clock shows.
 */
export function tally(
  run: KnownRun,
  events: readonly RunEvent[],
  runOf: (runId: string) => KnownRun,
  nowMs: EpochMs,
): ReadonlyMap<KnownRun, Figures> {
  const marks = new Map<KnownRun, TimelineMark[]>([[run, []]]);
  const mark = (of: KnownRun, entry: TimelineMark) => {
    const own = marks.get(of) ?? [];
    if (own.push(entry) === 1) marks.set(of, own);
  };
  for (const event of events) {
    if (event.event === 'report' || event.event === 'summary') continue;
    const of = event.event === 'cancelled' ? event.callbackRunId : event.runId;
    if (of === run.runId) mark(run, [event.event, event.at]);
    else {
      const other = runOf(of);
      mark(other, [event.event, clockAt(other.clock, nowMs)]);
    }
  }
  return new Map([...marks].map(([of, own]) => [of, addToFigures(of, own)]));
}
