import { z } from 'zod';
import { IngotError } from '../../../src-shared/errors';

/** Where a row stands: its keys in one sort order, and its position among all rows as far as it is known. */
export interface Place {
  /** Index of the row among all that match, from 0: exact near the start, else the best estimate. */
  readonly index: number;
  /** The number of its part of the order: see `RowSet.parts`. */
  readonly part: number;
  /** The sort keys, each in the database's own text. */
  readonly keys: readonly string[];
}

const placeSchema = z.tuple([
  z.string(),
  z.int().min(0),
  z.int().min(0).max(16),
  z.array(z.string().max(512)).max(4),
]);

/** Opaque to whoever gets it. Carrying the index keeps positions steady from page to page without a count. */
export function encodeCursor(order: string, place: Place): string {
  return Buffer.from(JSON.stringify([order, place.index, place.part, place.keys])).toString('base64url');
}

/** @throws IngotError `invalid_input` for a cursor that is not ours, or of another sort order. */
export function decodeCursor(order: string, cursor: string, keyCount: number): Place {
  let parsed: z.infer<typeof placeSchema>;
  try {
    parsed = placeSchema.parse(JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8')));
  } catch (error) {
    throw new IngotError(
      'invalid_input',
      'The position in the list is not one that was given out.',
      {},
      error,
    );
  }
  const [of, index, part, keys] = parsed;
  if (of !== order || keys.length !== keyCount) {
    throw new IngotError('invalid_input', 'The position in the list belongs to another sort order.');
  }
  return { index, part, keys };
}
