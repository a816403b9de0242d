import { NOW_SEQ, parseAsOf } from '../../../src-shared/instant';
import type { HistoryFloor } from '../../../src-shared/retention';
import { compareVersions } from '../../../src-shared/update';
import {
  type LeaderChanges,
  type LeadersSince,
  type LeadersSinceQuery,
  MOST_LEADER_CHANGES,
} from '../../../src-shared/views';
import { numberArray } from '../../database/array-literal';
import type { Queryable, Statement } from '../../database/database';
import { readRetention } from '../../storage/retention';
import type { Clock } from '../../time/clock';
import { leadersOnChain } from '../as-of/leaders-on-chain';
import type { StateColumns } from '../as-of/state-columns';
import { momentsOf } from './read-window';
import { countOf, type RawRow } from './row-set';
import { joinUpdate } from './sql-pieces';

const readTimes: Statement = {
  name: 'read_times_of_updates',
  deadline: 'read',
  text: `
    SELECT coalesce(u.run_id, r.run_id) AS run_id, coalesce(u.at_ms, r.at_ms) AS at_ms
    FROM unnest($1::int8[]) WITH ORDINALITY AS n (seq, place)
    ${joinUpdate('n.seq', 'u')}
    LEFT JOIN LATERAL (SELECT * FROM retractions WHERE seq = n.seq LIMIT 1) AS r ON true
    ORDER BY n.place`,
};

/** Updates that would tell of earlier changes may be removed. */
const isKnown = (seq: bigint, floor: HistoryFloor | null) => floor === null || seq > BigInt(floor.seq);

/** With the time of each on the clock of the run. */
export async function findLeaderChanges(
  db: Queryable,
  columns: StateColumns,
  runId: string,
): Promise<LeaderChanges> {
  const all = columns.leaderChanges(runId, MOST_LEADER_CHANGES + 1);
  const { floor } = await readRetention(db);
  const found = all.filter(({ seq }) => isKnown(seq, floor));
  const changes = found.slice(-MOST_LEADER_CHANGES);
  const { rows } = await db.query<RawRow>(readTimes, [numberArray(changes.map(({ seq }) => seq))]);
  return {
    changes: changes.flatMap(({ seq, accountType }, at) => {
      const row = rows[at];
      return row ? [{ at: countOf(row, 'at_ms'), seq: String(seq), accountType }] : [];
    }),
    more: all.length > changes.length,
  };
}

/** Since when the leaders of types have led, as of an instant; as of a place on the chain since which version, in its order. */
export async function findLeadersSince(
  db: Queryable,
  columns: StateColumns,
  { accountTypes, asOf = NOW_SEQ }: LeadersSinceQuery,
  clock: Pick<Clock, 'breathe'>,
): Promise<readonly LeadersSince[]> {
  const { floor } = await readRetention(db);
  const { seq: upTo, cut } = parseAsOf(asOf);
  const found =
    cut === null
      ? columns
          .leadersSince(accountTypes, BigInt(upTo))
          .flatMap((one) => (isKnown(one.seq, floor) ? [{ ...one, version: null }] : []))
      : (await leadersOnChain(columns, accountTypes, BigInt(upTo), cut, clock)).filter(
          ({ version }) => floor === null || compareVersions(version, floor.version) > 0,
        );
  const { rows } = await db.query<RawRow>(readTimes, [numberArray(found.map(({ seq }) => seq))]);
  const moment = await momentsOf(
    db,
    rows.map((raw) => ({ raw })),
  );
  return found.flatMap(({ accountType, version, before }, at) => {
    const raw = rows[at];
    if (!raw) return [];
    return [{ accountType, before, since: moment(raw, 'run_id', 'at_ms'), onChain: version }];
  });
}
