import { IngotError } from '../../../src-shared/errors';
import type { Database, Queryable } from '../../database/database';

/** Where a database is lost: at its nth statement or commit, before it runs or before the reply. */
export interface Break {
  readonly at: number;
  readonly when: 'before' | 'reply lost';
}

/** The same database until it breaks; then nothing gets through. Committed content stays. */
export function breakingDatabase(db: Database, { at, when }: Break): Database {
  let statements = 0;
  let lost = false;
  const reach = async <T>(work: () => Promise<T>): Promise<T> => {
    if (!lost) {
      statements += 1;
      lost = statements >= at;
      if (!lost) return work();
      if (when === 'reply lost') await work();
    }
    throw new IngotError('database_unavailable', 'The database was lost.');
  };
  const through = (inner: Queryable): Queryable => ({
    query: (statement, values) => reach(() => inner.query(statement, values)),
    copy: (statement, rows) => reach(() => inner.copy(statement, rows)),
    executeScript: (name, sql, deadline) => inner.executeScript(name, sql, deadline),
  });
  return {
    kind: db.kind,
    location: db.location,
    ...through(db),
    async transaction(work) {
      const outcome = await db.transaction(async (tx) => {
        const result = await work(through(tx));
        // The commit counts as a statement: if it breaks before, all is rolled back.
        if (when === 'before') await reach(async () => undefined);
        return result;
      });
      if (when === 'reply lost') await reach(async () => undefined);
      return outcome;
    },
    setSchema: (schema) => db.setSchema(schema),
    close: async () => {},
  };
}
