import packageJson from '../../../package.json';
import type { RunEvent } from '../../../src-shared/events';
import { toPrintable } from '../../../src-shared/printable';
import type { PendingCallbacks } from '../../callbacks/known-run';
import type { RecordSource } from '../../ingestion/record';
import { observeDatabase, watchSlowStatements } from '../../observability/observe-database';
import { combineObservers } from '../../observability/observer';
import { openTracing } from '../../observability/tracing/tracing';
import { knewNearlyAll } from '../../runs/attempt';
import { createEngine } from '../../runs/engine';
import type { Engine, Run } from '../../runs/interface';
import { markRunsInterrupted } from '../../runs/sql/runs';
import type { LoadedSettings } from '../../settings/load-settings';
import { maskPassword } from '../../settings/mask-password';
import type { Settings } from '../../settings/schema';
import type { OpenedDatabase } from '../../storage/open-database';
import { type Clock, createSystemClock } from '../../time/clock';
import { EXIT, type ExitCode } from '../process/failure';
import { describeTerminal } from '../process/terminal';
import { holdClock, holdSource } from './back-pressure';
import { formatCount } from './durations';
import { createEnding, type Ending } from './ending';
import { composeLastWords } from './last-words';
import { composeCommand, openChosenDatabase, quoteWord } from './open-chosen-database';
import { openCommandLogs } from './open-command-logs';
import { type Output, openOutput } from './output';
import { followProgress } from './progress';
import { explainRejection, rejectedAll } from './rejection';
import { watchRun } from './watch-run';

/** A run that is about to be played: a new one, or one that is taken up. */
export interface PreparedRun {
  readonly source: RecordSource;
  /** The id of a run that was begun before; null for a new one. */
  readonly takenUp: string | null;
  readonly simulated: boolean;
  readonly begin: (engine: Engine, source: RecordSource) => Promise<Run>;
}

/** Where runs show what happens, and how they are asked to end. */
export interface Stage {
  readonly clock: Clock;
  readonly output: Output;
  readonly ending: Ending;
}

/** Sets the stage, plays, and clears it. Gives what `play` gives, or why it ended before its time. */
export async function onStage(
  { json }: Settings,
  play: (stage: Stage) => Promise<{ readonly failed: boolean }>,
): Promise<ExitCode> {
  const clock = createSystemClock();
  // Only asked once there is an output.
  const ending = createEnding(clock, (code) => {
    output.restoreTerminal();
    process.exit(code);
  });
  const output = openOutput({
    json,
    clock,
    onReaderGone: () => ending.begin('reader gone'),
    onFault: (error) => {
      output.note(`Standard output cannot be written: ${error.message}\n`);
      ending.begin('output fault');
    },
  });
  ending.onBegin(output.release);
  try {
    const { failed } = await play({ clock, output, ending });
    await output.end();
    if (ending.reason() === 'output fault' || failed) return EXIT.failed;
    return ending.reason() ? EXIT.interrupted : EXIT.done;
  } finally {
    output.restoreTerminal();
  }
}

/** What is about to be read, and where it goes: opening a new database takes some seconds. */
export function noteStart(output: Output, verb: string, source: RecordSource, settings: Settings): void {
  if (!settings.json && describeTerminal(process.stderr).isTerminal) {
    output.note(`${describeStart(verb, source, settings)}\n`);
  }
}

function describeStart(verb: string, source: RecordSource, { database, dataDir }: Settings): string {
  const format = `${source.format === 'json-array' ? 'JSON array' : 'NDJSON'}${source.compression === 'gzip' ? ', gzipped' : ''}`;
  const place = database === null ? (dataDir ?? 'memory') : maskPassword(database);
  return `${verb} ${toPrintable(source.name)} (${format}) into ${place}.`;
}

