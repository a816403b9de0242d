/** Start and end of a request in the database thread, for tracing. */
export interface ThreadWork {
  /** The request's context. */
  readonly traceparent: string;
  /** By the system clock's `monotonicMs`, which all threads of a process share. */
  readonly beganMs: number;
  readonly endedMs: number;
}

/**
 * Traces requests into the database thread, to tell waiting for the thread from work in Postgres. The thread measures only
 * requests with a `traceparent`.
 */
export interface ThreadWatch {
  /** The W3C trace context of the request; undefined: it is not traced. */
  traceparent(statement: string): string | undefined;
  /** The thread is done. Called before the requester gets the answer. */
  worked(statement: string, work: ThreadWork): void;
}
