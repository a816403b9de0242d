import { groupDigits } from '../../../src-shared/amounts';
import { IngotError } from '../../../src-shared/errors';
import type { RunStatus } from '../../../src-shared/events';
import { toPrintable } from '../../../src-shared/printable';
import { formatTable } from '../../../src-shared/report-text';
import type { RunGoal } from '../../../src-shared/run-goal';
import { requireDatabase } from '../../host/maintain';
import {
  openInput,
  openProgram,
  type Program,
  type ProgramSource,
  type ResumedRun,
} from '../../host/open-program';
import type { LoadedSettings } from '../../settings/load-settings';
import { maskPassword } from '../../settings/mask-password';
import type { Settings } from '../../settings/schema';
import { type Clock, createSystemClock } from '../../time/clock';
import { EXIT, type ExitCode } from '../process/failure';
import { describeTerminal, outputColors } from '../process/terminal';
import { composeCommand, openTools, refuseMemory } from './command';
import { finishDeliveries, warnUnarmed } from './deliveries';
import { createEnding, type Ending } from './ending';
import {
  composeLastWords,
  describeCutReport,
  describeRejection,
  rejectedAll,
  rejectedNearlyAll,
} from './last-words';
import { type Output, openOutput } from './output';
import { followProgress } from './progress';
import { writeOut } from './write-out';

/** Where a run shows what happens, and how it is asked to end. */
export interface Stage {
  readonly clock: Clock;
  readonly output: Output;
  readonly ending: Ending;
}

interface Play {
  readonly loaded: LoadedSettings;
  readonly samplePath: string;
  /** Where the run is to stop. */
  readonly until?: RunGoal | null;
  /** Whether the run can be resumed: its source is a file. */
  readonly isFile: () => boolean;
  /** Begins the run. @throws INTERRUPTED */
  readonly begin: (program: Program) => Promise<RunStatus>;
  /** Left out: it is a new run. */
  readonly onResume?: (program: Program, source: ProgramSource, run: ResumedRun) => Promise<void>;
}

/** `reached`: the run was stopped where it was to stop. */
export interface Played {
  readonly failed: boolean;
  readonly reached?: boolean;
}

/** A signal came before the run could begin. */
const INTERRUPTED = new IngotError('conflict', 'Interrupted before the run began.');

/**
 * Ingests one source and shows what happens.
 * @throws IngotError if the run could not begin: see `exitCodeOf`.
 */
export function ingest(
  file: string,
  loaded: LoadedSettings,
  samplePath: string,
  { until, deliver }: { readonly until: RunGoal | null; readonly deliver: boolean },
): Promise<ExitCode> {
  const { settings } = loaded;
  return onStage(settings, async (stage) => {
    const { output, ending } = stage;
    if (file === '-' && process.stdin.isTTY) {
      output.note('Reading from the terminal. Ctrl-D ends the input.\n');
    }
    const source = await openInput(file, settings);
    try {
      ending.workBegins();
      noteSource(output, 'Reading', source, settings);
      let isFile = false;
      return await playRun(stage, {
        loaded,
        samplePath,
        until,
        isFile: () => isFile,
        async begin(program) {
          if (program.cutOff > 0) {
            output.note(`${describeCutOff(program.cutOff)}: ${composeCommand(loaded, 'resume')}\n`);
          }
          const others = async () => (await program.call('callbacks.counts', {})).pending;
          await noteBegin(stage, source, settings.simulate ? others : null);
          isFile = (await source.identify()).kind === 'file';
          if (deliver) warnUnarmed(program, output.note);
          return program.ingest(source, { path: file === '-' ? null : file, until, deliver });
        },
      });
    } finally {
      await source.close();
    }
  });
}

/**
 * Takes a run up at its checkpoint and shows what happens, as `ingest` does.
 * @param runId null: the latest that can be resumed.
 * @throws IngotError `not_found`, `conflict` with the reason if it cannot be resumed, `source_unreadable`.
 */
