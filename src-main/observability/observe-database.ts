import type { Database, Queryable } from '../database/database';
import type { Observer } from './observer';

/**
 * The same database, with somebody looking on at each statement: as the work `statement`, with its name. A script
 * counts as one statement, and so does the end of a transaction, as `commit`.
 */
export function observeDatabase<Opened extends Database>(database: Opened, observer: Observer): Opened {
  const observed = (inner: Queryable): Queryable => ({
    query: (statement, values) =>
      observer.around('statement', { statement: statement.name }, () => inner.query(statement, values)),
  });
  const changes: Pick<Database, 'query' | 'executeScript' | 'transaction'> = {
    ...observed(database),
    executeScript: (name, sql) =>
      observer.around('statement', { statement: name }, () => database.executeScript(name, sql)),
    transaction: (work) =>
      new Promise((resolve, reject) => {
        const ended = database.transaction(async (tx) => {
          const result = await work(observed(tx));
          // Looked on from in here, so that it belongs to whatever the transaction belongs to. Who called hears
          // from the transaction itself if it fails.
          void observer.around('statement', { statement: 'commit' }, () => ended).catch(() => undefined);
          return result;
        });
        ended.then(resolve, reject);
      }),
  };
  return { ...database, ...changes };
}
