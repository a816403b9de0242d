import { countOf, formatSpan, wholePercent } from './amounts';
import { type RunStatus, tookMs } from './events';
import type { FeedEvent, FeedFrame } from './feed';
import { fileName, toPrintableText } from './printable';
import { isActive } from './run-actions';
import type { EpochMs, RunState } from './update';

/** What a person sees of a run without looking at the window: its title, the taskbar, notifications. */

export const STATE_WORDS: Readonly<Record<RunState, string>> = {
  running: 'running',
  paused: 'paused',
  draining: 'waiting for callbacks',
  completed: 'completed',
  failed: 'failed',
  stopped: 'stopped',
  interrupted: 'interrupted',
};

/** The part of the source's records ingested so far, 0 to 1; null if their number is unknown. */
export function fractionTaken({ state, counts, expectedRecords }: RunStatus): number | null {
  if (state === 'completed' || state === 'draining') return 1;
  return expectedRecords === null ? null : Math.min(1, counts.records / Math.max(1, expectedRecords));
}

/** `42 % · sample.json – Ingot`. A tab shows only the beginning, so what changes comes first. */
export function windowTitle(status: RunStatus | null): string {
  if (status === null) return 'Ingot';
  const { state, source } = status;
  const fraction = state === 'running' || state === 'paused' ? fractionTaken(status) : null;
  const percent = fraction === null ? null : `${wholePercent(fraction, 1)} %`;
  const parts = [state === 'running' && percent !== null ? null : STATE_WORDS[state], percent];
  return `${[...parts, fileName(source)].filter((part) => part !== null).join(' · ')} – Ingot`;
}

/** As Electron takes it. */
export interface TaskbarProgress {
  /** 0 to 1 in steps of a hundredth, so that it rarely changes; below 0: none, above 1: of unknown size. */
  readonly value: number;
  readonly mode: 'none' | 'normal' | 'indeterminate' | 'paused' | 'error';
}

export function taskbarProgress(status: RunStatus | null): TaskbarProgress {
  if (status === null || (!isActive(status.state) && status.state !== 'failed')) {
    return { value: -1, mode: 'none' };
  }
  const fraction = fractionTaken(status);
  // Nothing else than a whole bar can be paused or red.
  const value = fraction === null ? 1 : wholePercent(fraction, 1) / 100;
  if (status.state === 'failed') return { value, mode: 'error' };
  if (status.state === 'paused') return { value, mode: 'paused' };
  return fraction === null ? { value: 2, mode: 'indeterminate' } : { value, mode: 'normal' };
}

/** A notification. */
export interface Telling {
  readonly title: string;
  readonly body: string;
  /** A later one with the same tag replaces it. Two tabs show one. */
  readonly tag: string;
  /** The view where a click leads. */
  readonly view: 'live' | 'operations';
}

/** The end of a shorter run is no news, unless it failed. */
export const LONG_RUN_MS = 10_000;

/** A new client also receives past events: those are no news. */
export const isFresh = ({ timeMs }: { readonly timeMs: EpochMs }, nowMs: EpochMs): boolean =>
  nowMs - timeMs < 10_000;

/**
 * Finds in the frames of one feed what is worth a notification if nobody looks at the window: the end of a run, and a critical
 * alert, which the host reports once each time it fires.
 */
export function createTeller(): (frame: FeedFrame) => readonly Telling[] {
  let heardSeq = 0;
  return (frame) => {
    // A page that was reloaded receives its latest events again.
    const events = frame.kind === 'events' ? frame.events.filter(({ seq }) => seq > heardSeq) : [];
    heardSeq = Math.max(heardSeq, frame.lastSeq);
    return events
      .filter((event) => isFresh(event, frame.stats.timeMs))
      .flatMap((event) => tellingOf(event) ?? []);
  };
}

function tellingOf(event: FeedEvent): Telling | null {
  if (event.event === 'run') return endOf(event.status);
  if (event.event !== 'notice' || event.alert === undefined || event.level !== 'error') return null;
  return {
    title: 'Ingot is not well',
    body: toPrintableText(event.message),
    tag: event.alert,
    view: 'operations',
  };
}

function endOf(status: RunStatus): Telling | null {
  const { runId, source, state, counts, failure } = status;
  const tag = `run ${runId}`;
  if (state === 'failed') {
    const body = toPrintableText(failure ?? `It stopped after ${countOf(counts.records, 'record')}.`);
    return { title: `Failed: ${fileName(source)}`, body, tag, view: 'live' };
  }
  const took = tookMs(status) ?? 0;
  if (state !== 'completed' || took < LONG_RUN_MS) return null;
  const rejected = counts.rejected === 0 ? '' : `, ${countOf(counts.rejected, 'reject')}`;
  const body = `${countOf(counts.records, 'record')}${rejected} in ${formatSpan(took)}.`;
  return { title: `Completed: ${fileName(source)}`, body, tag, view: 'live' };
}
