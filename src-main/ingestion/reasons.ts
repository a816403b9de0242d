import { UPDATE_LIMITS } from '../../src-shared/update';
import { MAX_ACCOUNT_BYTES } from './limits';
import { MAX_EXPANDED_DIGITS, type Unstorable } from './storable-json';

/** Every reason why a record is invalid, as a person reads it after the field's name. */
export const REASONS = {
  required: 'required',
  notObject: 'must be an object',
  notString: 'must be a string',
  empty: 'must not be empty',
  idTooLong: `longer than ${UPDATE_LIMITS.idLength} characters`,
  accountTypeTooLong: `longer than ${UPDATE_LIMITS.accountTypeLength} characters`,
  notU64: `must be an integer from 0 to ${UPDATE_LIMITS.maxU64}`,
  notCallbackTime: `must be an integer from 0 to ${UPDATE_LIMITS.maxCallbackTimeMs}`,
  accountTooLong: `longer than ${MAX_ACCOUNT_BYTES} bytes`,
  leadingZeros: 'must not have leading zeros',
  nul: 'holds the character U+0000, which the database cannot store',
  surrogate: 'holds half of a surrogate pair, which the database cannot store',
  number:
    'holds a number with more than 131072 digits before or 16383 after the point, which the database cannot store',
  expanded: `holds numbers of more than ${MAX_EXPANDED_DIGITS} digits in all when written out`,
} as const satisfies Record<Unstorable, string> & Record<string, string>;

export type Reason = keyof typeof REASONS;
