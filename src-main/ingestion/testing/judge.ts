import { expect } from 'vitest';
import { createRecordDecoder } from '../decode';
import { createJsonScan } from '../json-scan';
import type { NumberedRecord } from '../record';
import { createValidate } from '../validate';
import { recordText } from './reading';

export const MAX_U64 = 18_446_744_073_709_551_615n;
export const MAX_CALLBACK_TIME = 9_007_199_254_740_991n;
export const NOT_U64 = 'must be an integer from 0 to 18446744073709551615';
export const NOT_CALLBACK_TIME = 'must be an integer from 0 to 9007199254740991';

const validate = createValidate();

/** The result for the text of one record, the seventh. */
export function judge(text: string): NumberedRecord {
  const bytes = Buffer.from(`${text}\0`);
  const scan = createJsonScan();
  scan.bytes = bytes;
  scan.end = bytes.length - 1;
  const decoder = createRecordDecoder();
  expect(decoder.decode(scan, 0), text).toBe(scan.end);
  return validate(bytes, decoder.raw, 7);
}

/** The same for a valid record with these fields; undefined removes one. */
export const judgeFields = (fields: Record<string, string | undefined>): NumberedRecord =>
  judge(recordText(fields));
