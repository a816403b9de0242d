import type { Queryable, Statement } from '../../database/database';

const sample: Statement = {
  name: 'sample_slots',
  deadline: 'read',
  text: `
    SELECT COALESCE(bool_or(slot > 0), false) AS with_slots, COALESCE(bool_or(slot = 0), false) AS without_slots
      FROM (SELECT slot FROM accounts ORDER BY id LIMIT 1000) AS sampled
  `,
};

/** Whether some of the accounts have slots, and whether some have none: of the first thousand, so that it costs nothing. */
export async function sampleSlots(
  db: Queryable,
): Promise<{ readonly withSlots: boolean; readonly withoutSlots: boolean }> {
  const { rows } = await db.query<{ with_slots: boolean; without_slots: boolean }>(sample, []);
  const [row] = rows;
  return { withSlots: row?.with_slots ?? false, withoutSlots: row?.without_slots ?? false };
}
