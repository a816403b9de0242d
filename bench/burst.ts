import { monitorEventLoopDelay } from 'node:perf_hooks';
import { CLAIM_BATCH, LARGEST_CLAIM } from '../src-main/callbacks/scheduler';
import { createEngine } from '../src-main/runs/engine';
import { silentLogger } from '../src-main/runs/testing/play-run';
import { type Bench, rounded, timed } from './lib/bench';
import { clock, openDirectory } from './lib/durable-ingest';
import { tidyUp } from './lib/large-history';
import { fillWaiting } from './lib/waiting-callbacks';

/** All due in one instant: the same rows claimed by the engine, and settled by one statement. */
export const bench: Bench = {
  title: 'callbacks due in one instant, claimed and said by the engine, against one UPDATE of them all',
  async run({ short, directory, say }) {
    const callbacks = short ? 1_000 : 100_000;
    const database = await openDirectory(directory);
    const fill = async () => {
      await fillWaiting(database, { count: callbacks, fromMs: clock.now(), everyMs: 0, prefix: 'burst' });
      // Otherwise the engine creates the orders of this many accounts during the claims.
      await tidyUp(database);
    };
    await fill();
    const engine = await createEngine({ database, clock, logger: silentLogger, endsWithRun: true });
    await engine.close();

    const delay = monitorEventLoopDelay({ resolution: 1 });
    const opened = await timed(() => createEngine({ database, clock, logger: silentLogger }));
    const awake = opened.result;
    const claimed = await timed(async () => {
      delay.enable();
      await new Promise<void>((resolve) => {
        let fired = 0;
        awake.subscribe((events) => {
          fired += events.filter(({ event }) => event === 'fired').length;
          if (fired === callbacks) resolve();
        });
      });
      delay.disable();
      await awake.close();
    });
    await database.executeScript('empty', 'TRUNCATE runs, accounts, account_updates, settled_callbacks');
    await fill();
    const plain = await timed(() =>
      database.query(
        {
          name: 'settle_all',
          deadline: 'write',
          text: `
          WITH claimed AS (
            UPDATE accounts SET callback_run_id = NULL, due_ms = NULL WHERE due_ms IS NOT NULL RETURNING id, update_seq
          )
          INSERT INTO settled_callbacks (seq, update_seq, run_id, at_ms, account_id, how)
          SELECT update_seq + $1::int8, update_seq, 1, 0, id, 'due' FROM claimed`,
        },
        [callbacks],
      ),
    );
    await database.close();
    say(`the engine took them up in ${rounded(opened.ms)} ms`);
    say(
      `claimed and said in ${rounded(claimed.ms)} ms, by ${CLAIM_BATCH} to ${LARGEST_CLAIM}; one UPDATE ${rounded(plain.ms)} ms`,
    );
    say(
      `event loop late by at most ${rounded(delay.max / 1e6, 1)} ms, p99 ${rounded(delay.percentile(99) / 1e6, 1)} ms`,
    );
    return {
      openMs: rounded(opened.ms),
      ms: rounded(claimed.ms),
      reference: 'one UPDATE',
      referenceMs: rounded(plain.ms),
      ratio: rounded(claimed.ms / plain.ms, 2),
      loopDelayMaxMs: rounded(delay.max / 1e6, 1),
    };
  },
};
