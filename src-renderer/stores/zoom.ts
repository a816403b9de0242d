import { createStore, type StoreApi } from 'zustand/vanilla';
import { isActive } from '../../src-shared/run-actions';
import type { RangeQuery, TimelineRange } from '../../src-shared/views';
import type { Clock } from '../clock';
import type { Client } from '../transport/client';
import { type Axis, axisOver, zoomed } from './axis';
import type { LiveState } from './live';
import type { TimelineModel } from './timeline';

export interface Zoom {
  /** The part of a run's time that the axis covers; null: all of it. */
  readonly shown: RangeQuery | null;
  /** What the person has marked. */
  readonly selected: RangeQuery | null;
  /** Narrow bins of what the axis covers, or once covered. */
  readonly narrow: TimelineRange | null;
  /** The range has too many events for narrow bins. */
  readonly tooMany: boolean;
}

export interface ZoomStore {
  readonly store: StoreApi<Zoom>;
  /** The axis of a run whose whole is `whole`. */
  fit(model: TimelineModel, whole: Axis): Axis;
  /** Narrows what the axis covers by `factor` around a time; above 1 widens it. */
  by(factor: number, about: number): void;
  /** Moves what the axis covers by a share of its length. */
  pan(share: number): void;
  show(range: RangeQuery | null): void;
  select(range: RangeQuery | null): void;
}

const EVERY_MS = 100;
/** While the run goes on within the range. */
const GROWING_MS = 1_000;
const WHOLE: Zoom = { shown: null, selected: null, narrow: null, tooMany: false };

interface ZoomDeps {
  readonly client: Pick<Client, 'call'>;
  readonly clock: Clock;
  readonly live: StoreApi<LiveState>;
}

/** What part of the timeline is shown, and read: one request after the other, only for the latest range. */
export function createZoom({ client, clock, live }: ZoomDeps): ZoomStore {
  const store = createStore<Zoom>(() => WHOLE);
  let fitted: { readonly model: TimelineModel; readonly whole: Axis } | null = null;
  let busy = false;
  let lookAgain = false;

  const look = async () => {
    if (busy) {
      lookAgain = true;
      return;
    }
    const { shown } = store.getState();
    if (shown === null || fitted === null) return;
    const isFine = (shown.to - shown.from) / fitted.whole.columns >= fitted.model.binMs;
    if (isFine) return store.setState({ tooMany: false });
    busy = true;
    lookAgain = false;
    const { status } = live.getState();
    const grows = status?.runId === shown.runId && isActive(status.state) && status.at < shown.to;
    // Without an answer the wide bins stay, and the next change asks again.
    const found = await client.call('timeline.range', shown).catch(() => undefined);
    if (found !== undefined && store.getState().shown?.runId === shown.runId) {
      store.setState(found === null ? { tooMany: true } : { narrow: found, tooMany: false });
    }
    clock.after(EVERY_MS, () => {
      busy = false;
      if (lookAgain) void look();
      else if (grows) clock.after(GROWING_MS, () => void look());
    });
  };

  const show = (shown: RangeQuery | null) => {
    store.setState(shown === null ? { shown, narrow: null, tooMany: false } : { shown });
    void look();
  };
  /** Within the whole, or all of it. */
  const cover = (range: { readonly from: number; readonly to: number } | null) => {
    if (fitted !== null) show(range && { runId: fitted.model.runId, ...range });
  };
  const coveredNow = (whole: Axis) => {
    const { shown } = store.getState();
    const to = whole.columnMs * whole.columns;
    return { now: shown ?? { from: 0, to }, to };
  };

  return {
    store,
    fit(model, whole) {
      // Another run is another axis.
      if (fitted !== null && fitted.model.runId !== model.runId && store.getState() !== WHOLE) {
        store.setState(WHOLE);
      }
      fitted = { model, whole };
      const { shown } = store.getState();
      return shown === null ? whole : axisOver(shown, whole.columns);
    },
    by(factor, about) {
      if (fitted === null) return;
      const { now, to } = coveredNow(fitted.whole);
      cover(zoomed(now, factor, about, to));
    },
    pan(share) {
      const { shown } = store.getState();
      if (shown === null || fitted === null) return;
      const span = shown.to - shown.from;
      const { to } = coveredNow(fitted.whole);
      const from = Math.round(Math.max(0, Math.min(to - span, shown.from + share * span)));
      cover({ from, to: from + span });
    },
    show,
    select: (selected) => store.setState({ selected }),
  };
}
