import type { FeedStats } from '../feed';

export const QUIET_STATS: FeedStats = {
  timeMs: 0,
  updates: 0,
  fired: 0,
  cancelled: 0,
  pending: 0,
  callbacksPaused: false,
  sinceRun: { fired: 0, cancelled: 0 },
  latenessMs: null,
};
