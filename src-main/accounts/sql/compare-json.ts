import type { JsonText } from '../../../src-shared/update';
import { textArray } from '../../database/array-literal';
import type { Queryable, Statement } from '../../database/database';

const statement: Statement = {
  name: 'compare_json',
  deadline: 'read',
  text: `
    SELECT pair.left_value::jsonb = pair.right_value::jsonb AS same
    FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS pair (left_value, right_value, place)
    ORDER BY pair.place`,
};

/** For each pair, whether the two are the same JSON value by the database's own rule. */
export async function compareJson(
  db: Queryable,
  pairs: readonly (readonly [JsonText, JsonText])[],
): Promise<readonly boolean[]> {
  const { rows } = await db.query<{ same: boolean }>(statement, [
    textArray(pairs.map(([left]) => left)),
    textArray(pairs.map(([, right]) => right)),
  ]);
  return rows.map((row) => row.same);
}
