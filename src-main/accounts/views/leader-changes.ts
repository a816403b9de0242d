import { type LeaderChanges, MOST_LEADER_CHANGES } from '../../../src-shared/views';
import { numberArray } from '../../database/array-literal';
import type { Queryable, Statement } from '../../database/database';
import { updateByNumber } from '../../storage/update-by-number';
import type { StateColumns } from '../as-of/state-columns';
import { countOf, type RawRow } from './row-set';

const readTimes: Statement = {
  name: 'read_times_of_updates',
  deadline: 'read',
  text: `
    SELECT u.at_ms FROM unnest($1::int8[]) WITH ORDINALITY AS n (seq, place)
    CROSS JOIN LATERAL ${updateByNumber('n.seq')} AS u ORDER BY n.place`,
};

/** With the time of each on the clock of the run. */
export async function findLeaderChanges(
  db: Queryable,
  columns: StateColumns,
  runId: string,
): Promise<LeaderChanges> {
  const found = columns.leaderChanges(runId, MOST_LEADER_CHANGES + 1);
  const changes = found.slice(-MOST_LEADER_CHANGES);
  const { rows } = await db.query<RawRow>(readTimes, [numberArray(changes.map(({ seq }) => seq))]);
  return {
    changes: changes.flatMap(({ seq, accountType }, at) => {
      const row = rows[at];
      return row ? [{ at: countOf(row, 'at_ms'), seq: String(seq), accountType }] : [];
    }),
    more: found.length > changes.length,
  };
}
