import type { SqlTable } from '../../src-shared/sql';
import type { Queryable, Statement } from '../database/database';

/** Rows are estimated as Postgres' planner does it: as dense as when they were counted, in as many blocks as there are now. */
const listTables: Statement = {
  name: 'describe_tables',
  deadline: 'read',
  text: `
    SELECT c.relname AS name,
      CASE WHEN pg_relation_size(c.oid) = 0 THEN 0
        WHEN c.reltuples < 0 THEN NULL
        ELSE round(c.reltuples / greatest(c.relpages, 1) * (pg_relation_size(c.oid) / current_setting('block_size')::int8))
      END::float8 AS rows,
      (SELECT json_agg(json_build_object('name', a.attname, 'type', format_type(a.atttypid, a.atttypmod)) ORDER BY a.attnum)
       FROM pg_attribute AS a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped)::text AS columns
    FROM pg_class AS c WHERE c.relnamespace = 'ingot'::regnamespace AND c.relkind = 'r' ORDER BY c.relname`,
};

/** All tables of the schema, with their columns. */
export async function describeTables(db: Queryable): Promise<readonly SqlTable[]> {
  const { rows } = await db.query<{ name: string; rows: number | null; columns: string }>(listTables);
  return rows.map(({ columns, ...table }) => ({ ...table, columns: JSON.parse(columns) }));
}
