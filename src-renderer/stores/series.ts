import type { FeedStats } from '../../src-shared/feed';

/** Rates and lateness over the last two minutes, in equal bins: what the plots draw. */
export const BIN_MS = 500;
export const BIN_COUNT = 240;

export interface SeriesBin {
  readonly updates: number;
  readonly fired: number;
  readonly cancelled: number;
  /** The worst of the bin's frames; null when nothing fired. */
  readonly latenessP50: number | null;
  readonly latenessP99: number | null;
  readonly latenessMax: number | null;
}

export interface Series {
  /** Oldest first; the last one is still being filled. */
  readonly bins: readonly SeriesBin[];
  /** Where the last bin begins. */
  readonly lastBinMs: number;
  readonly latest: FeedStats | null;
}

const EMPTY_BIN: SeriesBin = {
  updates: 0,
  fired: 0,
  cancelled: 0,
  latenessP50: null,
  latenessP99: null,
  latenessMax: null,
};

export const EMPTY_SERIES: Series = { bins: [], lastBinMs: 0, latest: null };

/**
 * Adds what happened since the stats before. A gap between two stats (a paused feed, a lost
 * connection) spreads what it brought over the bins between: when exactly it happened is not known.
 */
export function addStats(series: Series, stats: FeedStats): Series {
  const advanced = advanceTo(series, stats.timeMs);
  const before = series.latest;
  if (before === null || stats.updates < before.updates) return { ...advanced, latest: stats };
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
  return { ...advanced, bins, latest: stats };
}

/** Moves the last bin on to where `timeMs` falls, with empty ones between. */
export function advanceTo(series: Series, timeMs: number): Series {
  const binMs = Math.floor(timeMs / BIN_MS) * BIN_MS;
  if (series.bins.length === 0) {
    return { ...series, bins: new Array<SeriesBin>(BIN_COUNT).fill(EMPTY_BIN), lastBinMs: binMs };
  }
  const steps = Math.min(BIN_COUNT, Math.round((binMs - series.lastBinMs) / BIN_MS));
  if (steps <= 0) return series;
  const fresh = new Array<SeriesBin>(steps).fill(EMPTY_BIN);
  return { ...series, bins: series.bins.slice(steps).concat(fresh), lastBinMs: binMs };
}

/** Per second, over the last whole bins: the one being filled would read too low. */
export function recentRate(series: Series, of: 'updates' | 'fired' | 'cancelled', bins = 4): number {
  const whole = series.bins.slice(-1 - bins, -1);
  if (whole.length === 0) return 0;
  const sum = whole.reduce((total, bin) => total + bin[of], 0);
  return sum / ((whole.length * BIN_MS) / 1000);
}

function worst(before: number | null, now: number): number {
  return before === null ? now : Math.max(before, now);
}
