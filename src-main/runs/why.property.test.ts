import fc from 'fast-check';
import { expect, it } from 'vitest';
import { formatSpan } from '../../src-shared/amounts';
import { formatRunTime } from '../../src-shared/run-clock';
import type { Update } from '../../src-shared/update';
import { explainStanding, explainUpdate, plainSentence } from '../../src-shared/why';
import { createViews } from '../accounts/views/create-views';
import type { Database } from '../database/database';
import { describeOnEachDatabase } from '../database/testing/each-database';
import { memorySource } from '../ingestion/testing/memory-source';
import { createVirtualClock } from '../time/testing/virtual-clock';
import { arbitraryStream } from './testing/arbitrary-updates';
import { planned } from './testing/expect-stored';
import { playRun } from './testing/play-run';
import { type Arriving, replayModel } from './testing/reference-model';

/** What the model says of each stored version, as `id version` and its sentence. */
function sentencesOf(arrivals: readonly Arriving[]): ReadonlyMap<string, string> {
  const model = replayModel(arrivals);
  const latest = new Map<string, { readonly version: string; readonly at: number }>();
  const sentences = new Map<string, string>();
  for (const { source, at } of arrivals) {
    if (source.kind !== 'update') continue;
    const { id, version, callbackTimeMs }: Update = source.update;
    const key = `${id} ${version}`;
    if (sentences.has(key)) continue;
    const there = latest.get(id);
    if (model.history.get(key) === 'stale') {
      const beforeMs = at - (there?.at ?? 0);
      const when = beforeMs === 0 ? 'already' : `${formatSpan(beforeMs)} before`;
      sentences.set(key, `Stale: version ${there?.version} was there ${when}.`);
      continue;
    }
    latest.set(id, { version, at });
    const callback = model.callbacks.get(key);
    const settledAt = callback?.at ?? 0;
    const time = formatRunTime(settledAt);
    sentences.set(
      key,
      callback?.state === 'fired'
        ? `Fired on time at ${time}.`
        : `Did not fire: cancelled by version ${callback?.supersededBy} at ${time}, ` +
            `${formatSpan(at + callbackTimeMs - settledAt)} before it was due.`,
    );
  }
  return sentences;
}

const viewsOf = (database: Database) =>
  createViews({
    database,
    clock: createVirtualClock(),
    pending: { count: () => 0, earliestMs: () => null, each: () => {} },
  });

describeOnEachDatabase('why, against the reference model', (empty) => {
  it('says of each version what the law says, with its numbers', async () => {
    await fc.assert(
      fc.asyncProperty(arbitraryStream, async (given) => {
        const db = await empty();
        await playRun(db, memorySource(given));
        const arrivals = await planned(given);
        const expected = sentencesOf(arrivals);
        const { report, accounts } = replayModel(arrivals);
        const views = viewsOf(db);
        for (const [key, sentence] of expected) {
          const at = key.lastIndexOf(' ');
          const [id, version] = [key.slice(0, at), key.slice(at + 1)];
          const why = await views.why({ id, version });
          if (!why) throw new Error(`${key} is stored`);
          const said = explainUpdate({ ...why, clock: null, held: false }, (moment) =>
            formatRunTime(moment.at),
          );
          expect(plainSentence(said)).toBe(sentence);

          const account = accounts.get(id);
          const isLatest = account?.version === version;
          expect(why.standing === null).toBe(!isLatest);
          if (!why.standing || !account) continue;
          const top = report.find(({ accountType }) => accountType === account.accountType);
          const leads = top?.leaders.some((leader) => leader.id === id);
          expect(why.standing).toEqual({
            accountType: account.accountType,
            tied: top?.tied,
            behind: String(BigInt(top?.tokens ?? 0) - BigInt(account.tokens)),
            leader: leads ? id : top?.leaders[0]?.id,
          });
          expect(plainSentence(explainStanding(why.standing)).startsWith('Leader')).toBe(leads);
        }
        expect(await views.why({ id: 'none', version: '1' })).toBeUndefined();
      }),
      { numRuns: 30 },
    );
  });
});
