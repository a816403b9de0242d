/** What one record of a source may be at most; beyond it the source counts as broken. */

/** Bytes of text, from a record's first byte to its last. Memory for reading follows from it. */
export const MAX_RECORD_BYTES = 16 * 1024 * 1024;

/** Levels of objects and arrays within a record, itself included. */
export const MAX_DEPTH = 512;
