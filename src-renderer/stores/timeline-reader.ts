import type { StoreApi } from 'zustand/vanilla';
import { toWireError } from '../../src-shared/errors';
import type { Clock } from '../clock';
import type { Client } from '../transport/client';
import type { LiveState } from './live';
import { loadTimeline } from './timeline';

const RETRY_MS = 2_000;

/** Fetches the timeline of the run in the window, one call at a time. */
export interface TimelineReader {
  /** Fetches now, or again after the current call. Retries until it succeeds. */
  read(): void;
}

export function createTimelineReader(
  client: Pick<Client, 'call'>,
  clock: Clock,
  live: StoreApi<LiveState>,
): TimelineReader {
  let reading = false;
  let again = false;
  let cancelRetry: (() => void) | null = null;

  const readOnce = async () => {
    const { status } = live.getState();
    if (status === null) return;
    again = false;
    try {
      const timeline = await client.call('timeline.get', { runId: status.runId });
      live.setState((state) =>
        state.status?.runId === timeline.runId
          ? { timeline: loadTimeline(timeline), timelineError: null }
          : state,
      );
    } catch (error) {
      live.setState({ timelineError: toWireError(error) });
      // A known timeline stays; the next change fetches again.
      if (live.getState().timeline === null) cancelRetry = clock.after(RETRY_MS, read);
      return;
    }
    const { status: now, timeline } = live.getState();
    if (again || (now !== null && timeline === null)) await readOnce();
  };

  const read = () => {
    cancelRetry?.();
    cancelRetry = null;
    again = true;
    if (reading) return;
    reading = true;
    void readOnce().finally(() => {
      reading = false;
    });
  };
  return { read };
}
