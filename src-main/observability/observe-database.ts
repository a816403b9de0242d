import type { Database, Queryable, Statement } from '../database/database';
import { type Observer, unobserved } from './observer';

/**
 * The same database, with somebody looking on at each statement: as the work `statement`, with its name. A script
 * counts as one statement, and so does the end of a transaction, as `commit`.
 */
export function observeDatabase<Opened extends Database>(database: Opened, observer: Observer): Opened {
  if (observer === unobserved) return database;
  const observed = (inner: Queryable): Queryable => ({
    query: (statement, values) =>
      observer.around('statement', attributesOf(statement), () => inner.query(statement, values)),
    copy: (statement, rows) =>
      observer.around('statement', attributesOf(statement), () => inner.copy(statement, rows)),
    executeScript: (name, sql, deadline) =>
      observer.around('statement', { statement: name }, () => inner.executeScript(name, sql, deadline)),
  });
  const changes: Queryable & Pick<Database, 'transaction'> = {
    ...observed(database),
    transaction: (work) =>
      new Promise((resolve, reject) => {
        const ended = database.transaction(async (tx) => {
          const result = await work(observed(tx));
          // Looked on from in here, so that it belongs to whatever the transaction belongs to. Who called hears
          // from the transaction itself if it fails.
          void observer.around('statement', COMMIT, () => ended).catch(() => undefined);
          return result;
        });
        ended.then(resolve, reject);
      }),
  };
  return { ...database, ...changes };
}

const COMMIT = { statement: 'commit', operation: 'COMMIT' };

interface StatementAttributes extends Readonly<Record<string, string>> {
  readonly statement: string;
  readonly operation: string;
}

const known = new WeakMap<Statement, StatementAttributes>();

/** Most statements are made once: they are read once. */
function attributesOf(statement: Statement): StatementAttributes {
  let attributes = known.get(statement);
  if (!attributes) {
    attributes = { statement: statement.name, operation: operationOf(statement.text) };
    known.set(statement, attributes);
  }
  return attributes;
}

/** The command that Postgres will say it was: the first word, or the first behind all of a WITH. */
function operationOf(sql: string): string {
  let outside = '';
  let depth = 0;
  for (const letter of sql) {
    if (letter === '(') depth += 1;
    if (depth === 0) outside += letter;
    if (letter === ')') depth -= 1;
  }
  const words = outside.toUpperCase().match(/[A-Z]+/g) ?? [];
  const isPlain = words[0] !== 'WITH';
  return (isPlain ? words[0] : words.find((word) => COMMANDS.has(word))) ?? '';
}

const COMMANDS = new Set(['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'MERGE', 'VALUES']);
