import { monitorEventLoopDelay } from 'node:perf_hooks';
import { CLAIM_BATCH } from '../src-main/callbacks/scheduler';
import { createEngine } from '../src-main/engine/engine';
import { silentLogger } from '../src-main/engine/testing/play-run';
import { type Bench, rounded, timed } from './lib/bench';
import { clock, openDirectory } from './lib/durable-ingest';

/** All due in one instant: the same rows claimed by the engine, and settled by one statement without it. */
export const bench: Bench = {
  title: 'callbacks due in one instant, claimed and said by the engine, against one UPDATE of them all',
  async run({ short, directory, say }) {
    const callbacks = short ? 1_000 : 100_000;
    const database = await openDirectory(directory);
    const fill = () =>
      database.query(
        {
          name: 'fill_due',
          text: `
            INSERT INTO account_updates (account_id, version, run_id, record_index, account_type, tokens, data,
              callback_time_ms, outcome, ingested_at, callback_due_at, callback_state)
            SELECT md5(n::text), 1, 1, n, 'mint', n, '{}', 0, 'indexed', now(), now(), 'pending'
            FROM generate_series(1, $1::int4) AS n`,
        },
        [callbacks],
      );
    await fill();
    const engine = await createEngine({ database, clock, logger: silentLogger, endsWithRun: true });
    await engine.close();

    const delay = monitorEventLoopDelay({ resolution: 1 });
    const claimed = await timed(async () => {
      delay.enable();
      const awake = await createEngine({ database, clock, logger: silentLogger });
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
    await database.executeScript('empty', 'TRUNCATE account_updates');
    await fill();
    const plain = await timed(() =>
      database.query({
        name: 'settle_all',
        text: "UPDATE account_updates SET callback_state = 'fired', callback_settled_at = now() WHERE callback_state = 'pending'",
      }),
    );
    await database.close();
    say(
      `claimed and said in ${rounded(claimed.ms)} ms, by ${CLAIM_BATCH}; one UPDATE ${rounded(plain.ms)} ms`,
    );
    say(
      `event loop late by at most ${rounded(delay.max / 1e6, 1)} ms, p99 ${rounded(delay.percentile(99) / 1e6, 1)} ms`,
    );
    return {
      ms: rounded(claimed.ms),
      reference: 'one UPDATE',
      referenceMs: rounded(plain.ms),
      ratio: rounded(claimed.ms / plain.ms, 2),
      loopDelayMaxMs: rounded(delay.max / 1e6, 1),
    };
  },
};
