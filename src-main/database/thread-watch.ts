/** What the database thread did of one request, for whoever follows it there. */
export interface ThreadWork {
  /** The context that the request came with. */
  readonly traceparent: string;
  /** By the `monotonicMs` of a system clock, which all threads of a process share. */
  readonly beganMs: number;
  readonly endedMs: number;
}

/**
 * Follows requests into the database thread and back, so that waiting for the thread and work in Postgres can be
 * told apart. The thread itself measures only what comes with a `traceparent`.
 */
export interface ThreadWatch {
  /** The W3C trace context in which `statement` is asked for; undefined: it is not followed. */
  traceparent(statement: string): string | undefined;
  /** The thread has done it. Called before whoever asked gets the answer. */
  worked(statement: string, work: ThreadWork): void;
}