/** Opens database and engine around one run, and closes them. */
export async function playRun(
  loaded: LoadedSettings,
  { clock: realClock, output, ending }: Stage,
  prepare: (database: OpenedDatabase) => Promise<PreparedRun>,
): Promise<{ readonly failed: boolean }> {
  const { settings } = loaded;
  const logs = await openCommandLogs(loaded, { clock: realClock, destination: { write: output.note } });
  const { logger } = logs;
  const own = logger.child({ component: 'cli' });
  const tracing = await openTracing({
    clock: realClock,
    logger: own,
    shell: 'cli',
    version: packageJson.version,
    server: settings.database,
    callbacks: settings.traceCallbacks,
  });
  const watch = await watchRun(settings, { clock: realClock, logger: own });
  const slow = watchSlowStatements({ logger, clock: realClock });
  const observer = combineObservers([tracing.observer, watch.observer, slow]);
  let stop = () => {};
  const opened = await openChosenDatabase(settings, {
    clock: realClock,
    logger,
    watch: tracing.thread,
    // A run that waits, for input or for callbacks, would notice at its next write only.
    onLost: () => stop(),
  });
  const database = observeDatabase(opened, observer);
  try {
    const cutOff = await markRunsInterrupted(database);
    const prepared = await prepare(database);
    if (cutOff > 0 && prepared.takenUp === null) {
      output.note(`${describeCutOff(cutOff)}: ${composeCommand(loaded, 'resume')}\n`);
    }
    const source = holdSource(prepared.source, output.ready);
    const told = source.notes;
    for (const note of told) output.note(`${toPrintable(note)}\n`);
    const engine = await createEngine({
      database,
      clock: holdClock(realClock, output.ready),
      logger,
      endsWithRun: true,
      observer,
      overdue: settings.overdue,
    });
    await watch.attach(database, engine);
    engine.subscribe(watch.hear);
    engine.subscribe(output.accept);
    let cut: string | null = null;
    engine.subscribe((events) => {
      for (const event of events) if (event.event === 'report') cut = describeCutReport(event, loaded);
    });
    if (ending.reason()) {
      output.note('Interrupted before the run began.\n');
      return { failed: false };
    }
    const others = prepared.simulated ? countOthers(engine.pending, prepared.takenUp) : 0;
    if (others > 0) output.note(`${describeOthers(others)}\n`);
    const isFile = (await source.identify()).kind === 'file';
    const run = await prepared.begin(engine, source);
    stop = run.stop;
    ending.onBegin(stop);
    output.showProgress(followProgress(run, realClock.monotonicMs));
    const status = await run.ended;
    output.restoreTerminal();
    if (ending.reason() !== 'reader gone') {
      const words = composeLastWords({
        status,
        inMemory: settings.memory,
        location: database.location,
        knewNearlyAll: await knewNearlyAll(database, status),
        resetCommand: composeCommand(loaded, 'reset'),
        resumeCommand: isFile && !settings.memory ? composeCommand(loaded, 'resume', run.runId) : null,
        interrupted: ending.reason() === 'signal',
        rejection: await explainRejection(database, status),
        notes: source.notes.filter((note) => !told.includes(note)).map(toPrintable),
        cutReport: settings.memory ? null : cut,
      });
      output.note(words.map((word) => `${word}\n`).join(''));
    }
    await engine.close();
    const { state } = status;
    return { failed: state === 'failed' || state === 'interrupted' || rejectedAll(status) };
  } finally {
    await watch.close();
    await database.close().finally(tracing.close);
    logs.settle();
  }
}

/** Where to see what the report does not name; null if it names all. */
function describeCutReport(
  { types, moreTypes }: Extract<RunEvent, { event: 'report' }>,
  loaded: LoadedSettings,
): string | null {
  const last = types.at(-1)?.accountType;
  if (moreTypes && last !== undefined) {
    return `There are more account types. To see them: ${composeCommand(loaded, 'report', `--after=${quoteWord(last)}`)}`;
  }
  const cut = types.find(({ tied, leaders }) => tied > leaders.length)?.accountType;
  if (cut === undefined) return null;
  return `Not all accounts of a tie are named. To see them: ${composeCommand(loaded, 'report', `--type=${quoteWord(cut)}`)}`;
}

function countOthers(pending: PendingCallbacks, own: string | null): number {
  let others = 0;
  pending.each((_seq, _wallMs, _dueMs, runId) => {
    if (runId !== own) others += 1;
  });
  return others;
}

function describeOthers(others: number): string {
  const wait =
    others === 1 ? '1 callback of another run waits' : `${formatCount(others)} callbacks of other runs wait`;
  return `${wait} in the database. Newer versions in this source cancel such callbacks; those of this simulated run that still wait at its end stay frozen.`;
}

function describeCutOff(runs: number): string {
  return runs === 1
    ? 'A run was cut off when its process ended. To go on with it'
    : `${runs} runs were cut off when their process ended. To go on with the latest`;
}
