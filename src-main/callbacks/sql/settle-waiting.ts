import { timestampOf } from '../../database/time-sql';

/**
 * Settles those of the numbers `$1` that still wait, at the time `$2`, for `WITH`; gives their numbers as `seq`.
 *
 * Whoever writes the row of a callback first has settled it: a newer version that overtakes it, or this. In order, so
 * that two who settle never wait for each other in turn.
 */
export function settleWaiting(fired: boolean): string {
  return `
    INSERT INTO settled_callbacks (seq, fired, settled_at)
    SELECT w.seq, ${fired}, ${timestampOf('$2::int8')} FROM unnest($1::int8[]) AS w (seq) ORDER BY w.seq
    ON CONFLICT (seq) DO NOTHING
    RETURNING seq`;
}
