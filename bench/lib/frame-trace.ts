import type { CDPSession } from '@playwright/test';
import { quantile } from './bench';

interface TraceEvent {
  readonly name: string;
  readonly ph: string;
  readonly ts: number;
  readonly dur?: number;
  /** How long the thread ran: less than `dur` on a busy machine. */
  readonly tdur?: number;
  readonly pid: number;
  readonly tid: number;
  readonly args?: {
    readonly name?: string;
    readonly frame_reporter?: { readonly state?: string; readonly frame_sequence?: number | string };
  };
}

/** From Chromium's own trace. */
export interface FrameFigures {
  readonly framesPerSecond: number;
  /** Share of the frames with new content that were not shown. */
  readonly dropped: number;
  readonly longestTaskMs: number;
  /** The longest run time of a task, without waiting for a processor. */
  readonly longestRunMs: number;
  readonly tasksOver50Ms: number;
  /** The parts of the longest task by Chromium's names, largest first, in milliseconds of their own. */
  readonly longestTaskParts: readonly { readonly name: string; readonly ms: number }[];
  /** Share of one processor used by the page's main thread. */
  readonly busy: number;
}

/** Traces the window during `work`. */
export async function watchFrames(devtools: CDPSession, work: () => Promise<void>): Promise<FrameFigures> {
  const events: TraceEvent[] = [];
  const collect = ({ value }: { value: object[] }) => {
    for (const event of value) events.push(event as TraceEvent);
  };
  devtools.on('Tracing.dataCollected', collect);
  await devtools.send('Tracing.start', {
    transferMode: 'ReportEvents',
    traceConfig: { includedCategories: ['devtools.timeline', 'toplevel', 'cc', 'benchmark'] },
  });
  await work();
  const complete = new Promise<void>((resolve) => devtools.once('Tracing.tracingComplete', () => resolve()));
  await devtools.send('Tracing.end');
  await complete;
  devtools.off('Tracing.dataCollected', collect);
  return readTrace(events);
}

/** Frames that the window drew, and tasks of its main thread. */
function readTrace(events: readonly TraceEvent[]): FrameFigures {
  const main = events.find(
    ({ ph, name, args }) => ph === 'M' && name === 'thread_name' && args?.name === 'CrRendererMain',
  );
  if (!main) throw new Error('the trace names no main thread of a window');
  const frames = events.filter(
    ({ name, ph, pid }) => name === 'PipelineReporter' && ph === 'b' && pid === main.pid,
  );
  // A frame may be reported twice: when the compositor drew it, and again with what the page added later.
  const inState = (prefix: string) =>
    new Set(
      frames
        .filter(({ args }) => args?.frame_reporter?.state?.startsWith(prefix))
        .map(({ args }) => args?.frame_reporter?.frame_sequence),
    );
  const presented = inState('STATE_PRESENTED');
  const dropped = [...inState('STATE_DROPPED')].filter((sequence) => !presented.has(sequence));
  const times = events.filter(({ ts }) => ts > 0).map(({ ts }) => ts);
  const seconds = (quantile(times, 1) - quantile(times, 0)) / 1e6;
  const ofMain = events.filter(({ ph, pid, tid }) => ph === 'X' && pid === main.pid && tid === main.tid);
  const taskEvents = ofMain.filter(({ name, dur }) => /RunTask$/.test(name) && dur);
  const tasks = taskEvents.map(({ dur = 0, tdur = dur }) => ({ ms: dur / 1000, ranMs: tdur / 1000 }));
  const longest = taskEvents.reduce<TraceEvent | undefined>(
    (most, task) => (most && (most.dur ?? 0) >= (task.dur ?? 0) ? most : task),
    undefined,
  );
  return {
    framesPerSecond: presented.size / seconds,
    dropped: dropped.length / (dropped.length + presented.size),
    longestTaskMs: Math.max(0, ...tasks.map(({ ms }) => ms)),
    longestRunMs: Math.max(0, ...tasks.map(({ ranMs }) => ranMs)),
    longestTaskParts: longest ? partsOf(longest, ofMain) : [],
    tasksOver50Ms: tasks.filter(({ ms }) => ms > 50).length,
    busy: tasks.reduce((sum, { ranMs }) => sum + ranMs, 0) / 1000 / seconds,
  };
}

/** The own time of each kind of event within a task. */
function partsOf(task: TraceEvent, events: readonly TraceEvent[]): FrameFigures['longestTaskParts'] {
  const endOf = ({ ts, dur = 0 }: TraceEvent) => ts + dur;
  const within = events
    .filter((event) => event.ts >= task.ts && endOf(event) <= endOf(task))
    .sort((one, other) => one.ts - other.ts || (other.dur ?? 0) - (one.dur ?? 0));
  const own = new Map<string, number>();
  const add = (name: string, us: number) => own.set(name, (own.get(name) ?? 0) + us);
  const around: TraceEvent[] = [];
  for (const event of within) {
    let outer = around.at(-1);
    while (outer && endOf(outer) < endOf(event)) {
      around.pop();
      outer = around.at(-1);
    }
    const { name, dur = 0 } = event;
    add(name, dur);
    if (outer) add(outer.name, -dur);
    around.push(event);
  }
  return [...own]
    .map(([name, us]) => ({ name, ms: us / 1000 }))
    .filter(({ ms }) => ms >= 0.5)
    .sort((one, other) => other.ms - one.ms);
}
