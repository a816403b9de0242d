import type { StoreApi } from 'zustand/vanilla';
import { toWireError } from '../../src-shared/errors';
import type { Clock } from '../clock';
import type { Client } from '../transport/client';
import type { LiveState } from './live';
import { loadTimeline } from './timeline';

const RETRY_MS = 2_000;

/** Asks the host for the timeline of the run that the window shows, one call at a time. */
export interface TimelineReader {
  /** Reads it now, or again after the read under way. Tries on for as long as it is not known. */
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
      // A timeline that is known already stays: the host is asked again at the next reason.
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
