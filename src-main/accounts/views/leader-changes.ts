import { type LeaderChanges, MOST_LEADER_CHANGES } from '../../../src-shared/views';
import type { Queryable, Statement } from '../../database/database';
import { countOf, type RawRow, textOf } from './row-set';

const read: Statement = {
  name: 'leader_changes',
  deadline: 'maintenance',
  text: `
    SELECT u.seq, u.run_id, u.at_ms, u.account_id, u.account_type, u.tokens FROM account_updates AS u
    WHERE u.seq > $1::int8 AND u.due_ms IS NOT NULL ORDER BY u.seq LIMIT 5000`,
};

/** Replays the history in memory. */
export async function findLeaderChanges(db: Queryable, runId: string): Promise<LeaderChanges> {
  const types = new Map<string, Map<string, bigint>>();
  const typeOf = new Map<string, string>();
  const leaders = new Map<string, string>();
  const changes: { at: number; seq: string; accountType: string }[] = [];
  for (let last = String(-(2n ** 63n)); ; ) {
    const { rows } = await db.query<RawRow>(read, [last]);
    for (const raw of rows) {
      const [id, type] = [textOf(raw, 'account_id'), textOf(raw, 'account_type')];
      const before = typeOf.get(id) ?? type;
      types.get(before)?.delete(id);
      typeOf.set(id, type);
      const of = types.get(type) ?? new Map<string, bigint>();
      types.set(type, of.set(id, BigInt(textOf(raw, 'tokens'))));
      for (const changed of new Set([before, type])) {
        const tokens = [...(types.get(changed) ?? [])];
        const most = tokens.reduce((high, [, one]) => (one > high ? one : high), 0n);
        const now = JSON.stringify(tokens.filter(([, one]) => one === most).map(([who]) => who));
        if (leaders.get(changed) === now) continue;
        leaders.set(changed, now);
        if (textOf(raw, 'run_id') !== runId) continue;
        changes.push({ at: countOf(raw, 'at_ms'), seq: textOf(raw, 'seq'), accountType: changed });
      }
    }
    const end = rows.at(-1);
    if (!end) break;
    last = textOf(end, 'seq');
  }
  return { changes: changes.slice(-MOST_LEADER_CHANGES), more: changes.length > MOST_LEADER_CHANGES };
}
