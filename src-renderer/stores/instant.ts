import { createStore, type StoreApi } from 'zustand/vanilla';
import { withKnown } from '../../src-shared/chain-place';
import type { MethodInput, MethodName, MethodResult } from '../../src-shared/contract';
import { toWireError } from '../../src-shared/errors';
import type { ResolvedInstant } from '../../src-shared/instant';
import { isActive } from '../../src-shared/run-actions';
import type { InstantSummary } from '../../src-shared/views';
import type { Clock } from '../clock';
import type { Client } from '../transport/client';
import type { Address } from './address';
import type { Emitter } from './emitter';
import type { Change } from './feed-intake';
import type { LiveState } from './live';
import { heardRun, runAt } from './run-time';
import { endOfTimeline, loadTimeline, type TimelineModel } from './timeline';

/** The instant that the window shows. */
export interface InstantShown {
  /** As the address names it; null: live. */
  readonly text: string | null;
  /** The last one found, which the views show; null: live, or nothing is found yet. */
  readonly found: ResolvedInstant | null;
  readonly summary: InstantSummary | null;
  /** Where the person has put it, ahead of what is found. */
  readonly aim: RunTime | null;
  /** Of its run, unless that is the run in the deck. */
  readonly timeline: TimelineModel | null;
  /** It has just been moved, as by a drag: only what is cheap is read. */
  readonly moving: boolean;
  /** It moves on along the run's clock. */
  readonly playing: boolean;
  /** Run milliseconds per millisecond while it does. */
  readonly speed: number;
}

interface RunTime {
  readonly runId: string;
  readonly at: number;
}

export interface InstantStore {
  readonly store: StoreApi<InstantShown>;
  /** `step` is one for Back; a `follow` replaces the one before it: a drag, a held key. */
  show(run: RunTime, how: 'step' | 'follow'): void;
  live(): void;
  /** To the next thing that happened in the run, or the one before. */
  neighbour(direction: 'next' | 'previous'): Promise<void>;
  play(): void;
  hold(): void;
  setSpeed(speed: number): void;
  /** The end of its run, or where that has got to. */
  endAt(): number;
}

const NOTHING: Omit<InstantShown, 'speed'> = {
  text: null,
  found: null,
  summary: null,
  aim: null,
  timeline: null,
  moving: false,
  playing: false,
};

/** At most ten moves a second, one after the other. */
const EVERY_MS = 100;
/** A moment that stays for so long stands still. */
const STILL_MS = 250;

interface InstantDeps {
  readonly client: Pick<Client, 'call'>;
  readonly clock: Clock;
  readonly live: StoreApi<LiveState>;
  readonly changes: Pick<Emitter<Change>, 'listen'>;
  readonly fail: (error: unknown) => void;
}