export async function resume(
  runId: string | null,
  loaded: LoadedSettings,
  samplePath: string,
): Promise<ExitCode> {
  const { settings, originOf } = loaded;
  requireRuns(loaded);
  // A run keeps its own settings. Only waiting is up to this command, if anything says so.
  const changes = originOf('wait').source === 'default' ? {} : { wait: settings.wait };
  return onStage(settings, (stage) => {
    stage.ending.workBegins();
    return playRun(stage, {
      loaded,
      samplePath,
      isFile: () => true,
      begin: async (program) =>
        program.call('runs.resume', { runId: runId ?? (await findLatest(program)), ...changes }),
      async onResume(program, source, run) {
        const verb = `Resuming run ${run.runId} after ${groupDigits(run.records)} records:`;
        noteSource(stage.output, verb, source, settings);
        const others = async () => (await program.call('callbacks.counts', {})).pending - run.pending;
        await noteBegin(stage, source, run.simulated ? others : null);
      },
    });
  });
}

/** Prints the runs that ended before their source did, and whether they can be resumed: a table, or one object a line. */
export async function listUnfinished(loaded: LoadedSettings, samplePath: string): Promise<ExitCode> {
  const { settings } = loaded;
  requireRuns(loaded);
  const program = await openProgram({ ...(await openTools(loaded)), settings, purpose: 'list', samplePath });
  try {
    const runs = await program.call('runs.unfinished', {});
    if (settings.json) {
      const lines = runs.map(({ runId, state, source, records, startedAtMs, notResumable }) => {
        const resumable = notResumable === null;
        return JSON.stringify({ runId, state, source, records, startedAtMs, resumable, notResumable });
      });
      await writeOut(lines.map((line) => `${line}\n`).join(''));
    } else if (runs.length === 0) {
      await writeOut('No run is unfinished.\n');
    } else {
      const rows = runs.map(({ runId, state, source, records, notResumable }) => [
        runId,
        state,
        toPrintable(source),
        groupDigits(records),
        notResumable ?? 'can be resumed',
      ]);
      const head = ['Run', 'State', 'Source', 'Records', ''];
      await writeOut(`${formatTable(head, rows, { paint: outputColors().bold })}\n`);
    }
    return EXIT.done;
  } finally {
    await program.close();
  }
}

function requireRuns(loaded: LoadedSettings): void {
  refuseMemory(loaded, 'keeps no runs: nothing to resume.');
  requireDatabase(loaded.settings);
}

/** If none can be resumed, the last one: its refusal says why. */
async function findLatest(program: Program): Promise<string> {
  const runs = await program.call('runs.unfinished', {});
  const latest = runs.find(({ notResumable }) => notResumable === null) ?? runs[0];
  if (latest) return latest.runId;
  throw new IngotError('not_found', 'No run is unfinished: there is nothing to resume.');
}

/** Sets the stage, plays, and clears it. Gives what `play` gives, or why it ended before its time. */
export async function onStage(
  { json }: Settings,
  play: (stage: Stage) => Promise<Played>,
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
    const { failed, reached = false } = await play({ clock, output, ending });
    await output.end();
    if (ending.reason() === 'output fault' || failed) return EXIT.failed;
    return reached || ending.reason() ? EXIT.interrupted : EXIT.done;
  } finally {
    output.restoreTerminal();
  }
}

