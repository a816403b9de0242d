/**
 * The renderer's only door to the wall clock, to timers and to animation frames. Everything else is
 * handed a `Clock`, so that it can be tested with time that stands still.
 */
export interface Clock {
  /** Milliseconds since 1970-01-01T00:00:00Z. */
  nowMs(): number;
  /** Runs `task` once, `delayMs` from now. Returns the function that calls it off. */
  after(delayMs: number, task: () => void): () => void;
  /** Runs `task` every `periodMs`. Returns the function that ends it. */
  every(periodMs: number, task: () => void): () => void;
  /** Runs `task` before the next paint. In a hidden window nothing is painted, so a timer stands in. */
  beforePaint(task: () => void): () => void;
}

/** How often a hidden window catches up with its host. */
const HIDDEN_WINDOW_MS = 250;

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  after: (delayMs, task) => {
    const timer = setTimeout(task, delayMs);
    return () => clearTimeout(timer);
  },
  every: (periodMs, task) => {
    const timer = setInterval(task, periodMs);
    return () => clearInterval(timer);
  },
  beforePaint: (task) => {
    if (document.visibilityState === 'hidden') return systemClock.after(HIDDEN_WINDOW_MS, task);
    let done = false;
    const once = () => {
      if (done) return;
      done = true;
      cancelAnimationFrame(frame);
      clearTimeout(fallback);
      task();
    };
    const frame = requestAnimationFrame(once);
    // A window that is hidden between the request and the paint would wait until it is shown again.
    const fallback = setTimeout(once, HIDDEN_WINDOW_MS);
    return () => {
      done = true;
      cancelAnimationFrame(frame);
      clearTimeout(fallback);
    };
  },
};
