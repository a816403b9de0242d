import { type RunSettings, runSettingsSchema } from '../../../src-shared/run-settings';
import { createSystemClock } from '../../engine/clock';
import { createEngine } from '../../engine/engine';
import { createVirtualClock } from '../../engine/virtual-clock';
import { openSource } from '../../ingestion/open-source';
import type { RecordSource } from '../../ingestion/record';
import { createLogger } from '../../observability/logger';
import type { LoadedSettings } from '../../settings/load-settings';
import { maskPassword } from '../../settings/mask-password';
import type { Settings } from '../../settings/schema';
import { EXIT, type ExitCode } from '../process/failure';
import { holdClock, holdSource } from './back-pressure';
import { createEnding, type Ending } from './ending';
import { composeLastWords } from './last-words';
import { composeResetCommand, openChosenDatabase } from './open-chosen-database';
import { type Output, openOutput } from './output';
import { toPrintable } from './printable';
import { followProgress } from './progress';
import { wantsColors } from './terminal';

/**
 * Ingests one source and shows what happens.
 * @throws IngotError if the run could not begin: see `exitCodeOf`.
 */
export async function ingest(file: string, loaded: LoadedSettings): Promise<ExitCode> {
  const { settings } = loaded;
  const clock = createSystemClock();
  const ending = createEnding(clock, (code) => process.exit(code));
  const output = openOutput({
    json: settings.json,
    clock,
    onReaderGone: () => ending.begin('reader gone'),
    onFault: (error) => {
      output.note(`Standard output cannot be written: ${error.message}\n`);
      ending.begin('output fault');
    },
  });
  ending.onBegin(output.release);
  if (file === '-' && process.stdin.isTTY) {
    output.note('Reading from the terminal. Ctrl-D ends the input.\n');
  }
  const source = await openSource(
    file === '-' ? { kind: 'stream', stream: process.stdin, name: 'stdin' } : { kind: 'file', path: file },
  );
  ending.workBegins();
  if (!settings.json && process.stderr.isTTY) output.note(`${describeStart(source, settings)}\n`);
  try {
    const failed = await runInto(loaded, holdSource(source, output.ready), output, ending);
    await output.end();
    if (ending.reason() === 'output fault' || failed) return EXIT.failed;
    return ending.reason() ? EXIT.interrupted : EXIT.done;
  } finally {
    output.restoreTerminal();
    await source.close();
  }
}

/** What is about to be read, and where it goes: opening a new database takes some seconds. */
function describeStart(source: RecordSource, { database, dataDir }: Settings): string {
  const format = `${source.format === 'json-array' ? 'JSON array' : 'NDJSON'}${source.compression === 'gzip' ? ', gzipped' : ''}`;
  const place = database === null ? (dataDir ?? 'memory') : maskPassword(database);
  return `Reading ${toPrintable(source.name)} (${format}, ${source.fieldMap} fields) into ${place}.`;
}

/** Opens database and engine around one run, and closes them. Gives whether the run failed. */
async function runInto(
  loaded: LoadedSettings,
  source: ReturnType<typeof holdSource>,
  output: Output,
  ending: Ending,
): Promise<boolean> {
  const { settings } = loaded;
  const logger = await createLogger({
    level: settings.logLevel,
    pretty: process.stderr.isTTY === true,
    colors: wantsColors({ isTTY: process.stderr.isTTY === true, variables: process.env }),
    destination: { write: output.note },
  });
  const realClock = createSystemClock();
  const database = await openChosenDatabase(settings, { clock: realClock, logger });
  // An empty database and a clock that begins at 0: the same bytes whenever it runs. Where earlier
  // callbacks may wait, time goes on from now.
  const clock = settings.simulate ? createVirtualClock(settings.memory ? 0 : realClock.now()) : realClock;
  // What is overdue fires as part of the run: its line comes after the run's begin, and is counted.
  let begin = () => {};
  const begun = new Promise<void>((resolve) => {
    begin = resolve;
  });
  try {
    const engine = await createEngine({
      database,
      clock: holdClock(clock, () => begun.then(output.ready)),
      logger,
      endsWithRun: true,
      ...(settings.simulate && { sweepEveryMs: null }),
    });
    engine.subscribe(output.accept);
    if (ending.reason()) {
      output.note('Interrupted before the run began.\n');
      return false;
    }
    const run = await engine.startRun(source, runSettingsOf(settings));
    begin();
    ending.onBegin(run.stop);
    output.showProgress(followProgress(run, source, realClock.monotonicMs));
    const status = await run.ended;
    output.restoreTerminal();
    if (ending.reason() !== 'reader gone') {
      const interrupted = ending.reason() === 'signal';
      const words = composeLastWords({
        status,
        inMemory: settings.memory,
        location: database.location,
        resetCommand: composeResetCommand(loaded),
        interrupted,
      });
      output.note(words.map((word) => `${word}\n`).join(''));
    }
    await engine.close();
    return status.state === 'failed';
  } finally {
    await database.close();
  }
}

function runSettingsOf({ arrival, delay, speed, seed, simulate, wait }: Settings): RunSettings {
  return runSettingsSchema.parse({ arrival, delay, speed, seed, simulate, wait });
}
