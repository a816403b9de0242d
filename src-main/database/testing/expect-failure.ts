import { IngotError } from '../../../src-shared/errors';

/** The promise's rejection; throws if it resolves, or rejects with something else than an IngotError. */
export async function failureOf(promise: Promise<unknown>): Promise<IngotError> {
  const error: unknown = await promise.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (!(error instanceof IngotError)) throw new Error(`expected an IngotError, got ${String(error)}`);
  return error;
}
