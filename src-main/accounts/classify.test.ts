import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type Given, toRecords } from '../ingestion/testing/memory-source';
import { arbitraryStream } from '../runs/testing/arbitrary-updates';
import { contentOf as contentOfUpdate, replayModel } from '../runs/testing/reference-model';
import {
  type Arrival,
  accountKey,
  type BatchFacts,
  type Callback,
  classifyBatch,
  type Happening,
  type KnownAccount,
} from './classify';

/** Applies arrivals in batches of these sizes; maps stand for the database in between. */
function applyInBatches(arrivals: readonly Arrival[], sizes: readonly number[]): readonly string[] {
  const known = new Map<string, KnownAccount>();
  const kept = new Map<string, string>();
  const told: string[] = [];
  let previousAt = -1;
  const contentOf = ({ source }: Arrival) => (source.kind === 'reject' ? '' : contentOfUpdate(source.update));
  /** Applies what happened, and describes it in words without batch numbers. */
  const take = (batch: readonly Arrival[], happened: readonly Happening[]) => {
    for (const happening of happened) {
      if (happening.kind === 'fired') {
        const { id, version, dueMs } = happening.callback;
        told.push(`fired ${id} ${version} ${dueMs}`);
        const account = known.get(id);
        if (account?.latest === version) known.set(id, { ...account, waits: null });
        continue;
      }
      const arrival = batch[happening.index] as Arrival;
      const { verdict } = happening;
      const words: (string | number)[] = [verdict.outcome, arrival.source.record, arrival.at];
      if (
        arrival.source.kind === 'update' &&
        verdict.outcome !== 'duplicate' &&
        verdict.outcome !== 'conflict'
      ) {
        const { id, version } = arrival.source.update;
        kept.set(accountKey(id, version), contentOf(arrival));
        if (verdict.outcome === 'indexed') {
          const { dueMs, cancels } = verdict;
          words.push(dueMs, cancels?.version ?? 'none');
          known.set(id, {
            latest: version,
            seq: BigInt(arrival.source.record),
            waits: { runId: '1', dueMs },
          });
        }
      }
      told.push(words.join(' '));
    }
  };
  const factsOf = (batch: readonly Arrival[]): BatchFacts => {
    const last = batch.at(-1)?.at ?? 0;
    const due: Callback[] = [...known]
      .flatMap(([id, { latest, seq, waits }]) =>
        waits && waits.dueMs <= last ? [{ id, version: latest, ...waits, of: { seq } }] : [],
      )
      .sort((a, b) => a.dueMs - b.dueMs || Number(a.of.seq) - Number(b.of.seq));
    return {
      runId: '1',
      previousAt,
      known: new Map(known),
      due,
      fires: true,
      isDead: () => false,
      resembles(index) {
        const arrival = batch[index];
        if (arrival?.source.kind !== 'update') return 'unseen';
        const same = kept.get(accountKey(arrival.source.update.id, arrival.source.update.version));
        return same === undefined ? 'unseen' : same === contentOf(arrival) ? 'same' : 'different';
      },
      sameInBatch: (one, other) => contentOf(batch[one] as Arrival) === contentOf(batch[other] as Arrival),
    };
  };
  for (let begin = 0, turn = 0; begin < arrivals.length; turn += 1) {
    const batch = arrivals.slice(begin, begin + (sizes[turn % sizes.length] ?? 1));
    take(batch, classifyBatch(batch, factsOf(batch)));
    previousAt = batch.at(-1)?.at ?? previousAt;
    begin += batch.length;
  }
  return told;
}

const arbitraryGaps = fc.array(fc.constantFrom(0, 0, 1, 499, 500, 1000), { minLength: 1, maxLength: 40 });
const arbitrarySizes = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 4 });

function arrive(given: readonly Given[], gaps: readonly number[]): readonly Arrival[] {
  let at = 0;
  return toRecords(given).map((source, index) => {
    at += gaps[index % gaps.length] ?? 0;
    return { source, at };
  });
}

it('gives the same however a stream is cut into batches, whatever instants they span', () => {
  fc.assert(
    fc.property(arbitraryStream, arbitraryGaps, arbitrarySizes, (given, gaps, sizes) => {
      const arrivals = arrive(given, gaps);
      expect(applyInBatches(arrivals, sizes)).toEqual(applyInBatches(arrivals, [arrivals.length || 1]));
    }),
    { numRuns: 500 },
  );
});

it('fires, cancels and judges as the law says', () => {
  fc.assert(
    fc.property(arbitraryStream, arbitraryGaps, (given, gaps) => {
      const arrivals = arrive(given, gaps);
      const model = replayModel(arrivals, { drain: false });
      const told = applyInBatches(arrivals, [arrivals.length || 1]);
      const outcomes = told.flatMap((line) => {
        const [word = '', record] = line.split(' ');
        return word === 'fired' ? [] : [[Number(record), word] as const];
      });
      expect(new Map<number, string>(outcomes)).toEqual(model.outcomes);
    }),
    { numRuns: 300 },
  );
});

const update = (id: string, version: string, callbackTimeMs: number) => ({
  id,
  accountType: 'mint',
  tokens: '1',
  version,
  data: '{}',
  callbackTimeMs,
});

it('compares the slot first, then the version', () => {
  const told = applyInBatches(
    arrive([update('a', '2:1', 9), update('a', '7', 9), update('a', '2:2', 9)], [1]),
    [3],
  );
  expect(told.map((line) => line.split(' ')[0])).toEqual(['indexed', 'stale', 'indexed']);
});

it('cancels a callback of another run that is due by its own clock but was not claimed', () => {
  const [record] = toRecords([update('a', '2', 10)]);
  if (!record) throw new Error('one record');
  const happened = classifyBatch([{ source: record, at: 100 }], {
    runId: '2',
    previousAt: -1,
    known: new Map([['a', { latest: '1', seq: 1n, waits: { runId: '1', dueMs: 50 } }]]),
    due: [],
    fires: true,
    resembles: () => 'unseen',
    isDead: () => false,
    sameInBatch: () => false,
  });
  expect(happened).toMatchObject([{ kind: 'arrived', verdict: { cancels: { runId: '1', version: '1' } } }]);
});
