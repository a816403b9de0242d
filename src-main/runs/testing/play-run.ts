import type { RunEvent, RunStatus } from '../../../src-shared/events';
import type { EngineEvent } from '../../../src-shared/feed';
import { type RunSettings, runSettingsSchema } from '../../../src-shared/run-settings';
import type { Database } from '../../database/database';
import type { RecordSource } from '../../ingestion/record';
import type { Logger } from '../../observability/logger';
import type { Clock } from '../../time/clock';
import { createVirtualClock } from '../../time/testing/virtual-clock';
import { createEngine } from '../engine';

const ignore = () => {};
export const silentLogger: Logger = {
  trace: ignore,
  debug: ignore,
  info: ignore,
  warn: ignore,
  error: ignore,
  fatal: ignore,
  isLevelEnabled: () => false,
  child: () => silentLogger,
};

const FIXED_GAP = { fromMs: 500, toMs: 500 };

/** Settings of a simulated run: by default a fixed gap of 500 ms. */
export function simulated(settings: Partial<RunSettings> = {}): RunSettings {
  return runSettingsSchema.parse({ delay: FIXED_GAP, simulate: true, ...settings });
}

/** Settings of a real-time run, whose clock the test drives: by default a fixed gap of 500 ms. */
export const paced = (settings: Partial<RunSettings> = {}): RunSettings =>
  simulated({ simulate: false, ...settings });

export interface PlayedRun {
  readonly events: readonly RunEvent[];
  readonly status: RunStatus;
}

/** Plays one run to its end on a new engine, by default in virtual time. */
export function playRun(
  db: Database,
  source: RecordSource,
  settings: RunSettings = simulated(),
  clock: Clock = createVirtualClock(),
): Promise<PlayedRun> {
  return sitThrough(db, source, { settings, clock });
}

/** One attempt of a run on an engine of its own: starts or resumes it. */
export async function sitThrough(
  db: Database,
  source: RecordSource,
  {
    settings = simulated(),
    resume = null,
    fromMs = 0,
    clock = createVirtualClock(fromMs),
  }: { settings?: RunSettings; resume?: string | null; fromMs?: number; clock?: Clock },
): Promise<PlayedRun> {
  const engine = await createEngine({ database: db, clock, logger: silentLogger, endsWithRun: true });
  const events: RunEvent[] = [];
  engine.subscribe((published) => events.push(...published.filter(isRunEvent)));
  const run = await (resume === null ? engine.startRun(source, settings) : engine.resumeRun(source, resume));
  const status = await run.ended;
  await engine.close();
  return { events, status };
}

export function isRunEvent(event: EngineEvent): event is RunEvent {
  return 'runId' in event;
}

/** The events of one name, typed. */
export function eventsOf<Name extends RunEvent['event']>(
  events: readonly EngineEvent[],
  name: Name,
): Extract<RunEvent, { event: Name }>[] {
  return events.filter((event): event is Extract<RunEvent, { event: Name }> => event.event === name);
}
