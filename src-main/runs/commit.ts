import type { Batch, Numbers } from '../accounts/apply-batch';
import { type Figures, type RunFigures, saveFigures } from '../callbacks/figures';
import { figuresAfter, type KnownRun } from '../callbacks/known-run';
import type { RecordSource } from '../ingestion/record';
import type { Attempts } from '../storage/run-on-record';
import type { Clock } from '../time/clock';
import type { RunAttempt } from './attempt';
import type { Marks } from './live-records';
import type { Pacer } from './pacer';
import { saveRunProgress } from './sql/runs';

interface CommitDeps {
  readonly clock: Clock;
  readonly runOf: (runId: string) => KnownRun;
  /** The part of a run's figures that must be saved. */
  readonly toSave: (run: KnownRun, after: Figures) => RunFigures;
  readonly source: RecordSource;
  readonly marks: Marks | null;
  readonly pacer: Pacer;
}

/** Within `alone`: does work whose transaction saves the run's checkpoint. `isDeath`: it puts the next death of a slot on record. */
type Commit = <T>(isDeath: boolean, work: (checkpoint: Batch['checkpoint']) => Promise<T>) => Promise<T>;

export function createCommit(
  { clock, runOf, toSave, source, marks, pacer }: CommitDeps,
  { run, awayMs, earlier }: RunAttempt,
): Commit {
  /** The numbers of this attempt so far. */
  let numbered: Numbers | null = null;
  const attemptsUntil = (numbers: Numbers | null): Attempts =>
    numbers === null ? earlier : [...earlier, [numbers.first.toString(), numbers.last.toString()]];

  return async (isDeath, work) => {
    let figures: ReadonlyMap<KnownRun, Figures> = new Map();
    let reached: Numbers | null = null;
    const checkpoint: Batch['checkpoint'] = async (tx, happened, numbers) => {
      figures = figuresAfter(run, happened, runOf, clock.now());
      const own = figures.get(run) ?? run;
      reached = numbers && { first: numbered?.first ?? numbers.first, last: numbers.last };
      const others = [...figures].filter(([other]) => other !== run);
      const live = await marks?.save(tx, own.counts.records, isDeath);
      await Promise.all([
        saveRunProgress(tx, {
          ...toSave(run, own),
          // A person who steps, or watches a paused run, sees each record.
          ...(pacer.isPaused() && { timeline: own.timeline }),
          checkpoint: {
            records: own.counts.records,
            byteOffset: source.progress().byteOffset,
            savedAtMs: clock.now(),
            awayMs,
            ...(live && { live }),
          },
          fieldMap: source.fieldMap,
          clock: run.clock,
          attempts: attemptsUntil(reached ?? numbered),
        }),
        saveFigures(
          tx,
          others.map(([other, after]) => toSave(other, after)),
        ),
      ]);
    };
    const done = await work(checkpoint);
    for (const [of, after] of figures) Object.assign(of, after);
    numbered = reached ?? numbered;
    marks?.saved();
    return done;
  };
}
