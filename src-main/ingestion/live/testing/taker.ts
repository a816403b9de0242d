import type { SourceRecord } from '../../record';
import type { LiveMessage, LivePosition, LiveSource } from '../live-source';

/** Takes from a source as a run does: what it keeps and the position of it are one, and survive when it is killed. */
export interface Taker {
  readonly records: SourceRecord[];
  readonly messages: LiveMessage[];
  readonly gaps: Extract<LiveMessage, { kind: 'gap' }>[];
  position: LivePosition | null;
  /** Resolves once it has kept what the condition wants, while it takes. */
  until(condition: () => boolean): Promise<void>;
  /** Until `enough` of what is kept, or the connection ends. */
  take(source: LiveSource, enough: () => boolean): Promise<void>;
  /** Is killed with this chunk in its hands, counted from 0: it is not kept. Before that, if `enough`. */
  takeAndDie(source: LiveSource, chunk: number, enough: () => boolean): Promise<void>;
}

export function createTaker(): Taker {
  const records: SourceRecord[] = [];
  const messages: LiveMessage[] = [];
  const gaps: Taker['gaps'] = [];
  const waiting = new Set<() => void>();
  const taker: Taker = {
    records,
    messages,
    gaps,
    position: null,
    until: (condition) =>
      new Promise((resolve) => {
        const look = () => {
          if (!condition()) return;
          waiting.delete(look);
          resolve();
        };
        waiting.add(look);
        look();
      }),
    take: (source, enough) => takeFrom(source, Number.POSITIVE_INFINITY, enough),
    takeAndDie: (source, chunk, enough) => takeFrom(source, chunk, enough),
  };

  async function takeFrom(source: LiveSource, deadAt: number, enough: () => boolean): Promise<void> {
    if (enough()) return;
    const stop = new AbortController();
    let uncommitted: LiveMessage[] = [];
    let chunks = 0;
    try {
      for await (const chunk of source.connect(taker.position, stop.signal)) {
        if (chunks++ === deadAt) return;
        for (const message of chunk) {
          uncommitted.push(message);
          if (message.kind !== 'position') continue;
          for (const kept of uncommitted) {
            messages.push(kept);
            if (kept.kind === 'record') records.push(kept.record);
            if (kept.kind === 'gap') gaps.push(kept);
          }
          uncommitted = [];
          taker.position = message.position;
          await source.committed(message.position);
          for (const look of waiting) look();
        }
        if (enough()) return;
      }
    } finally {
      stop.abort();
    }
  }
  return taker;
}

export const idsOf = (records: readonly SourceRecord[]): string[] =>
  records.map((record) => (record.kind === 'reject' ? `rejected: ${record.excerpt}` : record.update.id));