/** Keeps up with the address: only the latest instant asked for is looked for next. */
export function createInstant(
  { client, clock, live, changes, fail }: InstantDeps,
  address: Pick<Address, 'store' | 'go'>,
): InstantStore {
  const store = createStore<InstantShown>(() => ({ ...NOTHING, speed: 1 }));
  let wanted: { readonly text: string; readonly how: 'push' | 'replace' } | null = null;
  let busy = false;
  let lookAgain = false;
  let stopPlaying: (() => void) | null = null;
  let cancelStill: (() => void) | null = null;

  const follow = () => {
    const { at: text } = address.store.getState();
    if (text === store.getState().text) return;
    if (text === null) {
      hold();
      wanted = null;
      store.setState(NOTHING);
      return;
    }
    store.setState({ text });
    void look();
  };

  const look = async () => {
    if (busy) {
      lookAgain = true;
      return;
    }
    const { text } = store.getState();
    if (text === null) return;
    busy = true;
    lookAgain = false;
    const sinceMs = clock.nowMs();
    try {
      const found = await client.call('instant.resolve', { instant: text });
      const [summary, timeline] = await Promise.all([
        client.call('instant.summary', { asOf: found.asOf }),
        timelineOf(found.runId),
      ]);
      if (store.getState().text !== null) {
        const isLatest = wanted === null && store.getState().text === text;
        const aim = isLatest ? null : store.getState().aim;
        store.setState({ found, summary, timeline, aim });
      }
    } catch (error) {
      // When there is a database again, everything is asked for again.
      const waits = ['database_unavailable', 'disconnected'].includes(toWireError(error).code);
      if (store.getState().text === text && !waits) {
        fail(error);
        leave();
      }
    }
    clock.after(Math.max(0, EVERY_MS - (clock.nowMs() - sinceMs)), () => {
      busy = false;
      if (wanted !== null) flush();
      else if (lookAgain) void look();
    });
  };

  const timelineOf = async (runId: string | null): Promise<TimelineModel | null> => {
    if (runId === null || runId === live.getState().status?.runId) return null;
    const { timeline } = store.getState();
    if (timeline?.runId === runId) return timeline;
    return loadTimeline(await client.call('timeline.get', { runId }));
  };

  const flush = () => {
    if (wanted === null || busy) return;
    const { text, how } = wanted;
    wanted = null;
    address.go({ at: text }, how);
  };

  const show: InstantStore['show'] = (run, how) => {
    const at = Math.max(0, Math.round(run.at));
    const isFirst = wanted === null ? address.store.getState().at === null : wanted.how === 'push';
    const text = withKnown(address.store.getState().at, `${run.runId}@${at / 1000}s`);
    wanted = { text, how: isFirst || how === 'step' ? 'push' : 'replace' };
    cancelStill?.();
    cancelStill = clock.after(STILL_MS, () => store.setState({ moving: false }));
    store.setState({ aim: { runId: run.runId, at }, moving: true });
    flush();
  };

  const leave = () => {
    wanted = null;
    if (address.store.getState().at !== null) address.go({ at: null });
    else store.setState(NOTHING);
  };

  const placeNow = (): RunTime | null => {
    const { aim, found } = store.getState();
    if (aim) return aim;
    if (found?.runId != null && found.at !== null) return { runId: found.runId, at: found.at };
    const { status } = live.getState();
    return status && { runId: status.runId, at: endAt() };
  };

  const endAt = () => {
    const { timeline } = store.getState();
    if (timeline) return endOfTimeline(timeline);
    const { status, heardMs } = heardRun(live.getState());
    if (status === null) return 0;
    return isActive(status.state) ? runAt(status, heardMs, clock.nowMs()) : status.at;
  };

  const hold = () => {
    stopPlaying?.();
    stopPlaying = null;
    if (store.getState().playing) store.setState({ playing: false });
  };

  const play = () => {
    hold();
    store.setState({ playing: true });
    let beforeMs = clock.nowMs();
    stopPlaying = clock.every(EVERY_MS, () => {
      const nowMs = clock.nowMs();
      const from = placeNow();
      const end = endAt();
      if (from === null || from.at >= end) return hold();
      const { speed } = store.getState();
      show({ runId: from.runId, at: Math.min(end, from.at + (nowMs - beforeMs) * speed) }, 'follow');
      beforeMs = nowMs;
    });
  };

  address.store.subscribe(follow);
  follow();
  changes.listen((change) => {
    // Another database may be behind the same address.
    if (change === 'everything') void look();
  });
  return {
    store,
    show,
    live: leave,
    async neighbour(direction) {
      const from = placeNow();
      if (from === null) return;
      hold();
      try {
        const at = await client.call('timeline.neighbour', {
          runId: from.runId,
          // What has just happened counts as before the end.
          at: Math.floor(from.at) + (store.getState().text === null && direction === 'previous' ? 1 : 0),
          direction,
        });
        if (at !== null) show({ runId: from.runId, at }, 'follow');
      } catch (error) {
        fail(error);
      }
    },
    play,
    hold,
    setSpeed: (speed) => store.setState({ speed }),
    endAt,
  };
}

type ReadName = {
  [Name in MethodName]: 'asOf' extends keyof MethodInput<Name> ? Name : never;
}[MethodName];

/** The host's reads, each as of one instant. */
export interface Reads {
  call<Name extends ReadName>(method: Name, params: MethodInput<Name>): Promise<MethodResult<Name>>;
}

/** @param asOf null: now. */
export const readsAsOf = (client: Pick<Client, 'call'>, asOf: string | null): Reads => ({
  call: (method, params) => client.call(method, asOf === null ? params : { ...params, asOf }),
});
