import type { Database, Queryable, Statement } from '../database/database';
import type { Clock } from '../time/clock';
import type { Logger } from './logger';
import { type Observer, unobserved } from './observer';

/**
 * The same database, with each statement observed as the work `statement`, with its name. A script counts as one
 * statement, and so does the end of a transaction, as `commit`.
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
          // Observed from in here, so that the span is part of the same work as the transaction. Its failure
          // reaches the caller through the transaction.
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

/** Most statements are constants, and parsed once. */
function attributesOf(statement: Statement): StatementAttributes {
  let attributes = known.get(statement);
  if (!attributes) {
    attributes = { statement: statement.name, operation: operationOf(statement.text) };
    known.set(statement, attributes);
  }
  return attributes;
}

/** The command as Postgres reports it: the first word, or the first one after all of a WITH. */
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

/** Slower statements are logged: a batch of 1,000 takes about 30 ms, a page of a table 1 ms. */
export const SLOW_STATEMENT_MS = 1_000;

/** These read or write the whole database. */
const KNOWN_TO_TAKE_LONG = /^(?:vacuum_analyze|checkpoint|recreate_schema|\d{4}_\w+\.sql)$/;

/** Logs slow statements, including the wait for their turn: by name, without values. */
export function watchSlowStatements({
  logger: root,
  clock,
}: {
  /** The root logger. */
  readonly logger: Logger;
  readonly clock: Pick<Clock, 'monotonicMs'>;
}): Observer {
  const logger = root.child({ component: 'database' });
  return {
    async around(work, attributes, doIt) {
      if (work !== 'statement') return doIt();
      const sinceMs = clock.monotonicMs();
      try {
        return await doIt();
      } finally {
        const durationMs = Math.round(clock.monotonicMs() - sinceMs);
        const { statement } = attributes;
        if (durationMs >= SLOW_STATEMENT_MS && !KNOWN_TO_TAKE_LONG.test(String(statement))) {
          logger.warn({ statement, durationMs }, 'a statement took long');
        }
      }
    },
  };
}
