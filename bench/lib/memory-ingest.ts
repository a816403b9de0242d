import { accountKey, classifyBatch, type KnownAccount } from '../../src-main/accounts/classify';
import { openSource } from '../../src-main/ingestion/open-source';
import type { Update } from '../../src-shared/update';

/** Reads and classifies a file, with history and latest states in two maps: no database, no callbacks. */
export async function ingestIntoMemory(path: string): Promise<number> {
  const source = await openSource({ kind: 'file', path });
  const history = new Map<string, Update>();
  const known = new Map<string, KnownAccount>();
  let records = 0;
  let seq = 0n;
  for await (const chunk of source.chunks()) {
    const arrivals = chunk.flatMap((source) =>
      source.kind === 'unnumbered' ? [] : [{ source, at: records }],
    );
    const updateAt = (index: number) => {
      const record = arrivals[index]?.source;
      if (record?.kind !== 'update') throw new Error('only updates are compared');
      return record.update;
    };
    const happened = classifyBatch(arrivals, {
      runId: '1',
      previousAt: records - 1,
      known,
      due: [],
      fires: false,
      isDead: () => false,
      resembles(index) {
        const update = updateAt(index);
        const kept = history.get(accountKey(update.id, update.version));
        return kept === undefined ? 'unseen' : isSame(kept, update) ? 'same' : 'different';
      },
      sameInBatch: (first, second) => isSame(updateAt(first), updateAt(second)),
    });
    for (const happening of happened) {
      if (happening.kind !== 'arrived') continue;
      const { index, verdict } = happening;
      if (verdict.outcome !== 'indexed' && verdict.outcome !== 'stale') continue;
      const update = updateAt(index);
      seq += 1n;
      history.set(accountKey(update.id, update.version), update);
      if (verdict.outcome === 'stale') continue;
      known.set(update.id, { latest: update.version, seq, waits: { runId: '1', dueMs: verdict.dueMs } });
    }
    records += chunk.length;
  }
  await source.close();
  return records;
}

const isSame = (one: Update, other: Update) =>
  one.accountType === other.accountType &&
  one.tokens === other.tokens &&
  one.callbackTimeMs === other.callbackTimeMs &&
  one.data === other.data;
