import { z } from 'zod';
import { NO_COUNTS, type RunCounts, type RunStatus } from '../../src-shared/events';
import { isActive } from '../../src-shared/run-actions';
import { type ClockRecord, clockAt, clockRecordSchema, rateOf } from '../../src-shared/run-clock';
import { type RunSettings, runSettingsSchema } from '../../src-shared/run-settings';
import type { TimelineBins } from '../../src-shared/timeline';
import type { EpochMs, RunState } from '../../src-shared/update';
import { type SourceIdentity, sourceIdentitySchema } from '../ingestion/source-identity';

/** A run read from the database. */
export interface RunOnRecord {
  readonly runId: string;
  readonly source: string;
  readonly state: RunState;
  readonly settings: RunSettings;
  readonly counts: RunCounts;
  readonly checkpoint: Checkpoint;
  readonly clock: ClockRecord;
  readonly attempts: Attempts;
  readonly timeline: TimelineBins;
  /** Null for runs older than this column. */
  readonly identity: SourceIdentity | null;
  /** Where its source can be opened again, as the caller wrote it. */
  readonly origin: string | null;
  /** Wall clock, like the next. */
  readonly startedAtMs: EpochMs;
  /** Null if its end was never recorded. */
  readonly endedAtMs: EpochMs | null;
  readonly failure: string | null;
  readonly fieldMap: string | null;
}

const checkpointSchema = z.object({
  /** In the order of arrival. */
  records: z.int().min(0).default(0),
  /** In the decompressed source, right after the last record read. */
  byteOffset: z.int().min(0).default(0),
  /** When counts and state were last saved, by the wall clock; 0 in older versions. */
  savedAtMs: z.number().default(0),
  /** Wall-clock time between its attempts: the run was stopped, or Ingot closed. */
  awayMs: z.number().min(0).default(0),
  /** Of a connection; absent in other runs. */
  live: z
    .object({
      /** Where its source continues; null: it has not said so. */
      position: z.string().nullable(),
      /** The first slot of which nothing is on record: neither covered nor a gap. */
      nextSlot: z.string().nullable(),
      /** The highest slots: of its updates, and of these statuses. */
      slot: z.string().nullable(),
      confirmedSlot: z.string().nullable(),
      finalizedSlot: z.string().nullable(),
      losses: z.int().min(0),
      /** Messages that are no updates, by what they are. */
      skipped: z.record(z.string(), z.int().min(0)),
    })
    .exactOptional(),
});
/** The progress of a run, committed with each batch. */
export type Checkpoint = z.infer<typeof checkpointSchema>;
export type LiveCheckpoint = NonNullable<Checkpoint['live']>;

/** First and last number of each attempt: the run's updates are only there. */
const attemptsSchema = z.array(z.tuple([z.string(), z.string()]));
export type Attempts = z.infer<typeof attemptsSchema>;

const countsSchema = z.record(z.string(), z.number());

export const checkpointFrom = (text: string): Checkpoint => checkpointSchema.parse(JSON.parse(text));
export const clockFrom = (text: string): ClockRecord => clockRecordSchema.parse(JSON.parse(text));
export const attemptsFrom = (text: string): Attempts => attemptsSchema.parse(JSON.parse(text));

export const countsFrom = (text: string): RunCounts => ({
  ...NO_COUNTS,
  ...countsSchema.parse(JSON.parse(text)),
});

/** Settings of an earlier version get defaults for unknown fields. */
export const settingsFrom = (text: string): RunSettings =>
  runSettingsSchema.catch(runSettingsSchema.parse({})).parse(JSON.parse(text));

export const identityFrom = (text: string | null): SourceIdentity | null =>
  text === null ? null : sourceIdentitySchema.parse(JSON.parse(text));

/**
 * The status of a run that no engine of this process has. Without a recorded end it is interrupted, and ended when its progress
 * was last saved. `elsewhereMs`: another process holds the database and runs it at that time.
 */
export function statusOf(run: RunOnRecord, elsewhereMs: EpochMs | null = null): RunStatus {
  const { runId, source, counts, startedAtMs, failure, fieldMap, settings, identity, clock } = run;
  const rate = rateOf(clock);
  // A pause is stored as a clock that stands still.
  const underWay = rate === 0 && clock.kind === 'real' ? 'paused' : run.state;
  const activeState = elsewhereMs === null ? 'interrupted' : underWay;
  const state = isActive(run.state) ? activeState : run.state;
  const knownUntilMs = run.endedAtMs ?? Math.max(startedAtMs, run.checkpoint.savedAtMs);
  // Progress in a file is stored only in decompressed bytes.
  const bytesTotal = state === 'completed' && identity?.kind === 'file' ? identity.sizeBytes : null;
  return {
    runId,
    source,
    state,
    counts,
    bytesRead: bytesTotal ?? 0,
    bytesTotal,
    expectedRecords: null,
    startedAtMs,
    endedAtMs: isActive(state) ? null : knownUntilMs,
    awayMs: run.checkpoint.awayMs,
    at: clockAt(clock, isActive(state) && elsewhereMs !== null ? elsewhereMs : knownUntilMs),
    rate,
    speed: speedOf(clock) ?? settings.speed,
    simulated: settings.simulate,
    sourceEnded: run.state === 'draining' || run.state === 'completed',
    until: null,
    fieldMap,
    failure,
  };
}

/** The last rate at which the clock went: a person may have changed it. */
export const speedOf = (clock: ClockRecord): number | undefined =>
  clock.kind === 'real' ? clock.segments.findLast(({ rate }) => rate > 0)?.rate : undefined;

/** Why a run cannot be taken up again, as far as its record says; null if it can. A sentence for a person. */
export function whyNotResumable({ state, identity }: Pick<RunOnRecord, 'state' | 'identity'>): string | null {
  if (state === 'completed') return 'It is complete.';
  if (isActive(state)) return 'It is under way.';
  if (identity === null) return 'An earlier version of Ingot began it, and did not note what its file was.';
  if (identity.kind === 'live') return 'It is a connection: it goes on when you connect again.';
  return identity.kind === 'stream' ? 'It came from a pipe, which cannot be read twice.' : null;
}
