import { IngotError } from '../../../src-shared/errors';

/** What a promise was rejected with; throws if it was not, or with something that is no IngotError. */
export async function failureOf(promise: Promise<unknown>): Promise<IngotError> {
  const error: unknown = await promise.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (!(error instanceof IngotError)) throw new Error(`expected an IngotError, got ${String(error)}`);
  return error;
}
