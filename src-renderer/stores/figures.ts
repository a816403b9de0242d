import { createStore, type StoreApi } from 'zustand/vanilla';
import { toWireError, type WireError } from '../../src-shared/errors';
import {
  BATCH_STEPS,
  KEPT_SAMPLES,
  type OperationsFigures,
  type OperationsSample,
  SAMPLE_EVERY_MS,
} from '../../src-shared/operations';
import { OUTCOMES } from '../../src-shared/update';
import type { Clock } from '../clock';
import type { Client } from '../transport/client';

export interface FiguresState {
  readonly figures: OperationsFigures | null;
  readonly error: WireError | null;
}

export interface FiguresStore {
  readonly store: StoreApi<FiguresState>;
  /** Fetches new figures every second until the returned function is called. */
  follow(): () => void;
  ask(): void;
}

export function createFigures(client: Pick<Client, 'call'>, clock: Clock): FiguresStore {
  const store = createStore<FiguresState>(() => ({ figures: null, error: null }));
  let asking = false;
  const ask = () => {
    if (asking) return;
    asking = true;
    const afterMs = store.getState().figures?.samples.at(-1)?.timeMs ?? null;
    client
      .call('operations.figures', { afterMs })
      .then(
        (news) => store.setState(({ figures }) => ({ figures: joinFigures(figures, news), error: null })),
        (error) => store.setState({ error: toWireError(error) }),
      )
      .finally(() => {
        asking = false;
      });
  };
  return {
    store,
    ask,
    follow() {
      ask();
      return clock.every(SAMPLE_EVERY_MS, ask);
    },
  };
}

/** Appends the news; figures of another host replace the old ones. */
export function joinFigures(before: OperationsFigures | null, news: OperationsFigures): OperationsFigures {
  if (before === null || before.startedAtMs !== news.startedAtMs) return news;
  const lastMs = before.samples.at(-1)?.timeMs ?? 0;
  const fresh = news.samples.filter(({ timeMs }) => timeMs > lastMs);
  return { ...news, samples: [...before.samples, ...fresh].slice(-KEPT_SAMPLES) };
}

/** For a plot: seconds before the last sample, then one line per series. */
export type Columns = (number | null)[][];

const perSecond =
  (read: (sample: OperationsSample) => number) =>
  (sample: OperationsSample): number =>
    read(sample) / Math.max(sample.seconds, 0.001);

const LINES = {
  updates: OUTCOMES.map((outcome) => perSecond(({ updates }) => updates[outcome])),
  callbacks: [
    perSecond(({ callbacks }) => callbacks.fired),
    perSecond(({ callbacks }) => callbacks.cancelled),
  ],
  pending: [({ pending }: OperationsSample) => pending],
  lateness: [
    ({ latenessMs }: OperationsSample) => latenessMs?.p50 ?? null,
    ({ latenessMs }: OperationsSample) => latenessMs?.p99 ?? null,
  ],
  steps: BATCH_STEPS.map(
    (step) =>
      ({ stepMs }: OperationsSample) =>
        stepMs[step],
  ),
  batchSize: [({ batchRecords }: OperationsSample) => batchRecords],
  lag: [({ ingestLagMs }: OperationsSample) => ingestLagMs],
  loop: [({ loopDelayMs }: OperationsSample) => loopDelayMs],
  memory: [
    ({ residentBytes }: OperationsSample) => residentBytes,
    ({ heapUsedBytes }: OperationsSample) => heapUsedBytes,
  ],
} as const satisfies Record<string, readonly ((sample: OperationsSample) => number | null)[]>;
export type PlotName = keyof typeof LINES;

export function columnsOf(
  samples: readonly OperationsSample[],
  plot: PlotName,
  windowSeconds: number,
): Columns {
  const endMs = samples.at(-1)?.timeMs ?? 0;
  const shown = samples.filter(({ timeMs }) => endMs - timeMs <= windowSeconds * 1000);
  const lines: readonly ((sample: OperationsSample) => number | null)[] = LINES[plot];
  return [shown.map(({ timeMs }) => (timeMs - endMs) / 1000), ...lines.map((line) => shown.map(line))];
}
