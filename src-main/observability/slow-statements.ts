import type { Clock } from '../time/clock';
import type { Logger } from './logger';
import type { Observer } from './observer';

/** From here on a statement is worth a line: a batch of 1,000 takes some 30 ms, a page of a table 1 ms. */
export const SLOW_STATEMENT_MS = 1_000;

/** These work through the whole database, and take as long as it is large. */
const KNOWN_TO_TAKE_LONG = /^(?:vacuum_analyze|checkpoint|recreate_schema|\d{4}_\w+\.sql)$/;

/** Says which statements of a database took long, waiting for their turn included: by name, without values. */
export function watchSlowStatements({
  logger: root,
  clock,
}: {
  /** Of no room yet. */
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
