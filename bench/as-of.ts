import { createViews } from '../src-main/accounts/views/create-views';
import { pendingOf } from '../src-main/callbacks/known-run';
import type { Database } from '../src-main/database/database';
import { ACCOUNT_SORTS } from '../src-shared/views';
import { type Bench, median, quantile, rounded, timed, withProcessorTime, withSpread } from './lib/bench';
import { clock, openDirectory } from './lib/durable-ingest';
import { fillHistory, tidyUp } from './lib/large-history';

const LIMIT = 100;
const UPDATES = 1_000_000;
const MOMENTS = 40;
/** Pages of each moment after the first, at random places of its table. */
const PAGES = 8;
/** Moves of a drag from one end of the timeline to the other. */
const MOVES = 200;
/** Upper ends of the histogram of its moves. */
const CLASSES_MS = [4, 8, 16, 32, 64, 128];

const seqOf = (update: number): string => String(2n * BigInt(update) - 10_000_000_000n);

/** Leaders, pages and a drag at random instants of a history, against `DISTINCT ON` for the same leaders. */
export const bench: Bench = {
  title:
    'leaders and pages as of random instants of a million updates, and a drag over all of them, against DISTINCT ON',
  async run({ short, repeat, directory, say, records }) {
    const updates = short ? 2_000 : (records ?? UPDATES);
    const moments = short ? 2 : MOMENTS * repeat;
    const database = await openDirectory(directory);
    await fillHistory(database, { from: 0, to: updates, updates, accounts: updates / 10 });
    await tidyUp(database);
    const views = createViews({ database, clock, pending: pendingOf(() => new Map()) });
    // The same instants in every run.
    let random = 1;
    const anyInstant = () => {
      random = (random * 48_271) % 2_147_483_647;
      return seqOf(random % updates);
    };

    const before = process.memoryUsage();
    const loading = await withProcessorTime(() => timed(() => views.summary(seqOf(updates))));
    const after = process.memoryUsage();
    const heldMb = (after.heapUsed + after.arrayBuffers - before.heapUsed - before.arrayBuffers) / 2 ** 20;
    say(
      `read once: ${rounded(loading.result.ms)} ms, ${rounded(loading.processorMs)} ms of processor time, about ${rounded(heldMb)} MB`,
    );

    const leaders: number[] = [];
    const reference: number[] = [];
    const first: number[] = [];
    const again: number[] = [];
    for (let moment = 0; moment < moments; moment += 1) {
      const asOf = anyInstant();
      leaders.push((await timed(() => views.report({ asOf, limit: 100 }))).ms);
      if (moment % 10 === 0) reference.push((await timed(() => readByDistinctOn(database, asOf))).ms);
      const by = ACCOUNT_SORTS[moment % ACCOUNT_SORTS.length] ?? 'id';
      const page = (near: number) =>
        views.accounts({
          asOf,
          sort: { by, direction: moment % 2 === 0 ? 'asc' : 'desc' },
          filter: {},
          window: { from: { near }, limit: LIMIT },
        });
      first.push((await timed(() => page(0))).ms);
      for (let turn = 1; turn <= PAGES; turn += 1) again.push((await timed(() => page(turn / PAGES))).ms);
    }
    const moves: number[] = [];
    for (let move = 0; move <= MOVES; move += 1) {
      const asOf = seqOf(Math.floor((move * (updates - 1)) / MOVES));
      moves.push((await timed(() => views.summary(asOf))).ms);
    }
    for (const [name, times] of Object.entries({
      leaders,
      'first page': first,
      'page again': again,
      move: moves,
    })) {
      say(`${name.padEnd(12)} p50 ${median(times).toFixed(1)}, p99 ${quantile(times, 0.99).toFixed(1)} ms`);
    }
    say(`DISTINCT ON  ${withSpread(reference, 'ms')}`);
    let from = 0;
    for (const until of [...CLASSES_MS, Number.POSITIVE_INFINITY]) {
      const count = moves.filter((ms) => ms >= from && ms < until).length;
      say(
        `  ${String(from).padStart(4)} ms and more ${'#'.repeat(Math.ceil((60 * count) / moves.length))} ${count}`,
      );
      from = until;
    }
    await database.close();
    return {
      updates,
      readMs: rounded(loading.result.ms),
      heldMb: rounded(heldMb),
      leadersP50Ms: rounded(median(leaders), 1),
      leadersP99Ms: rounded(quantile(leaders, 0.99), 1),
      firstPageP50Ms: rounded(median(first), 1),
      firstPageP99Ms: rounded(quantile(first, 0.99), 1),
      pageAgainP50Ms: rounded(median(again), 1),
      pageAgainP99Ms: rounded(quantile(again, 0.99), 1),
      moveP50Ms: rounded(median(moves), 1),
      moveP99Ms: rounded(quantile(moves, 0.99), 1),
      reference: 'DISTINCT ON',
      referenceMs: rounded(median(reference), 1),
      ratio: rounded(median(leaders) / median(reference), 3),
    };
  },
};

const readByDistinctOn = (database: Database, asOf: string) =>
  database.query(
    {
      name: 'distinct_on',
      deadline: 'maintenance',
      text: `
        SELECT DISTINCT ON (account_type) account_type, tokens, account_id
        FROM (
          SELECT DISTINCT ON (account_id) account_id, account_type, tokens FROM account_updates
          WHERE seq <= $1::int8 AND due_ms IS NOT NULL ORDER BY account_id, slot DESC, version DESC
        ) AS latest
        ORDER BY account_type, tokens DESC, account_id`,
    },
    [asOf],
  );
