import type { WireError } from '../../src-shared/errors';

/** The host's latest answer to a repeated question. */
export interface Answer<Value> {
  /** Kept while a newer answer is on its way, and when that fails, unless the failure says that the thing is gone. */
  readonly value: Value | null;
  readonly error: WireError | null;
}

export const NO_ANSWER: Answer<never> = { value: null, error: null };

/** After a reset or restore an account may be gone, so it must not stay on screen. */
export function keepAfterFailure<Value>(before: Answer<Value>, error: WireError): Answer<Value> {
  return { value: error.code === 'not_found' ? null : before.value, error };
}
