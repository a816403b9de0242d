/** Limits for one record; a source that exceeds them counts as broken. */

/** From a record's first byte to its last. The reader's memory depends on it. */
export const MAX_RECORD_BYTES = 16 * 1024 * 1024;

/** The same for a record of another format: the data of one account may be written in hex, or as a list of numbers. */
export const MAX_MAPPED_BYTES = 48 * 1024 * 1024;

/** Of account data, decoded: what Solana allows (`MAX_PERMITTED_DATA_LENGTH`). */
export const MAX_ACCOUNT_BYTES = 10 * 1024 * 1024;

/** Levels of objects and arrays, the record included. */
export const MAX_DEPTH = 512;
