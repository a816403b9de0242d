import type { Queryable, Statement } from '../../database/database';

const statement: Statement = {
  name: 'set_run_origin',
  text: 'UPDATE runs SET origin = $2::text WHERE id = $1::int8',
};

/** Keeps where a run's source can be opened again; `origin` is the host's own text. */
export async function setRunOrigin(db: Queryable, runId: string, origin: string): Promise<void> {
  await db.query(statement, [runId, origin]);
}
