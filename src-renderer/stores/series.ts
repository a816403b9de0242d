import type { FeedEvent, FeedStats } from '../../src-shared/feed';
import { foldEvents, NO_TOTALS } from '../../src-shared/totals';

/** Rates and lateness of the last two minutes, in equal bins, for the plots. */
export const BIN_MS = 500;
export const BIN_COUNT = 240;
/** A rate is the mean of this many bins. */
const RATE_BINS = 4;

export interface SeriesBin {
  readonly updates: number;
  readonly fired: number;
  readonly cancelled: number;
  /** The worst frame of the bin; null if nothing fired. */
  readonly latenessP50: number | null;
  readonly latenessP99: number | null;
  readonly latenessMax: number | null;
}

export interface Series {
  /** Oldest first; the last is still filling while a run is active. */
  readonly bins: readonly SeriesBin[];
  /** The full bins; for an ended run, all. The same array until one changes. */
  readonly whole: readonly SeriesBin[];
  /** Start of the last bin. */
  readonly lastBinMs: number;
  readonly latest: FeedStats | null;
  /** When the first stats arrived. Earlier events are known only from the replay. */
  readonly joinedAtMs: number;
  /** The run has ended, so the last bin counts as full. */
  readonly ended: boolean;
}

const EMPTY_BIN: SeriesBin = {
  updates: 0,
  fired: 0,
  cancelled: 0,
  latenessP50: null,
  latenessP99: null,
  latenessMax: null,
};

export const EMPTY_SERIES: Series = {
  bins: [],
  whole: [],
  lastBinMs: 0,
  latest: null,
  joinedAtMs: 0,
  ended: false,
};

/**
 * Adds the difference to the previous stats. After a gap (a paused feed, a lost connection) it is spread over the bins between,
 * because the exact times are unknown.
 * @param endedAtMs of an ended run: the plots stop there while nothing happens.
 */
export function addStats(series: Series, stats: FeedStats, endedAtMs: number | null = null): Series {
  const added = addGained(series, stats, endedAtMs);
  const ended = endedAtMs !== null;
  const isSame = ended === series.ended && (!ended || added.bins === series.bins);
  return isSame ? added : { ...added, ...withBins(added.bins, ended), ended };
}

function addGained(series: Series, stats: FeedStats, endedAtMs: number | null): Series {
  const before = series.latest;
  const restMs = endedAtMs ?? stats.timeMs;
  if (before === null) {
    return { ...advanceTo(series, restMs), latest: stats, joinedAtMs: stats.timeMs };
  }
  const idle =
    stats.updates === before.updates && stats.fired === before.fired && stats.cancelled === before.cancelled;
  if (idle && series.ended && endedAtMs !== null) return { ...series, latest: stats };
  const advanced = advanceTo(series, idle ? restMs : stats.timeMs);
  if ((idle && stats.latenessMs === null) || stats.updates < before.updates)
    return { ...advanced, latest: stats };
  const gained = {
    updates: stats.updates - before.updates,
    fired: Math.max(0, stats.fired - before.fired),
    cancelled: Math.max(0, stats.cancelled - before.cancelled),
  };
  const elapsedMs = stats.timeMs - before.timeMs;
  const over = Math.min(advanced.bins.length, Math.max(1, Math.round(elapsedMs / BIN_MS)));
  const bins = advanced.bins.slice();
  const share = over > 4 ? over : 1;
  for (let back = 0; back < share; back += 1) {
    const at = bins.length - 1 - back;
    const bin = bins[at];
    if (!bin) break;
    bins[at] = {
      ...bin,
      updates: bin.updates + gained.updates / share,
      fired: bin.fired + gained.fired / share,
      cancelled: bin.cancelled + gained.cancelled / share,
    };
  }
  const last = bins[bins.length - 1];
  if (last && stats.latenessMs !== null) {
    bins[bins.length - 1] = {
      ...last,
      latenessP50: worst(last.latenessP50, stats.latenessMs.p50),
      latenessP99: worst(last.latenessP99, stats.latenessMs.p99),
      latenessMax: worst(last.latenessMax, stats.latenessMs.max),
    };
  }
  const whole = share === 1 ? advanced.whole : bins.slice(0, -1);
  return { ...advanced, bins, whole, latest: stats };
}

/** Adds the replayed events from before this window joined. Later events are already in the stats. */
export function addPast(series: Series, events: readonly FeedEvent[]): Series {
  let bins: SeriesBin[] | null = null;
  for (const event of events) {
    if (event.timeMs > series.joinedAtMs) continue;
    const back = Math.floor((series.lastBinMs - Math.floor(event.timeMs / BIN_MS) * BIN_MS) / BIN_MS);
    const at = series.bins.length - 1 - back;
    const bin = (bins ?? series.bins)[at];
    if (bin === undefined) continue;
    bins ??= series.bins.slice();
    bins[at] = withEvent(bin, event);
  }
  return bins === null ? series : { ...series, ...withBins(bins, series.ended) };
}

function withEvent(bin: SeriesBin, event: FeedEvent): SeriesBin {
  const { records, fired, cancelled } = foldEvents(NO_TOTALS, [event]);
  const counted = {
    ...bin,
    updates: bin.updates + records,
    fired: bin.fired + fired,
    cancelled: bin.cancelled + cancelled,
  };
  if (event.event !== 'fired' || event.byHand) return counted;
  // One event has no distribution: it stands for all three, which errs on the high side.
  return {
    ...counted,
    latenessP50: worst(bin.latenessP50, event.latenessMs),
    latenessP99: worst(bin.latenessP99, event.latenessMs),
    latenessMax: worst(bin.latenessMax, event.latenessMs),
  };
}

/** Extends to the bin of `timeMs`, with empty bins between. */
export function advanceTo(series: Series, timeMs: number): Series {
  const binMs = Math.floor(timeMs / BIN_MS) * BIN_MS;
  if (series.bins.length === 0) {
    return {
      ...series,
      ...withBins(new Array<SeriesBin>(BIN_COUNT).fill(EMPTY_BIN), false),
      lastBinMs: binMs,
    };
  }
  const steps = Math.min(BIN_COUNT, Math.round((binMs - series.lastBinMs) / BIN_MS));
  if (steps <= 0) return series;
  const fresh = new Array<SeriesBin>(steps).fill(EMPTY_BIN);
  return { ...series, ...withBins(series.bins.slice(steps).concat(fresh), false), lastBinMs: binMs };
}

const withBins = (bins: readonly SeriesBin[], ended: boolean) => ({
  bins,
  whole: ended ? bins : bins.slice(0, -1),
});

/** Per second over the last full bins: the one still filling would read too low. */
export function recentRate(series: Series, of: 'updates' | 'fired' | 'cancelled'): number {
  const whole = series.bins.slice(-1 - RATE_BINS, -1);
  if (whole.length === 0) return 0;
  const sum = whole.reduce((total, bin) => total + bin[of], 0);
  return sum / ((whole.length * BIN_MS) / 1000);
}

/**
 * Per second at each bin, over the two seconds up to it like the deck's: in single bins, a rate of a few a second would look like
 * a comb.
 */
export function ratesOf(bins: readonly SeriesBin[], of: 'updates' | 'fired' | 'cancelled'): number[] {
  return bins.map((_, at) => {
    const over = bins.slice(Math.max(0, at - RATE_BINS + 1), at + 1);
    return over.reduce((sum, bin) => sum + bin[of], 0) / ((over.length * BIN_MS) / 1000);
  });
}

function worst(before: number | null, now: number): number {
  return before === null ? now : Math.max(before, now);
}
