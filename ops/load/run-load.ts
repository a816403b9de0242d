import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { Clock } from '../../src-main/time/clock';
import type { Percentiles } from '../drive/figures';
import { createHearing } from '../drive/hearing';
import { environmentAt } from '../drive/program';
import { createSchedule, sendOnSchedule } from '../drive/schedule';
import type { DrivenShell } from '../drive/shells';
import { driveCli, driveWeb } from '../drive/shells';
import { type Mix, type Workload, writeWorkload } from '../drive/workload';
import type { Monitored, Monitoring } from './monitored';
import type { Place } from './place';
import { judge } from './verdict';
import { type Backlog, startWatch } from './watch';

export interface LoadOptions {
  readonly shell: 'cli' | 'web';
  readonly perSecond: number;
  readonly durationS: number;
  /** Seconds before it at the same rate: checked, not measured. */
  readonly warmUpS: number;
  readonly mix: Mix;
}

export interface LoadDeps {
  /** The built program. */
  readonly root: string;
  /** For files of this run: created and removed. */
  readonly folder: string;
  readonly clock: Clock;
  readonly place: Place;
  readonly monitoring?: Pick<Monitoring, 'flags' | 'env' | 'begin' | 'seen' | 'end'>;
  /** Receives everything started, so that it can be ended with the test. */
  readonly onStart?: (shell: DrivenShell) => void;
}

export interface LoadResult {
  readonly shell: 'cli' | 'web';
  readonly updates: number;
  readonly rateAsked: number;
  /** Measured updates, over the time from the first one's instant to the last answer. */
  readonly rateReached: number;
  /** From the end of the schedule to the last answer; 0 if that came before. */
  readonly lateAtEndMs: number;
  readonly answerMs: Percentiles;
  readonly latenessMs: Percentiles;
  readonly firedHeardMs: Percentiles;
  readonly backlog: Backlog;
  readonly events: { readonly heard: number; readonly leftOut: number };
  readonly callbacks: { readonly fired: number; readonly cancelled: number };
  /** Bytes; 0 if the system does not tell. */
  readonly memory: {
    readonly residentPeak: number;
    readonly residentEnd: number;
    /** Of the engine's thread. */
    readonly heapPeak: number;
    /** The lowest heap of its last five seconds: about what it retained. */
    readonly heapEnd: number;
    readonly generatorResidentPeak: number;
  };
  /** Whether the database was read after the run. */
  readonly storedRead: boolean;
  /** Null without monitoring. */
  readonly monitored: Monitored | null;
  readonly breaches: readonly string[];
}

/** Share of the time after which a fault is provoked, with monitoring. */
const FAULT_AT = 0.3;

const PROBE = 'bench/lib/memory-probe.mjs';
const probeSchema = z.object({ heapBytes: z.number(), floorsBytes: z.array(z.number()) });

/** One run at one rate into an empty database. */
export async function runLoad(options: LoadOptions, deps: LoadDeps): Promise<LoadResult> {
  const { folder } = deps;
  mkdirSync(join(folder, 'home'), { recursive: true });
  try {
    const { perSecond, durationS, warmUpS } = options;
    const updates = 1 + Math.round(perSecond * warmUpS) + Math.max(1, Math.round(perSecond * durationS));
    const workload = await writeWorkload(join(folder, 'updates.ndjson'), updates, options.mix);
    return await driveThrough(workload, options, deps);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function driveThrough(workload: Workload, options: LoadOptions, deps: LoadDeps): Promise<LoadResult> {
  const { root, folder, clock, place, monitoring } = deps;
  const isWeb = options.shell === 'web';
  const hearing = createHearing(workload, { complete: !isWeb });
  const probeFile = join(folder, 'memory.json');
  const shell = (isWeb ? driveWeb : driveCli)({
    root,
    place: [...place.flags, ...(monitoring?.flags ?? [])],
    nodeFlags: ['--import', join(root, PROBE)],
    env: { ...environmentAt(join(folder, 'home')), MEMORY_PROBE_FILE: probeFile, ...monitoring?.env },
    folder,
    hearing,
    clock,
  });
  deps.onStart?.(shell);
  const reader = await workload.openReader();
  try {
    const orBroken = <T>(work: Promise<T>) => Promise.race([work, shell.broken]);
    const sink = await orBroken(shell.open());
    await sink.write(await reader.take(1, 0));
    // Nothing more is written before its answer: a program that needs more than one update never starts.
    await orBroken(hearing.untilAnswered(1));

    const schedule = createSchedule({
      perSecond: options.perSecond,
      records: workload.records,
      warmUp: Math.round(options.perSecond * options.warmUpS),
      beginMs: clock.monotonicMs() + SETTLE_MS,
    });
    hearing.begin(schedule);
    monitoring?.begin(shell, (options.warmUpS + options.durationS * FAULT_AT) * 1000);
    const watch = startWatch({ pid: shell.pid, hearing, schedule, clock });
    await orBroken(sendOnSchedule(reader, { schedule, sink, clock }));
    if (monitoring) await orBroken(monitoring.seen(workload.records));
    await shell.finish();
    const { lastAnswerMs } = hearing;
    const watched = watch.stop();
    const monitored = (await monitoring?.end(workload.records)) ?? null;

    const backupPath = await backUpAndStop(shell, place, join(folder, 'stored.ndjson.gz'));
    const heard = hearing.read();
    const { breaches, storedLateness } = await judge({ workload, heard, backupPath });
    const tookMs = Math.max(schedule.durationMs, lastAnswerMs - schedule.intendedMs(schedule.measuredFrom));
    const { answer, lateness, firedHeard } = heard.figures;
    return {
      shell: options.shell,
      updates: workload.records,
      rateAsked: options.perSecond,
      rateReached: ((schedule.records - schedule.measuredFrom) * 1000) / tookMs,
      lateAtEndMs: Math.max(0, tookMs - schedule.durationMs),
      answerMs: answer,
      latenessMs: storedLateness ?? lateness,
      firedHeardMs: firedHeard,
      backlog: watched.backlog,
      events: { heard: heard.events, leftOut: heard.eventsLeftOut },
      callbacks: { fired: heard.saidCounts?.fired ?? 0, cancelled: heard.saidCounts?.cancelled ?? 0 },
      memory: {
        residentPeak: watched.peakBytes,
        residentEnd: watched.endBytes,
        ...readHeap(probeFile),
        generatorResidentPeak: process.resourceUsage().maxRSS * 1024,
      },
      storedRead: backupPath !== null,
      monitored,
      breaches: [...breaches, ...(monitored?.breaches ?? [])],
    };
  } finally {
    shell.kill();
    await reader.close();
  }
}

/** Between the answer to the opening update and the first scheduled instant. */
const SETTLE_MS = 200;

/** By a new process if the database outlives its program, otherwise by the program itself. */
async function backUpAndStop(shell: DrivenShell, place: Place, path: string): Promise<string | null> {
  if (!place.backUp && shell.fetchBackup) await shell.fetchBackup(path);
  await shell.stop();
  if (place.backUp) await place.backUp(path);
  return place.backUp || shell.fetchBackup ? path : null;
}

function readHeap(probeFile: string): { heapPeak: number; heapEnd: number } {
  if (!existsSync(probeFile)) return { heapPeak: 0, heapEnd: 0 };
  const { heapBytes, floorsBytes } = probeSchema.parse(JSON.parse(readFileSync(probeFile, 'utf8')));
  return { heapPeak: heapBytes, heapEnd: floorsBytes.at(-1) ?? 0 };
}
