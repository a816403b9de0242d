/**
 * The renderer's only access to wall clock, timers and animation frames. All other code gets a `Clock`, so tests control the
 * time.
 */
export interface Clock {
  /** Milliseconds since 1970-01-01T00:00:00Z. */
  nowMs(): number;
  /** Returns the function that cancels it. */
  after(delayMs: number, task: () => void): () => void;
  /** Returns the function that ends it. */
  every(periodMs: number, task: () => void): () => void;
  /** In a hidden window nothing is painted, so a timer runs `task` instead. */
  beforePaint(task: () => void): () => void;
}

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
    // The window may be hidden between the request and the paint.
    const fallback = setTimeout(once, HIDDEN_WINDOW_MS);
    return () => {
      done = true;
      cancelAnimationFrame(frame);
      clearTimeout(fallback);
    };
  },
};