/** Opens the program around one run, and closes it. */
async function playRun(
  { clock, output, ending }: Stage,
  { loaded, samplePath, until = null, isFile, begin, onResume }: Play,
): Promise<Played> {
  const { settings } = loaded;
  const { logs, ...tools } = await openTools(loaded, { clock, note: output.note });
  let cutReport: string | null = null;
  let reached = false;
  const program: Program = await openProgram({
    ...tools,
    settings,
    purpose: 'runs',
    samplePath,
    ready: output.ready,
    hear(events) {
      output.accept(events);
      for (const event of events) {
        if (until === null || reached || event.event !== 'run' || event.status.state !== 'paused') continue;
        reached = true;
        output.reached(until, event.status.at);
        void program.call('run.stop', {}).catch(() => undefined);
      }
      for (const event of events) if (event.event === 'report') cutReport = describeCutReport(event, loaded);
    },
    onResume: async (source, run) => onResume?.(program, source, run),
  });
  let stopServing = async () => {};
  try {
    const { operations } = program;
    if (operations) {
      const { serveOperations } = await import('../process/serve-operations');
      const { metricsPort: port, dataDir } = settings;
      const logger = tools.logger.child({ component: 'cli' });
      stopServing = await serveOperations({ operations, logger, port, dataDir });
    }
    const { runId } = await begin(program);
    ending.onBegin(() => void program.call('run.stop', {}).catch(() => undefined));
    output.showProgress(followProgress(program.status, clock.monotonicMs));
    const { status, notes, knewNearlyAll } = await program.ended;
    output.restoreTerminal();
    await finishDeliveries(program, { clock, ending, note: output.note });
    if (ending.reason() !== 'reader gone') {
      const words = composeLastWords({
        status,
        inMemory: settings.memory,
        location: program.location,
        knewNearlyAll,
        resetCommand: composeCommand(loaded, 'reset'),
        resumeCommand: isFile() && !settings.memory ? composeCommand(loaded, 'resume', runId) : null,
        interrupted: ending.reason() === 'signal',
        rejection: await explainRejection(program, status),
        notes: notes.map(toPrintable),
        cutReport: settings.memory ? null : cutReport,
      });
      output.note(words.map((word) => `${word}\n`).join(''));
    }
    const { state } = status;
    return { failed: state === 'failed' || state === 'interrupted' || rejectedAll(status), reached };
  } catch (error) {
    if (error !== INTERRUPTED) throw error;
    output.note(`${INTERRUPTED.message}\n`);
    return { failed: false };
  } finally {
    await stopServing();
    await program.close();
    logs.settle();
  }
}

/** Why nearly nothing of a run was taken, for a person; null if that is not so, or cannot be known any more. */
async function explainRejection(
  program: Program,
  { runId, state, counts }: RunStatus,
): Promise<string | null> {
  if (!rejectedNearlyAll(counts)) return null;
  // What ended the run may have taken the database with it, and has words of its own.
  if (state === 'failed' || state === 'interrupted') return null;
  const window = { from: { edge: 'start' as const }, limit: 1 };
  const { rows } = await program.call('runs.rejects', { runId, window });
  return rows[0] ? describeRejection(counts, rows[0]) : null;
}

/** What is about to be read, and where it goes: opening a new database takes some seconds. */
function noteSource(output: Output, verb: string, source: ProgramSource, settings: Settings): void {
  if (settings.json || !describeTerminal(process.stderr).isTerminal) return;
  const { database, dataDir } = settings;
  const format = `${source.format === 'json-array' ? 'JSON array' : 'NDJSON'}${source.compression === 'gzip' ? ', gzipped' : ''}`;
  const place = database === null ? (dataDir ?? 'memory') : maskPassword(database);
  output.note(`${verb} ${toPrintable(source.name)} (${format}) into ${place}.\n`);
}

/**
 * The last that is said before a run begins.
 * @param others how many callbacks of other runs wait; null: it does not matter. @throws INTERRUPTED
 */
async function noteBegin(
  { output, ending }: Stage,
  source: ProgramSource,
  others: (() => Promise<number>) | null,
): Promise<void> {
  for (const note of source.notes) output.note(`${toPrintable(note)}\n`);
  if (ending.reason()) throw INTERRUPTED;
  const waiting = others ? await others() : 0;
  if (waiting === 0) return;
  const wait =
    waiting === 1
      ? '1 callback of another run waits'
      : `${groupDigits(waiting)} callbacks of other runs wait`;
  output.note(
    `${wait} in the database. Newer versions in this source cancel such callbacks; those of this simulated run that still wait at its end stay frozen.\n`,
  );
}

function describeCutOff(runs: number): string {
  return runs === 1
    ? 'A run was cut off when its process ended. To go on with it'
    : `${runs} runs were cut off when their process ended. To go on with the latest`;
}
