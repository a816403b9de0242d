import type { WireError } from '../../src-shared/errors';

/** What the host said last to a question that is asked again and again. */
export interface Answer<Value> {
  /** The latest answer; kept while a newer one is on its way, and when that fails, unless it says that there is none. */
  readonly value: Value | null;
  readonly error: WireError | null;
}

export const NO_ANSWER: Answer<never> = { value: null, error: null };

/** What is gone is not shown as if it were there: after a reset or a restore an account may be no more. */
export function keepAfterFailure<Value>(before: Answer<Value>, error: WireError): Answer<Value> {
  return { value: error.code === 'not_found' ? null : before.value, error };
}
